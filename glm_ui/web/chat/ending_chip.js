// What is said below a reply that did not end well: one word, why, and the way out.

import { el } from "../parts/dom.js";
import { sentencesOf } from "../parts/sentences.js";
import { openCalls } from "../tools/calls.js";

/**
 * @typedef {{tone: "bad" | "note", what: string, more: string, id?: string, action: string | null, button: string}} Chip
 */

/**
 * Whether there is something of the reply to go on with.
 * @param {Page.ChatNode} node
 */
export const isBegun = (node) => Boolean(node.text || node.rounds?.length || node.ending?.kind === "paused");

/**
 * Which chip an ending gets; null for a good one. Where calls wait to be gone on with, asking anew would leave them
 * behind; where nothing came, there is nothing to continue.
 * @param {Page.Ending} ending
 * @param {Wire.Words} words
 * @param {Page.ChatNode} node
 * @returns {Chip | null}
 */
export function chipOf(ending, words, node) {
  if (["stop", "tool_calls", "waiting"].includes(ending.kind)) return null;
  if (ending.kind === "error" && ending.error) {
    const { what, why, todo, way_out: wayOut, details } = ending.error;
    const id = details?.turn;
    const way = wayOut && words.actions[wayOut] ? wayOut : "retry";
    const action = openCalls(node).length && way === "retry" ? "continue" : way;
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
  const action =
    row.action === "continue" && ending.kind !== "paused" && !isBegun(node) && !openCalls(node).length
      ? "retry"
      : row.action;
  return {
    tone: "note",
    what: row.what,
    more: sentencesOf(ending.why, row.more),
    action,
    button: words.actions[action ?? ""],
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
