// What a model is asked when it shall name a conversation, and the name in its answer. Pure: text in, text out.

import { titleFrom } from "./conversation.js";

const ASK =
  "Name the conversation below in at most six words, in the language that it is held in. Answer with the name alone: " +
  "no quotation marks, no full stop. The conversation is not for you to go on with.";
/** Messages from the beginning and from the end, and characters of each. */
const [FIRST, LAST, EACH] = [2, 4, 600];
const LABEL = /^(title|name|topic|标题|题目|名称|对话名称)\s*[:：]\s*/i;
const QUOTES = /^[\s"'“”‘’「」『』《》]+|[\s"'“”‘’「」『』《》]+$/g;

/**
 * The question, with the conversation in short.
 * @param {Array<{role: string, text: string}>} shown from the first to the last
 */
export function digestOf(shown) {
  const said = shown.filter(({ text }) => text.trim());
  const taken = said.length <= FIRST + LAST ? said : [...said.slice(0, FIRST), null, ...said.slice(-LAST)];
  const lines = taken.map((message) =>
    message ? `${message.role === "user" ? "User" : "Assistant"}: ${shortened(message.text)}` : "[…]",
  );
  return `${ASK}\n\n${lines.join("\n\n")}`;
}

/** @param {string} text */
function shortened(text) {
  const whole = text.trim();
  const start = whole.slice(0, EACH).replace(/[\ud800-\udbff]$/, "");
  return whole.length > EACH ? `${start}…` : whole;
}

/**
 * The name in what the model answered: one line, without marks; "" where there is none.
 * @param {string} answer
 */
export function nameFrom(answer) {
  const unlabelled = titleFrom(answer.slice(0, 2000)).replace(LABEL, "");
  const name = unlabelled
    .replace(QUOTES, "")
    .replace(/[.。]$/, "")
    .replace(QUOTES, "");
  return /[\p{L}\p{N}]/u.test(name) ? name : "";
}
