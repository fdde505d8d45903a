// The patterns of marked's GFM with ours in place of a few. No rule that runs more than a pattern must enter here.

import { Lexer } from "../vendor/marked.js";

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
export const BLOCK_RULES = {
  ...BASE.block.gfm,
  paragraph: new RegExp(BASE.block.gfm.paragraph.source.replace(TABLE_ROWS, "(?:\\n|$)")),
};
export const INLINE_RULES = {
  ...BASE.inline.breaks,
  emStrongLDelim: OPENER,
  emStrongRDelimAst: CLOSER,
  punctuation: BEFORE_OPENER,
  // `3~5天，约10~20元` is a range, not struck out: two tildes only.
  delLDelim: new RegExp(BASE.inline.breaks.delLDelim.source.replace("^~~?", "^~~(?!~)"), "u"),
  url: LINK,
  text: TEXT,
};
