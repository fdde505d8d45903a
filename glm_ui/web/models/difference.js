// The word-by-word difference of two texts. The library is loaded when it is first needed; texts stay text.

import { el } from "../parts/dom.js";

const PATIENCE = 2000;
const LONGEST = 200_000;

/**
 * @param {HTMLElement} root
 * @param {string} one
 * @param {string} other
 * @param {Wire.Words["models"]["tryout"]} words
 */
export async function drawDifference(root, one, other, words) {
  const title = el("h2", {}, words.difference);
  if (one === other) return root.replaceChildren(title, el("p", {}, words.same));
  const { diffWordsWithSpace } = await import("../vendor/diff/diff/word.js");
  const parts = one.length + other.length < LONGEST ? diffWordsWithSpace(one, other, { timeout: PATIENCE }) : undefined;
  if (!parts) return root.replaceChildren(title, el("p", {}, words.too_different));
  /** @param {"added" | "removed"} kind */
  const sum = (kind) => parts.filter((part) => part[kind]).reduce((total, part) => total + count(part.value), 0);
  const line = words.differs_by.replace("{a}", String(sum("removed"))).replace("{b}", String(sum("added")));
  const text = parts.map(({ value, added, removed }) =>
    added ? el("ins", {}, value) : removed ? el("del", {}, value) : el("span", {}, value),
  );
  return root.replaceChildren(
    title,
    el("p", { class: "quiet" }, line),
    el("div", { class: "difference-text" }, ...text),
  );
}

/** @param {string} text */
const count = (text) => text.split(/\s+/).filter(Boolean).length;
