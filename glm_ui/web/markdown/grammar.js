// @ts-nocheck
// What Markdown means here: marked's GFM lexer, with formulas added and a few of its rules replaced.
// Text in, tokens out. No DOM and no state of a conversation must enter here.

import { Lexer, Tokenizer } from "../vendor/marked.js";
import { CODE_OR_FORMULA, displayFormula, formulasAhead, inlineFormula, nextDisplay } from "./formulas.js";
import { Ahead, deepLine, DEEPEST, mostElements, pieces, quoteWindow, tableWindow } from "./limits.js";

const MAX_HEADING = 2000;
const MAX_DEFINITION = 4000;

/** What the rules for blocks look for further on in one text. */
const lookahead = () => ({
  deepLine: deepLine(),
  underline: new Ahead((text) => text.search(/\n {0,3}[=-]/)),
  ...formulasAhead(),
});

// --- footnotes -----------------------------------------------------------------------------------------------

// GitHub's form: `[^1]` in a line, and `[^1]: words` on a line of its own, which goes on while lines are indented.
const NOTE = /^ {0,3}\[\^([^\]\s]{1,40})\]:[ \t]*([^\n]*(?:\n[ \t]{2,}[^\s][^\n]*)*)/;
const NOTE_MARK = /^\[\^([^\]\s]{1,40})\]/;
const noteTag = (label) => `^${label.toLowerCase()}`;

/** Known like the definition of a link, so that a mark without a footnote stays text. */
function footnote(lexer, src) {
  const found = NOTE.exec(src);
  if (!found) return undefined;
  const [raw, label, text] = found;
  const token = {
    type: "footnote",
    raw,
    label,
    text,
    tag: noteTag(label),
    href: "",
    title: null,
    tokens: lexer.inline(text),
  };
  lexer.tokens.links[token.tag] ??= { href: "", title: null };
  return token;
}

function footnoteMark(lexer, src) {
  const found = src.startsWith("[^") && NOTE_MARK.exec(src);
  if (!found || !Object.hasOwn(lexer.tokens.links, noteTag(found[1]))) return undefined;
  return { type: "footnote_mark", raw: found[0], label: found[1] };
}

// --- more than a page can show -------------------------------------------------------------------------------

/** All that comes after as many blocks as an answer may have: one token of text. Asked for every block. */
function rest(lexer, src) {
  lexer.blocksLeft -= 1;
  return lexer.blocksLeft < 0 ? { type: "rest", raw: src } : undefined;
}

/** `found`, a block that holds others, unless they were too many: it is part of the rest then. */
const whole = (lexer, found, src) => (found && lexer.blocksLeft < 0 ? { type: "rest", raw: src } : found);

const EXTENSIONS = {
  block: [
    function (src) {
      return rest(this.lexer, src) ?? displayFormula(this.lexer, src) ?? footnote(this.lexer, src);
    },
  ],
  startBlock: [nextDisplay],
  inline: [
    inlineFormula,
    function (src) {
      return footnoteMark(this.lexer, src);
    },
  ],
  renderers: {},
  childTokens: {},
};

// --- rules replaced ------------------------------------------------------------------------------------------

// CommonMark's flanking rule reads 。 and ） as punctuation, so that `**中文。**后` stays unformatted. As in the
// CJK-friendly amendment, CJK punctuation counts as a letter, and a CJK neighbour excuses other punctuation.
const CJK_MARK = "\\u3000-\\u303f\\uff00-\\uff65\\uffe0-\\uffee\\ufe30-\\ufe4f";
const CJK = `[\\p{Script=Han}\\p{Script=Hiragana}\\p{Script=Katakana}\\p{Script=Hangul}\\p{Script=Bopomofo}${CJK_MARK}]`;
const MARK = `(?![~${CJK_MARK}])[\\p{P}\\p{S}]`;
const WORD = `(?:[^\\s\\p{P}\\p{S}]|[~${CJK_MARK}])`;
const LATIN = `(?!${CJK})${WORD}`;

const CLOSER = new RegExp(
  [
    "^[^_*]*?__[^_*]*?\\*[^_*]*?(?=__)",
    "[^*]+(?=[^*])",
    `(?!\\*)${MARK}(\\*+)(?=\\s|$)`, // 1, 2: closes
    `(?:${LATIN}(?=\\*+(?!\\*)(?:\\s|${MARK}|$))|${CJK}(?=\\*+(?:\\s|$)))(\\*+)`,
    `(?:(?!\\*)${MARK}(?=\\*+${LATIN})|\\s(?=\\*+${WORD}))(\\*+)`, // 3, 4: opens
    `\\s(\\*+)(?!\\*)(?=${MARK})`,
    `(?:(?!\\*)${MARK}(?=\\*+(?!\\*)(?:${MARK}|${CJK}))|${CJK}(?=\\*+(?!\\*)${MARK}))(\\*+)`, // 5, 6: either
    `${WORD}(\\*+)(?=${WORD})`,
  ].join("|"),
  "gu",
);
const OPENER = new RegExp(`^(?:\\*+(?:((?!\\*)${MARK})|([^\\s*]))?)|^_+(?:((?!_)${MARK})|([^\\s_]))?`, "u");
const BEFORE_OPENER = new RegExp(`^((?![*_])(?:[\\s\\p{P}\\p{S}]|${CJK}))`, "u");

// A link ends where Chinese text goes on without a space; `ftp:` and the like are no links here.
const URL_END = `\\s<\\u2018-\\u201f\\u2026\\u3400-\\u9fff${CJK_MARK}`;
const MAILBOX = "[A-Za-z0-9._+-]";
const LINK = new RegExp(
  `^(https?:\\/\\/|www\\.)(?=[a-z0-9\\[])[^${URL_END}]+|^${MAILBOX}{1,64}(@)[a-z0-9-]{1,63}(?:\\.[a-z0-9-]{0,62}[a-z0-9])+(?![\\w-])`,
  "i",
);
// marked's own rule looks for an e-mail address from every character on, which takes minutes on a long base64
// line, and runs past `$`.
const TEXT = new RegExp(
  "^(`+|~+|[^`~])(?:(?=[`~])|(?= {0,9}\\n)|[\\s\\S]*?(?:(?=[\\\\<!\\[`*~_$]|https?:\\/\\/|(?<![^\\s*_~(])www\\.|$)|[^ ](?= *\\n)" +
    `|(?<!${MAILBOX})(?=${MAILBOX}{1,64}@)))`,
  "i",
);

const BASE = Lexer.rules;
// Whether a table interrupts a paragraph shows in its first two lines; marked reads all its rows to say so.
const TABLE = BASE.block.gfm.table.source;
const TABLE_ROWS = TABLE.slice(TABLE.indexOf("(?:\\n((?:(?!"));
const BLOCK_RULES = {
  ...BASE.block.gfm,
  paragraph: new RegExp(BASE.block.gfm.paragraph.source.replace(TABLE_ROWS, "(?:\\n|$)")),
};
const INLINE_RULES = {
  ...BASE.inline.breaks,
  emStrongLDelim: OPENER,
  emStrongRDelimAst: CLOSER,
  punctuation: BEFORE_OPENER,
  // `3~5天，约10~20元` is a range, not struck out: two tildes only.
  delLDelim: new RegExp(BASE.inline.breaks.delLDelim.source.replace("^~~?", "^~~(?!~)"), "u"),
  url: LINK,
  text: TEXT,
};

/** `*` in a formula is no emphasis: blots out formulas, keeping the length. */
function maskFormulas(masked) {
  const src = this.lexer.run;
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

const MASK = { emStrongMask: maskFormulas };

class Rules extends Tokenizer {
  /** marked looks for the line below a heading to the end of the paragraph, however long, from every line of it. */
  lheading(src) {
    const line = this.lexer.ahead.underline.in(src);
    return line >= 0 && line < MAX_HEADING ? super.lheading(src.slice(0, MAX_HEADING)) : undefined;
  }

  blockquote(src) {
    if (this.lexer.depth > DEEPEST || !/^ {0,3}>/.test(src)) return undefined;
    return whole(this.lexer, super.blockquote(quoteWindow(src)), src);
  }

  list(src) {
    const deep = this.lexer.ahead.deepLine.in(src);
    if (this.lexer.depth > DEEPEST || deep === 0) return undefined;
    return whole(this.lexer, super.list(deep > 0 ? src.slice(0, deep) : src), src);
  }

  /** marked reads all rows before it looks whether the two lines above them are those of a table. */
  table(src) {
    const first = src.indexOf("\n");
    if (first < 0) return undefined;
    const second = src.indexOf("\n", first + 1);
    const head = second < 0 ? src : src.slice(0, second);
    if (!/[|:]/.test(head.slice(first)) || !super.table(head)) return undefined;
    return super.table(tableWindow(src));
  }

  def(src) {
    const head = src.slice(0, MAX_DEFINITION);
    const found = super.def(head);
    return found && found.raw.length > MAX_DEFINITION - 2 ? super.def(src) : found;
  }
}

/** Tokens of which not every one becomes an element. */
const FREE = new Set(["text", "escape", "html"]);

class Grammar extends Lexer {
  constructor(length, links, live) {
    super({ gfm: true, breaks: true, extensions: EXTENSIONS, tokenizer: new Rules() });
    this.tokenizer.rules = { ...this.tokenizer.rules, block: BLOCK_RULES, inline: INLINE_RULES };
    this.blocksLeft = mostElements(length);
    this.live = live;
    Object.assign(this.tokens.links, links);
  }

  depth = 0;
  inlineDepth = 0;
  budget = { left: Infinity };

  blockTokens(...args) {
    const outer = this.ahead;
    this.depth += 1;
    this.ahead = lookahead();
    try {
      return super.blockTokens(...args);
    } finally {
      this.depth -= 1;
      this.ahead = outer;
    }
  }

  inlineTokens(src, tokens = []) {
    if (this.inlineDepth === 0) for (const piece of pieces(src)) this.#piece(piece, src, tokens);
    else if (this.inlineDepth > DEEPEST) tokens.push({ type: "text", raw: src, text: src });
    else this.#inline(src, tokens);
    return tokens;
  }

  /** A line break at the end of a piece is one only if more follows. */
  #piece(piece, src, tokens) {
    const last = piece.length === src.length || !piece.endsWith("\n");
    this.#inline(last ? piece : piece.replace(/(?: {1,99}|\\)?\n$/, ""), tokens);
    if (!last) tokens.push({ type: "br", raw: "\n" });
  }

  #inline(src, tokens) {
    const outer = this.run;
    this.run = src;
    this.inlineDepth += 1;
    // With a hook marked masks every text, which is slow on many brackets; only emphasis needs it.
    this.options.hooks = /[*_~]/.test(src) ? MASK : undefined;
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
 * what is inside, and with a `budget` {left} throws when that is more elements. `links` are definitions known already and come first; the result's `links` has all. With `live`
 * the text may end anywhere.
 */
export function parseBlocks(text, { links = {}, live = false } = {}) {
  const grammar = new Grammar(text.length, links, live);
  const tokens = grammar.blockTokens(text, grammar.tokens);
  const waiting = new Map(grammar.inlineQueue.map((entry) => [entry.tokens, entry.src]));
  grammar.inlineQueue = [];
  const fill = (token, budget = { left: Infinity }) => {
    const inner = (each) => fill(each, budget);
    const src = waiting.get(token.tokens);
    if (src !== undefined) {
      waiting.delete(token.tokens);
      grammar.state.inRawBlock = false;
      grammar.budget = budget;
      grammar.inlineTokens(src, token.tokens);
    } else token.tokens?.forEach(inner);
    token.items?.forEach(inner);
    if (token.type === "table") [token.header, ...token.rows].flat().forEach(inner);
    return token;
  };
  return { tokens: [...tokens], links: { ...tokens.links }, fill };
}

/** Splits plain text (of raw HTML) at its formulas: strings and formula tokens. */
export function splitFormulas(text) {
  return pieces(text).flatMap(splitPiece);
}

function splitPiece(text) {
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

export const lineEnds = (text) => text.replace(/\r\n?/g, "\n");
