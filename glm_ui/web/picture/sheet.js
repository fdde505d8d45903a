// What a picture shows: questions and answers as the HTML export draws them, on a white sheet. No canvas.

import { path } from "../conversations/conversation.js";
import { answeredBy, day, facts } from "../conversations/export.js";
import { atRest, drawnTurns, pageSheet } from "../conversations/export_html.js";
import { drawLight } from "../diagrams/diagrams.js";
import { settled } from "../markdown/markdown.js";
import { el, findAll } from "../parts/dom.js";

/** Width of a sheet in CSS pixels. */
export const WIDTH = 720;
/** Characters of what is said: with more, no sheet is short enough, and drawing it would take seconds. */
const MOST_TEXT = 200_000;
const MOST_TURNS = 400;

const LOOK = `
.sheet { all: initial; position: relative; display: flex; flex-direction: column; box-sizing: border-box; width: ${WIDTH}px; padding: 24px 40px 32px; color-scheme: light; font: 16px/1.6 var(--glm-sans); color: var(--glm-text); background: #fff; text-align: start; }
.sheet > .row { box-sizing: border-box; width: ${WIDTH - 80}px; padding-top: 12px; }
.sheet > .row.user { display: flex; flex-direction: column; align-items: flex-end; padding-top: 20px; }
.sheet h1.title { margin: 0; font-size: 24px; line-height: 1.3; font-weight: 600; overflow-wrap: anywhere; }
.who, .ending, .file, .foot, .tool { margin: 4px 0; color: var(--glm-muted); font-size: 14px; overflow-wrap: anywhere; }
.row.foot { margin: 0; padding-top: 24px; }
.bubble { max-width: 85%; padding: 8px 16px; border-radius: 16px; background: var(--glm-bubble); white-space: pre-wrap; overflow-wrap: anywhere; }
.user img { max-width: 85%; max-height: 420px; border-radius: 10px; margin-bottom: 8px; }
.assistant img { max-width: 100%; }
.thinking { margin: 8px 0; padding-left: 14px; border-left: 1px solid var(--glm-line); color: var(--glm-muted); font-size: 14px; white-space: pre-wrap; overflow-wrap: anywhere; }
.sheet .md-code pre code { width: auto; white-space: pre-wrap; overflow-wrap: anywhere; }
.sheet .md :is(th, td) { overflow-wrap: anywhere; }
.sheet math[display="block"] { margin: 8px 0; }
.sheet .md-diagram { max-height: none; }
`;

/** There is more than pictures should hold. */
export class TooLong extends Error {}

/**
 * The rows of a sheet, from top to bottom: what stands above, the turns, what stands below.
 * @param {Page.Conversation} record
 * @param {{answer?: Page.ChatNode, words: import("../conversations/export.js").Words, isOpen: (id: string) => boolean}} what
 * `answer`: one answer with its question, instead of all; `isOpen`: whether the thinking of an answer is to be seen
 * @returns {Promise<Array<HTMLElement>>}
 * @throws {TooLong}
 */
export async function rowsOf(record, { answer, words, isOpen }) {
  const shown = path(record);
  const drawn = answer ? shown.filter(({ id }) => id === answer.id || id === answer.parent) : shown;
  if (drawn.length > MOST_TURNS || lengthOf(drawn, isOpen) > MOST_TEXT) throw new TooLong();
  const rows = answer ? [] : [el("header", {}, el("h1", { class: "title" }, record.title || words.untitled))];
  for (const node of drawn) {
    const [turn] = await drawnTurns(shown, [node], words);
    arrange(turn, isOpen(node.id));
    rows.push(turn);
    await new Promise((done) => setTimeout(done)); // a page that draws a long conversation still answers
  }
  const told = answer ? [day(answer.createdAt), answeredBy(answer)] : facts(record);
  rows.push(el("footer", { class: "foot" }, [...told, "GLM UI"].filter(Boolean).join(" · ")));
  await settled();
  for (const row of rows) {
    row.classList.add("row");
    await drawLight(row);
    atRest(row);
  }
  return rows;
}

/**
 * @param {Array<Page.ChatNode>} nodes
 * @param {(id: string) => boolean} isOpen
 */
function lengthOf(nodes, isOpen) {
  let length = 0;
  for (const node of nodes)
    for (const said of [node, ...(node.rounds ?? [])]) {
      length += said.text?.length ?? 0;
      if (isOpen(node.id)) length += JSON.stringify(said.thinking ?? "").length;
    }
  return length;
}

/**
 * Folds have no place on a picture: thinking is told whole or not at all, and of a tool call its name.
 * @param {HTMLElement} turn
 * @param {boolean} isOpen
 */
function arrange(turn, isOpen) {
  for (const fold of findAll(":scope > details.thinking", turn)) {
    const thought = fold.lastElementChild?.textContent ?? "";
    if (isOpen) fold.replaceWith(el("div", { class: "thinking" }, thought));
    else fold.remove();
  }
  for (const fold of findAll(":scope > details.tool", turn))
    fold.replaceWith(el("p", { class: "tool" }, fold.firstElementChild?.textContent ?? ""));
}

/** The styles of a sheet, which has no others: what stands in no layer wins. */
export const looks = async () => `${await pageSheet("tokens")}${await pageSheet("markdown")}${LOOK}`;
