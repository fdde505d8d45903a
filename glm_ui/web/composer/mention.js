// What "@" in a message box offers: files of the conversation and its earlier answers. A file goes with the message again.
// An answer that is shown goes with it anyway, so a reference names it; the words of another version are quoted in full.
// Pure: no page, no network.

import { folded } from "../conversations/store/text.js";
import { iconOfFile } from "../parts/file_icon.js";

const LONGEST_QUERY = 60;
const MOST = 50;
const START = 60;
const SEARCHED = 2000;

/**
 * An earlier answer: the `n`th, or another version of it, which the model would not be shown.
 * @typedef {{n: number, start: string, asked: string, text: string, other: boolean}} Answer
 */

/**
 * "@" stands where a word may begin, and the caret in what follows it on its line.
 * @param {string} text
 * @param {number} caret
 * @returns {import("./suggestions.js").Token | null}
 */
export function mentionIn(text, caret) {
  const from = text.lastIndexOf("@", caret - 1);
  if (caret < 1 || from < 0 || caret - from > LONGEST_QUERY) return null;
  const query = text.slice(from + 1, caret);
  const inWord = from > 0 && /[\w.+@-]/.test(text[from - 1]);
  return inWord || /^\s|\n/.test(query) ? null : { from, to: caret, query };
}

/**
 * The answers above the next question, the newest first, each followed by its other versions.
 * @param {Array<Page.ChatNode>} shown from the first to the last
 * @param {Array<Page.ChatNode>} nodes all of the conversation
 * @returns {Array<Answer>}
 */
export function answersIn(shown, nodes) {
  /** @type {Array<Answer>} */
  const found = [];
  let [n, asked] = [0, ""];
  for (const node of shown) {
    if (node.role === "user") asked = startOf(node.text);
    else if (node.text.trim()) {
      n += 1;
      const others = nodes.filter(
        ({ parent, id, role }) => parent === node.parent && id !== node.id && role === node.role,
      );
      for (const { text } of others.filter((other) => other.text.trim()).reverse())
        found.unshift({ n, start: startOf(text), asked, text, other: true });
      found.unshift({ n, start: startOf(node.text), asked, text: node.text, other: false });
    }
  }
  return found;
}

/**
 * The first words of a text, without the marks of Markdown.
 * @param {string} text
 */
function startOf(text) {
  const line = text
    .slice(0, 4 * START)
    .replace(/[*_`#>|]+/g, "")
    .replace(/\s+/g, " ")
    .trim();
  return line.length > START ? `${line.slice(0, START - 1).trimEnd()}…` : line;
}

/**
 * Each file of the conversation that a server still can have, and those of the next question: once, the newest first.
 * @param {Array<Page.ChatNode>} nodes
 * @param {Array<Page.FileRef>} next
 */
export function filesIn(nodes, next) {
  /** @type {Map<string, Page.FileRef>} */
  const found = new Map();
  for (const file of [...next, ...nodes.flatMap((node) => node.files ?? []).reverse()]) {
    const key = file.id || file.url;
    if (key && !found.has(key)) found.set(key, file);
  }
  return [...found.values()];
}

/**
 * What stands in the box for an answer.
 * @param {Answer} answer
 * @param {Wire.Words["composer"]} words
 */
export function referenceTo({ n, start, text, other }, words) {
  if (!other) return `${words.answer.replace("{n}", String(n)).replace("{start}", () => start)} `;
  const quoted = text.trim().replace(/^/gm, "> ");
  return `${words.other_answer.replace("{n}", String(n))}\n${quoted}\n\n`;
}

/**
 * `answers` and `files` are what there is; `insert(text)` writes into the box, `attach(file)` puts a file under the question.
 * @param {{
 * words: Wire.Words["composer"],
 * answers: () => Array<Answer>,
 * files: () => Array<Page.FileRef>,
 * insert: (text: string) => unknown,
 * attach: (file: Page.FileRef) => unknown,
 * }} parts
 * @returns {import("./suggestions.js").Source}
 */
export function mentionSource({ words, answers, files, insert, attach }) {
  /** @param {Page.FileRef} file */
  const ofFile = (file) => {
    const name = file.name || file.url || "";
    return {
      label: name,
      icon: iconOfFile(name),
      take: () => (insert(`${words.file.replace("{name}", () => name)} `), attach(file)),
    };
  };
  /** @param {Answer} answer */
  const ofAnswer = (answer) => ({
    label: `${answer.n}. ${answer.start}`,
    detail: answer.asked,
    tag: answer.other ? words.other_version : "",
    icon: "chat",
    take: () => insert(referenceTo(answer, words)),
  });
  return {
    sign: "@",
    label: words.mention,
    none: words.mention_none,
    tokenIn: mentionIn,
    groups: ({ query }) => {
      const sought = folded(query).split(/\s+/).filter(Boolean);
      /** @param {string} text */
      const fits = (text) => sought.every((word) => folded(text.slice(0, SEARCHED)).includes(word));
      const named = files().filter(({ name, url }) => fits(name || url || ""));
      const said = answers().filter(({ n, asked, text }) => fits(`${n}. ${asked}\n${text}`));
      return [
        { label: words.files, options: named.slice(0, MOST).map(ofFile) },
        { label: words.answers, options: said.slice(0, MOST).map(ofAnswer) },
      ];
    },
  };
}
