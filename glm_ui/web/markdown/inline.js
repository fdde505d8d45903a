// What stands inside a line, as elements. No parsing and no streaming state must enter here.

import { splitAtMarks } from "./cite_mark.js";
import { DEEPEST } from "./limits.js";
import { element, external, formula, laidOut, picture, WORDS } from "./pieces.js";
import { inlineTag } from "./raw_html.js";

/** @typedef {Element | DocumentFragment} Parent */

const ENTITY = /&(?:#\d{1,7}|#[xX][0-9a-fA-F]{1,6}|[a-zA-Z][a-zA-Z0-9]{1,31});/g;
const decoder = document.createElement("textarea");
const MOST_DECODED = 3000;
/** @type {Map<string, string>} */
const decoded = new Map();

/**
 * `&copy;` and the like as characters; a textarea holds text only, whatever it is given.
 * @param {string} text
 */
function decode(text) {
  if (!text.includes("&")) return text;
  return text.replace(ENTITY, (entity) => {
    if (decoded.size > MOST_DECODED) decoded.clear();
    const known = decoded.get(entity);
    if (known !== undefined) return known;
    decoder.innerHTML = entity;
    decoded.set(entity, decoder.value);
    return decoder.value;
  });
}

/**
 * @param {Parent} parent
 * @param {string} text
 */
export function addText(parent, text) {
  if (!text) return;
  const pieces = splitAtMarks(text);
  if (pieces.length > 1)
    pieces.forEach((piece, i) => (i % 2 ? parent.append(citePlace(piece)) : addText(parent, piece)));
  else addRun(parent, text);
}

/** @param {string} index */
function citePlace(index) {
  const made = element("span", "md-cite");
  made.dataset.cite = index;
  return made;
}

/**
 * @param {Parent} parent
 * @param {string} text
 */
function addRun(parent, text) {
  const last = parent.lastChild;
  const [first, ...rest] = laidOut(text);
  if (last instanceof Text && typeof first === "string") last.appendData(first);
  else parent.append(first);
  parent.append(...rest);
}

/**
 * Tokens that become elements of their own.
 * @typedef {Exclude<keyof Markdown.InlineFields, "escape" | "html">} Inside
 */

/** @type {{[K in Inside]: (parent: Parent, token: Markdown.InlineOf<K>) => void}} */
const INLINE = {
  text: (parent, token) => inline(parent, token.tokens ?? []),
  strong: (parent, token) => inside(parent, element("strong"), token),
  em: (parent, token) => inside(parent, element("em"), token),
  del: (parent, token) => inside(parent, element("del"), token),
  codespan: (parent, token) => parent.append(element("code", "", token.text)),
  br: (parent) => parent.append(element("br")),
  link(parent, token) {
    const made = external(decode(token.href));
    inside(parent, made, token);
    for (const nested of made.querySelectorAll("a")) nested.replaceWith(nested.textContent);
  },
  image: (parent, token) => parent.append(picture(decode(token.href), decode(token.text))),
  formula: (parent, token) => parent.append(formula(token)),
  checkbox: (parent, token) => parent.append(checkbox(token.checked), " "),
  footnote_mark: (parent, token) => parent.append(element("sup", "md-note-mark", token.label)),
};

/**
 * @param {Parent} parent
 * @param {HTMLElement} made
 * @param {Markdown.Holding} token
 */
function inside(parent, made, token) {
  inline(made, token.tokens);
  parent.append(made);
}

/** @param {boolean} checked */
export function checkbox(checked) {
  const made = element("span", "md-box", checked ? "☑" : "☐");
  made.setAttribute("role", "img");
  made.setAttribute("aria-label", checked ? WORDS.done : WORDS.open);
  return made;
}

/**
 * Known tags open and close elements within their line; all others are text.
 * @param {Parent} parent
 * @param {Array<Markdown.Token>} tokens
 */
export function inline(parent, tokens) {
  /** @type {Array<Open>} */
  const open = [{ node: parent, name: "" }];
  let text = "";
  const flush = () => {
    addText(innermost(open), text);
    text = "";
  };
  for (const token of tokens) {
    if (token.type === "html") {
      flush();
      tag(open, token.raw);
    } else if (isInside(token)) {
      flush();
      drawInside(innermost(open), token);
    } else text += textOf(token); // at once, for the browser copies a text node whenever it grows
  }
  flush();
}

/**
 * Elements that are open in a line, the innermost last; the first, which has no name, holds the line.
 * @typedef {{node: Parent, name: string}} Open
 */

/** @param {Array<Open>} open */
const innermost = (open) => open[open.length - 1].node;

/**
 * @param {Markdown.Token} token
 * @returns {token is Markdown.InlineOf<Inside>}
 */
const isInside = (token) => (token.type === "text" ? Boolean(token.tokens) : Object.hasOwn(INLINE, token.type));

/**
 * @template {Inside} K
 * @param {Parent} parent
 * @param {Markdown.InlineOf<K>} token
 */
const drawInside = (parent, token) => INLINE[token.type](parent, token);

/**
 * The words of a token that is text alone.
 * @param {Markdown.Token} token
 */
function textOf(token) {
  if (token.type === "text") return decode(token.text);
  return token.type === "escape" ? token.text : token.raw;
}

/**
 * @param {Array<Open>} open
 * @param {string} raw
 */
function tag(open, raw) {
  const here = innermost(open);
  const found = inlineTag(raw);
  if (!found) return raw.startsWith("<!--") ? undefined : addText(here, raw);
  if (!found.node) {
    const at = open.findLastIndex(({ name }) => name === found.name);
    return at > 0 ? open.splice(at) : addText(here, raw);
  }
  if (open.length > DEEPEST) return addText(here, raw);
  here.append(found.node);
  return found.holds && open.push({ node: found.node, name: found.name });
}
