// The code blocks on the page that can be previewed, read from the elements of the conversation. Nothing is drawn here.

import { findAll } from "../parts/dom.js";
import { kindOf, titleOf } from "./document.js";

/**
 * @typedef {import("./document.js").Kind} Kind
 * @typedef {import("./versions.js").Block & {kind: Kind, text: string, element: HTMLElement}} Found
 */

/**
 * The block that `element` (`.md-code`) shows; null if it is none that can be previewed.
 * @param {HTMLElement} element
 * @returns {Omit<Found, "turn" | "at"> | null}
 */
export function read(element) {
  const code = element.querySelector("code");
  const text = code?.textContent ?? "";
  const kind = kindOf(/(?:^| )language-(\S+)/.exec(code?.className ?? "")?.[1] ?? "", text);
  return kind && { kind, title: titleOf(text), text, element };
}

/**
 * All blocks of the conversation that holds `element`, in their order.
 * @param {HTMLElement} element
 * @returns {Array<Found>}
 */
export function blocksAround(element) {
  const log = element.closest("glm-log, #mm-out, .lanes") ?? document.body;
  return findAll(".turn.assistant", log).flatMap((turn, i) => {
    /** @type {Record<string, number>} */
    const seen = {};
    return findAll(".md-code", turn).flatMap((code) => {
      const found = read(code);
      if (!found) return [];
      seen[found.kind] = (seen[found.kind] ?? -1) + 1;
      return { ...found, turn: i, at: seen[found.kind] };
    });
  });
}
