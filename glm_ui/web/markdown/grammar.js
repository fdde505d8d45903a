// What Markdown means here: marked's GFM lexer, with formulas added and a few of its rules replaced.
// Text in, tokens out. No DOM and no state of a conversation must enter here.

import { Hooks, Lexer, Tokenizer } from "../vendor/marked.js";
import { footnote, footnoteMark } from "./footnotes.js";
import { CODE_OR_FORMULA, displayFormula, formulasAhead, inlineFormula, nextDisplay } from "./formulas.js";
import { Ahead, deepLine, DEEPEST, mostElements, pieces, quoteWindow, tableWindow } from "./limits.js";
import { BLOCK_RULES, INLINE_RULES } from "./patterns.js";

const MAX_HEADING = 2000;
const MAX_DEFINITION = 4000;

/** What the rules for blocks look for further on in one text. */
const lookahead = () => ({
  deepLine: deepLine(),
  underline: new Ahead((text) => text.search(/\n {0,3}[=-]/)),
  ...formulasAhead(),
});

// --- more than a page can show -------------------------------------------------------------------------------

/**
 * All that comes after as many blocks as an answer may have: one token of text. Asked for every block.
 * @param {Grammar} lexer
 * @param {string} src
 */
function rest(lexer, src) {
  lexer.blocksLeft -= 1;
  return lexer.blocksLeft < 0 ? { type: "rest", raw: src } : undefined;
}

/**
 * Our own lexer, which marked hands to its rules.
 * @param {Lexer} lexer
 */
function ours(lexer) {
  if (lexer instanceof Grammar) return lexer;
  throw new TypeError("These rules are of another lexer.");
}

/** @type {NonNullable<import("../vendor/marked.js").MarkedOptions["extensions"]>} */
const EXTENSIONS = {
  block: [
    function (src) {
      const lexer = ours(this.lexer);
      return rest(lexer, src) ?? displayFormula(lexer, src) ?? footnote(lexer, src);
    },
  ],
  startBlock: [
    function (src) {
      return nextDisplay(ours(this.lexer), src);
    },
  ],
  inline: [
    inlineFormula,
    function (src) {
      return footnoteMark(this.lexer, src);
    },
  ],
  renderers: {},
  childTokens: {},
};

// --- rules replaced -----------------------------------------------------------------------------------------------

/**
 * `*` in a formula is no emphasis: blots out formulas, keeping the length.
 * @param {string} src a run of text
 * @param {string} masked the same as marked has masked it
 */
function maskFormulas(src, masked) {
  if (!src || src.length !== masked.length || !/\$|\\[([]/.test(src)) return masked;
  let out = "";
  let last = 0;
  for (const { 0: raw, index } of src.matchAll(CODE_OR_FORMULA)) {
    if (raw.length < 3 || raw[0] === "`") continue;
    out += `${masked.slice(last, index)}[${"a".repeat(raw.length - 2)}]`;
    last = index + raw.length;
  }
  return out + masked.slice(last);
}

class Rules extends Tokenizer {
  get grammar() {
    return ours(this.lexer);
  }

  /**
   * marked looks for the line below a heading to the end of the paragraph, however long, from every line of it.
   * @param {string} src
   */
  lheading(src) {
    const line = this.grammar.ahead.underline.in(src);
    return line >= 0 && line < MAX_HEADING ? super.lheading(src.slice(0, MAX_HEADING)) : undefined;
  }

  /** @param {string} src */
  blockquote(src) {
    if (this.grammar.depth > DEEPEST || !/^ {0,3}>/.test(src)) return undefined;
    return this.#bounded(super.blockquote(quoteWindow(src)), src);
  }

  /** @param {string} src */
  list(src) {
    const deep = this.grammar.ahead.deepLine.in(src);
    if (this.grammar.depth > DEEPEST || deep === 0) return undefined;
    return this.#bounded(super.list(deep > 0 ? src.slice(0, deep) : src), src);
  }

  /**
   * `found`, a block that holds others. Where they were too many it takes all of `src`, and becomes the rest.
   * @template {Token} T
   * @param {T | undefined} found
   * @param {string} src
   */
  #bounded(found, src) {
    if (found && this.grammar.blocksLeft < 0) {
      found.raw = src;
      this.grammar.tooMuch = found;
    }
    return found;
  }

  /**
   * marked reads all rows before it looks whether the two lines above them are those of a table.
   * @param {string} src
   */
  table(src) {
    const first = src.indexOf("\n");
    if (first < 0) return undefined;
    const second = src.indexOf("\n", first + 1);
    const head = second < 0 ? src : src.slice(0, second);
    if (!/[|:]/.test(head.slice(first)) || !super.table(head)) return undefined;
    return super.table(tableWindow(src));
  }

  /** @param {string} src */
  def(src) {
    const head = src.slice(0, MAX_DEFINITION);
    const found = super.def(head);
    return found && found.raw.length > MAX_DEFINITION - 2 ? super.def(src) : found;
  }
}

/** @typedef {import("../vendor/marked.js").Token} Token */

/** Tokens of which not every one becomes an element. */
const FREE = new Set(["text", "escape", "html"]);

export class Grammar extends Lexer {
  /** What the rules look for further on in the text at hand. */
  ahead = lookahead();
  /** The run of text inside a line that is read. */
  run = "";
  /**
   * A block that holds more than an answer may have, until the rest stands in its place.
   * @type {Token | null}
   */
  tooMuch = null;
  // With a hook marked masks every text, which is slow on many brackets; only emphasis needs it.
  #mask = Object.assign(new Hooks(), {
    emStrongMask: (/** @type {string} */ masked) => maskFormulas(this.run, masked),
  });

  /**
   * @param {number} length of the text
   * @param {Markdown.Links} links
   * @param {boolean} live
   */
  constructor(length, links, live) {
    const tokenizer = new Rules();
    super({ gfm: true, breaks: true, extensions: EXTENSIONS, tokenizer });
    tokenizer.rules = { ...tokenizer.rules, block: BLOCK_RULES, inline: INLINE_RULES };
    this.blocksLeft = mostElements(length);
    this.live = live;
    Object.assign(this.tokens.links, links);
  }

  depth = 0;
  inlineDepth = 0;
  budget = { left: Infinity };

  /**
   * @overload
   * @param {string} src
   * @param {Array<Token>} [tokens]
   * @param {boolean} [lastParagraphClipped]
   * @returns {Array<Token>}
   */
  /**
   * @overload
   * @param {string} src
   * @param {import("../vendor/marked.js").TokensList} [tokens]
   * @param {boolean} [lastParagraphClipped]
   * @returns {import("../vendor/marked.js").TokensList}
   */
  /**
   * @param {string} src
   * @param {Array<Token>} [tokens]
   * @param {boolean} [lastParagraphClipped]
   */
  blockTokens(src, tokens, lastParagraphClipped) {
    const outer = this.ahead;
    this.depth += 1;
    this.ahead = lookahead();
    try {
      const found = super.blockTokens(src, tokens, lastParagraphClipped);
      const { tooMuch } = this;
      if (tooMuch && found.at(-1) === tooMuch) found[found.length - 1] = { type: "rest", raw: tooMuch.raw };
      this.tooMuch = null;
      return found;
    } finally {
      this.depth -= 1;
      this.ahead = outer;
    }
  }

  /**
   * @param {string} src
   * @param {Array<Token>} [tokens]
   */
  inlineTokens(src, tokens = []) {
    if (this.inlineDepth === 0) for (const piece of pieces(src)) this.#piece(piece, src, tokens);
    else if (this.inlineDepth > DEEPEST) tokens.push({ type: "text", raw: src, text: src });
    else this.#inline(src, tokens);
    return tokens;
  }

  /**
   * A line break at the end of a piece is one only if more follows.
   * @param {string} piece
   * @param {string} src
   * @param {Array<Token>} tokens
   */
  #piece(piece, src, tokens) {
    const last = piece.length === src.length || !piece.endsWith("\n");
    this.#inline(last ? piece : piece.replace(/(?: {1,99}|\\)?\n$/, ""), tokens);
    if (!last) tokens.push({ type: "br", raw: "\n" });
  }

  /**
   * @param {string} src
   * @param {Array<Token>} tokens
   */
  #inline(src, tokens) {
    const outer = this.run;
    this.run = src;
    this.inlineDepth += 1;
    this.options.hooks = /[*_~]/.test(src) ? this.#mask : undefined;
    try {
      const before = tokens.length;
      super.inlineTokens(src, tokens);
      for (const { type } of tokens.slice(before)) if (!FREE.has(type)) this.budget.left -= 1;
      if (this.budget.left < 0) throw new RangeError("too many elements in a line");
    } finally {
      this.run = outer;
      this.inlineDepth -= 1;
    }
  }
}

/**
 * Top-level tokens of `text` (line ends already `\n`), each with its `raw`, not yet looked into: `fill(token)` parses
 * what is inside, and with a `budget` throws when that is more elements. `links` are definitions known already and come first; the
 * result's `links` has all. With `live` the text may end anywhere.
 * @param {string} text
 * @param {{links?: Markdown.Links, live?: boolean}} [how]
 */
export function parseBlocks(text, { links = {}, live = false } = {}) {
  const grammar = new Grammar(text.length, links, live);
  // All that marked and our rules give is of these types.
  const tokens = /** @type {Array<Markdown.Token>} */ (grammar.blockTokens(text, grammar.tokens));
  /** @type {Map<unknown, (typeof grammar.inlineQueue)[number]>} */
  const waiting = new Map(grammar.inlineQueue.map((entry) => [entry.tokens, entry]));
  grammar.inlineQueue = [];
  /**
   * @template {Markdown.Fillable} T
   * @param {T} token
   * @param {Markdown.Budget} [budget]
   * @returns {T}
   */
  const fill = (token, budget = { left: Infinity }) => {
    /** @param {Markdown.Fillable} each */
    const inner = (each) => fill(each, budget);
    const entry = waiting.get(token.tokens);
    if (entry) {
      waiting.delete(token.tokens);
      grammar.state.inRawBlock = false;
      grammar.budget = budget;
      grammar.inlineTokens(entry.src, entry.tokens);
    } else token.tokens?.forEach(inner);
    token.items?.forEach(inner);
    if (token.header && token.rows) [token.header, ...token.rows].flat().forEach(inner);
    return token;
  };
  return { tokens: [...tokens], links: { ...grammar.tokens.links }, fill };
}

/**
 * Splits plain text (of raw HTML) at its formulas: strings and formula tokens.
 * @param {string} text
 */
export function splitFormulas(text) {
  return pieces(text).flatMap(splitPiece);
}

/** @param {string} text */
function splitPiece(text) {
  /** @type {Array<string | Markdown.InlineOf<"formula">>} */
  const parts = [];
  let last = 0;
  for (const { index } of text.matchAll(/\$|\\[([]/g)) {
    const found = index >= last && inlineFormula(text.slice(index));
    if (!found || found.type !== "formula") continue;
    parts.push(text.slice(last, index), found);
    last = index + found.raw.length;
  }
  return [...parts, text.slice(last)];
}

/** @param {string} text */
export const lineEnds = (text) => text.replace(/\r\n?/g, "\n");
