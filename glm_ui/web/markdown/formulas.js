// Where formulas begin and end in a text, alone in their lines or inside them. Text in, tokens out.

import { Ahead } from "./limits.js";

const MAX_FORMULA = 8000;

// An opener alone on its line may hold blank lines; otherwise a formula ends with its paragraph.
const ALONE = /^ {0,3}(?:\$\$|\\\[)[ \t]*\n/;
/**
 * @typedef {"$$" | "\\["} Opener
 * @typedef {{alone: RegExp, together: RegExp, closer: RegExp, lastInLine: RegExp}} Rules
 * @typedef {import("./grammar.js").Grammar} Grammar
 */

/** @type {Record<Opener, Rules>} */
const DISPLAY = {
  $$: {
    alone: /^ {0,3}\$\$[ \t]*\n([\s\S]*?)\$\$[ \t]*(?:\n|$)/,
    together: /^ {0,3}\$\$((?:[^\n$\\]|\\[^\n]|\$(?!\$)|\n(?![ \t]*\n))+?)\$\$[ \t]*(?:\n|$)/,
    closer: /\$\$/,
    lastInLine: /\$\$[ \t]*(?:\n|$)/,
  },
  "\\[": {
    alone: /^ {0,3}\\\[[ \t]*\n([\s\S]*?)\\\][ \t]*(?:\n|$)/,
    together: /^ {0,3}\\\[((?:[^\n\\]|\\[^\n\]]|\n(?![ \t]*\n))+?)\\\][ \t]*(?:\n|$)/,
    closer: /\\\]/,
    lastInLine: /\\\][ \t]*(?:\n|$)/,
  },
};
const BLANK_LINE_OR_OPENER = /\n(?:[ \t]*\n|( {0,3}(?:\$\$|\\\[)))/;
/** @type {Record<string, string>} */
const CLOSES = { "\\(": "\\)", "\\[": "\\]" };
const OPEN_DISPLAY = /^ {0,3}(\$\$|\\\[)/;
// `$5 and $10` is money: no blank inside the dollars, no digit after them (pandoc's rule).
/** @type {Array<[RegExp, boolean]>} */
const INLINE = [
  [/^\$\$((?:[^$\\\n]|\\[^\n]|\$(?!\$)|\n(?![ \t]*\n))+?)\$\$/, true],
  [/^\\\[((?:[^\\\n]|\\[^\n\]]|\n(?![ \t]*\n))+?)\\\]/, true],
  [/^\\\(((?:[^\\\n]|\\[^\n)]|\n(?![ \t]*\n))+?)\\\)/, false],
  [/^\$(?![\s$])((?:[^$\\\n]|\\[^\n]|\n(?![ \t]*\n))*?(?:[^$\\\s]|\\[^\n]))\$(?!\d)/, false],
];
export const CODE_OR_FORMULA =
  /(`+)(?!`)[\s\S]*?[^`]\1(?!`)|`+|\\\([^\n]{1,999}?\\\)|\\\[[^\n]{1,999}?\\\]|\\[\s\S]|\$\$[^\n$]+\$\$|\$(?![\s$])(?:[^$\\\n]|\\[^\n])*?(?:[^$\\\s]|\\[^\n])\$(?!\d)/g;

/** @param {RegExp} rule */
const next = (rule) => new Ahead((text) => text.search(rule));

/** @param {Rules} rules */
const endsOf = ({ closer, lastInLine }) => ({ closer: next(closer), lastInLine: next(lastInLine) });

/** What the rules for formulas that stand by themselves look for further on in one text. */
export const formulasAhead = () => ({
  openerOrBlank: next(BLANK_LINE_OR_OPENER),
  $$: endsOf(DISPLAY.$$),
  "\\[": endsOf(DISPLAY["\\["]),
});

/**
 * An inline formula at the start of `src`, or undefined.
 * @param {string} src
 * @returns {Markdown.InlineOf<"formula" | "text"> | undefined}
 */
export function inlineFormula(src) {
  const first = src[0];
  if (first !== "$" && !(first === "\\" && (src[1] === "(" || src[1] === "["))) return undefined;
  const head = src.slice(0, MAX_FORMULA);
  if (!head.includes(CLOSES[src.slice(0, 2)] ?? "$", 1)) return undefined;
  for (const [rule, display] of INLINE) {
    const match = rule.exec(head);
    if (match && match[1].trim()) return { type: "formula", raw: match[0], tex: match[1].trim(), display };
  }
  // The second dollar of a `$$` that opens nothing must not open a `$` formula.
  return src.startsWith("$$") ? { type: "text", raw: "$$", text: "$$" } : undefined;
}

/**
 * A formula that stands by itself. While text arrives, one at the outermost level that is open reaches to the end.
 * @param {Grammar} lexer
 * @param {string} src
 * @returns {Markdown.BlockOf<"formula_block"> | undefined}
 */
export function displayFormula(lexer, src) {
  const found = OPEN_DISPLAY.exec(src);
  if (!found) return undefined;
  const opener = found[1] === "$$" ? "$$" : "\\[";
  const match = closedDisplay(lexer.ahead[opener], DISPLAY[opener], src, found[0].length);
  if (match?.[1].trim()) return { type: "formula_block", raw: match[0], tex: match[1].trim() };
  if (
    lexer.live &&
    lexer.depth === 1 &&
    src.length < MAX_FORMULA &&
    !src.trimEnd().includes("\n\n") &&
    !/^ {0,3}(\$\$.*\$\$|\\\[.*\\\])/.test(src)
  ) {
    return { type: "formula_block", raw: src, tex: null, text: src.trimEnd() };
  }
  return undefined;
}

/**
 * The rules run only where they will find their end, for each opener may have the same one far below it.
 * @param {ReturnType<typeof endsOf>} ahead
 * @param {Rules} rules
 * @param {string} src
 * @param {number} start
 */
function closedDisplay(ahead, rules, src, start) {
  const rest = src.slice(start);
  const last = ahead.lastInLine.in(rest);
  if (last < 0 || last > MAX_FORMULA) return null;
  const head = src.slice(0, MAX_FORMULA);
  if (ALONE.test(head)) return rules.alone.exec(head);
  // A dollar may be escaped, and the rule for dollars ends at the first pair anyway.
  return rules === DISPLAY.$$ || ahead.closer.in(rest) === last ? rules.together.exec(head) : null;
}

/**
 * Where in `src` a formula block may interrupt a paragraph. Looks no further than the paragraph reaches.
 * @param {Grammar} lexer
 * @param {string} src
 */
export function nextDisplay(lexer, src) {
  const at = lexer.ahead.openerOrBlank.in(src);
  return at >= 0 && /^\n {0,3}(?:\$\$|\\\[)/.test(src.slice(at, at + 8)) ? at + 1 : -1;
}
