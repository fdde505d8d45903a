// HTML that a model wrote: the harmless part is drawn, everything else is shown as the text that it is.
// Three locks: unknown tags are escaped, DOMPurify cleans, and only known elements and attributes are copied into
// the page. Nothing of it is ever parsed inside the page's own document, so nothing can be fetched or run.

import DOMPurify from "../vendor/purify.js";
import { splitFormulas } from "./grammar.js";
import { DEEPEST } from "./limits.js";
import { external, formula, picture, scroller } from "./pieces.js";

/**
 * Element -> attributes that it may keep.
 * @type {Record<string, Array<string>>}
 */
const KNOWN = {
  ...Object.fromEntries(
    (
      "b i em strong u s del ins mark small sub sup kbd code pre br hr p div span center summary thead tbody tfoot tr caption " +
      "ul li blockquote h1 h2 h3 h4 h5 h6 dl dt dd q cite abbr var samp ruby rt rp figure figcaption"
    )
      .split(" ")
      .map((name) => [name, []]),
  ),
  a: ["href"],
  img: ["src", "alt"],
  table: [],
  th: ["colspan", "rowspan"],
  td: ["colspan", "rowspan"],
  ol: ["start"],
  details: ["open"],
};
const COPIED = ["colspan", "rowspan", "start"];
const INLINE = new Set("b i em strong u s del ins mark small sub sup kbd code q cite var samp".split(" "));
// A name ends with a blank as HTML has it: after any other, like U+00A0, the browser reads on, and finds another name.
const TAG = /<(\/?)([a-zA-Z][a-zA-Z0-9-]*)(?=[\t\n\f\r />]|$)|<(?=[^\t\n\f\r !/])/g;

const CLEAN = {
  ALLOWED_TAGS: [...Object.keys(KNOWN), "#text", "body"],
  ALLOWED_ATTR: [...new Set(Object.values(KNOWN).flat())],
  ALLOW_DATA_ATTR: false,
  ALLOW_ARIA_ATTR: false,
  SANITIZE_NAMED_PROPS: true,
  KEEP_CONTENT: true,
  RETURN_DOM: /** @type {const} */ (true),
};

/** What cleaning costs: a call as much as twenty tags. */
const CALL = 20;
const MOST = 3000;
let spent = 0;

/** What was spent on cleaning since the last call of this. Past 3,000 `rawHtml` throws. */
export function takeSpent() {
  const taken = spent;
  spent = 0;
  return taken;
}

/**
 * The safe part of `raw` as a fragment of this document.
 * @param {string} raw
 */
export function rawHtml(raw) {
  spent += CALL + raw.split("<").length;
  if (spent > MOST) throw new RangeError("too many tags");
  const known = raw.replace(TAG, (tag, _slash, name) =>
    name && Object.hasOwn(KNOWN, name.toLowerCase()) ? tag : `&lt;${tag.slice(1)}`,
  );
  const fragment = document.createDocumentFragment();
  copy(DOMPurify.sanitize(known, CLEAN), fragment);
  return fragment;
}

/**
 * A lone inline tag of a known element; null when it is to be shown as text. One without a node closes what is open;
 * `holds`: what follows is inside it.
 * @param {string} raw
 * @returns {{name: string, node: null} | {name: string, node: Element, holds: boolean} | null}
 */
export function inlineTag(raw) {
  const [, slash, found = "", rest = ""] = /^<(\/?)([a-z][a-z0-9]*)([^]*)>$/i.exec(raw) ?? [];
  const name = found.toLowerCase();
  const bare = !rest.replace("/", "").trim();
  if (name === "br" && bare) return { name, node: document.createElement("br"), holds: false };
  if (slash) return INLINE.has(name) || name === "a" ? { name, node: null } : null;
  if (INLINE.has(name) && bare) return { name, node: document.createElement(name), holds: true };
  const node = (name === "a" || name === "img") && !bare ? rawHtml(raw).firstElementChild : null;
  return node && { name, node, holds: name === "a" };
}

/**
 * @param {Node} from
 * @param {Element | DocumentFragment} to
 */
function copy(from, to, depth = 0) {
  for (const child of from.childNodes) {
    if (child instanceof Text) copyText(child.data, to);
    else if (child instanceof Element) copyElement(child, to, depth);
  }
}

/**
 * @param {string} text
 * @param {Element | DocumentFragment} to
 */
function copyText(text, to) {
  if (to instanceof Element && to.closest("pre, code")) return to.append(text);
  return to.append(...splitFormulas(text).map((part) => (typeof part === "string" ? part : formula(part))));
}

/**
 * @param {Element} child
 * @param {Element | DocumentFragment} to
 * @param {number} depth
 */
function copyElement(child, to, depth) {
  const name = child.localName;
  if (!Object.hasOwn(KNOWN, name) || depth > DEEPEST) return copy(child, to, depth);
  if (name === "img") return to.append(picture(child.getAttribute("src") ?? "", child.getAttribute("alt") ?? ""));
  const made = name === "a" ? external(child.getAttribute("href") ?? "") : document.createElement(name);
  for (const attribute of COPIED) {
    const value = child.getAttribute(attribute) ?? "";
    if (KNOWN[name].includes(attribute) && /^\d{1,4}$/.test(value)) made.setAttribute(attribute, value);
  }
  if (made instanceof HTMLDetailsElement && child.hasAttribute("open")) made.open = true;
  copy(child, made, depth + 1);
  return to.append(name === "table" ? scroller(made) : made);
}
