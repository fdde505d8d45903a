// On whose account the turns go: what the server says of it, asked when the page opens or comes back into sight, and
// heard at the end of each turn. No page elements enter here.

import { count, listed, soon } from "../parts/locale.js";
import { postJson } from "./request.js";

/**
 * Calls `heard(state)` with what `glm_ui/state` tells. Returns a function that asks once more.
 * @param {Page.Session} session
 * @param {(state: Wire.State) => unknown} heard
 */
export function followAccount(session, heard) {
  const ask = async () => {
    try {
      heard(await postJson("state", { session: session() }));
    } catch {
      // The server is away; the next turn says so.
    }
  };
  document.addEventListener("glm-account", (event) => event instanceof CustomEvent && heard(event.detail));
  document.addEventListener("visibilitychange", () => document.visibilityState === "visible" && ask());
  addEventListener("pageshow", ({ persisted }) => persisted && ask());
  return ask;
}

/**
 * Tells every part of the page what the last frame of a turn said.
 * @param {Wire.Frame} frame
 */
export function tellAccount(frame) {
  if (frame.state) document.dispatchEvent(new CustomEvent("glm-account", { detail: frame.state }));
}

/**
 * What is left of the server's key, as a short text: "3 turns left", "used up until 14:05"; "" where nothing is counted.
 * @param {Wire.LeftTold | null | undefined} left
 * @param {Wire.Words} words
 */
export function leftText(left, words) {
  if (!left) return "";
  if (left.back_at) return words.left_none.replace("{time}", soon(new Date(left.back_at * 1000)));
  const units = /** @type {const} */ (["turns", "tokens"]);
  const parts = units.flatMap((unit) => {
    const some = left[unit];
    if (some === null) return [];
    return some ? `${count(some)} ${words[`left_${unit}`][some === 1 ? 0 : 1]}` : "";
  });
  return parts.includes("") ? words.left_nothing : parts.length ? `${listed(parts)} ${words.left}` : "";
}
