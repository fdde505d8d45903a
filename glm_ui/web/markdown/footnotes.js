// Footnotes: where one is marked, and where it stands. Text in, tokens out.

// GitHub's form: `[^1]` in a line, and `[^1]: words` on a line of its own, which goes on while lines are indented.
const NOTE = /^ {0,3}\[\^([^\]\s]{1,40})\]:[ \t]*([^\n]*(?:\n[ \t]{2,}[^\s][^\n]*)*)/;
const NOTE_MARK = /^\[\^([^\]\s]{1,40})\]/;
/** @param {string} label */
const noteTag = (label) => `^${label.toLowerCase()}`;

/**
 * Known like the definition of a link, so that a mark without a footnote stays text.
 * @param {import("../vendor/marked.js").Lexer} lexer
 * @param {string} src
 */
export function footnote(lexer, src) {
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

/**
 * @param {import("../vendor/marked.js").Lexer} lexer
 * @param {string} src
 */
export function footnoteMark(lexer, src) {
  const found = src.startsWith("[^") && NOTE_MARK.exec(src);
  if (!found || !Object.hasOwn(lexer.tokens.links, noteTag(found[1]))) return undefined;
  return { type: "footnote_mark", raw: found[0], label: found[1] };
}
