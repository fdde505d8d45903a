// Words that are put between others.

import { write } from "./box.js";

const WORD = /[\p{L}\p{N}]/u;
const CLOSED = /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Thai}]/u;

/**
 * `text` with a blank where it would run into a word beside it. Chinese, Japanese and Thai have none.
 * @param {string} before
 * @param {string} text
 * @param {string} after
 */
export function spaced(before, text, after) {
  const [first, last] = [text.charAt(0), text.charAt(text.length - 1)];
  const left = before.charAt(before.length - 1);
  const open = left && !/[\s。，！？；：、（「《([{“‘«"']/.test(left) && WORD.test(first) && !CLOSED.test(left + first);
  const meets = WORD.test(after.charAt(0)) && !/\s/.test(last) && !CLOSED.test(last + after.charAt(0));
  return `${open ? " " : ""}${text}${meets ? " " : ""}`;
}

/**
 * Writes what was said at the caret of the box.
 * @param {HTMLTextAreaElement | null} box
 * @param {string} text
 */
export function writeSaid(box, text) {
  const said = text.trim();
  if (!box || !said) return;
  const { value, selectionStart: from, selectionEnd: to } = box;
  write(box, from, to, spaced(value.slice(0, from), said, value.slice(to)));
}
