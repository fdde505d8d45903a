// A mark in a text that is to be drawn: here stands a citation. It begins with a punctuation mark that nobody writes, so
// that emphasis before it ends as it would at a full stop; then come characters that Unicode keeps for such use.

const OPEN = "\u2E4E\uFDD0";
const MARK = /\u2E4E\uFDD0(\d{1,4})\uFDD1/;

/** @param {number} index */
export const markOf = (index) => `${OPEN}${index}\uFDD1`;

/**
 * The text around the marks, and between them their indexes: every other piece is one.
 * @param {string} text
 */
export const splitAtMarks = (text) => (text.includes(OPEN) ? text.split(MARK) : [text]);

/** @param {string} text */
export const unmarked = (text) =>
  splitAtMarks(text)
    .filter((_, i) => i % 2 === 0)
    .join("");
