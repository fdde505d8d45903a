// The beginning of an answer in one line, for the list of earlier turns. Text in, text out.

/** Characters of the answer that are looked at, and that are shown. */
const READ = 2000;
const SHOWN = 140;

/**
 * Without blocks of code, coordinates of boxes and what only marks the words: "**Two** `x_1`" is "Two x_1".
 * @param {string} text
 */
export const firstWords = (text) =>
  text
    .slice(0, READ)
    .replace(/```[^]*?(?:```|$)/g, " ")
    .replace(/\[\[[\d\s,.]*\]\]/g, " ")
    .replace(/^[ \t]*(?:[#>*+-]+[ \t]+|[|:\-\s]+$)/gm, " ")
    .replace(/\*+|`+|~~|__/g, "")
    .replace(/[|\s]+/g, " ")
    .trim()
    .slice(0, SHOWN);
