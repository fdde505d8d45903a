// What is said below a reply that did not end well: one word, why, and the way out.

import { el } from "../parts/dom.js";
import { sentencesOf } from "../parts/sentences.js";

/**
 * @typedef {{tone: "bad" | "note", what: string, more: string, id?: string, action: string | null, button: string}} Chip
 */

/**
 * Which chip an ending gets; null for a good one.
 * @param {Page.Ending} ending
 * @param {Wire.Words} words
 * @param {boolean} [goesOn] whether calls wait to be gone on with, which asking anew would leave behind
 * @returns {Chip | null}
 */
export function chipOf(ending, words, goesOn = false) {
  if (["stop", "tool_calls", "waiting"].includes(ending.kind)) return null;
  if (ending.kind === "error" && ending.error) {
    const { what, why, todo, way_out: wayOut, details } = ending.error;
    const id = details?.turn;
    const way = wayOut && words.actions[wayOut] ? wayOut : "retry";
    const action = goesOn && way === "retry" ? "continue" : way;
    return {
      tone: "bad",
      what,
      more: sentencesOf(why, todo),
      id: id && `${words.request} ${id}`,
      action,
      button: words.actions[action],
    };
  }
  const row = words.endings[ending.kind] ?? words.endings.other;
  return {
    tone: "note",
    what: row.what,
    more: sentencesOf(ending.why, row.more),
    action: row.action,
    button: words.actions[row.action ?? ""],
  };
}

/**
 * Draws a chip into `place`; `act` is told which way out the person takes.
 * @param {HTMLElement} place
 * @param {Chip} chip
 * @param {(action: string) => void} act
 */
export function drawChip(place, { tone, what, more, id, action, button }, act) {
  const lines = [
    ["chip-what", what],
    ["chip-more", more],
    ["chip-id", id],
  ].flatMap(([name, line]) => (line ? el("p", { class: name }, line) : []));
  const onclick = () => action && act(action);
  const way = action ? [el("button", { type: "button", class: "small-button chip-action", onclick }, button)] : [];
  place.className = `ending ${tone}`;
  place.replaceChildren(el("div", { class: "chip-text" }, ...lines), ...way);
}
