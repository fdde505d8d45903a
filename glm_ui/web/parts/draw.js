// Drawing in place: a list is described anew, and what was there before stays the same element. So focus, selection,
// what was typed, scroll positions and open menus live on. Knows no word and no state of the page.

import { outline } from "./dom.js";

const SVG = "http://www.w3.org/2000/svg";
/** What a person changes in the page: compared with the element itself, not with what was described before. */
const CHOSEN = new Set(["checked", "selected"]);

/**
 * An element as it shall be. `key` tells it from its siblings of the same tag; `on…` is its one listener of that kind;
 * `value`, `checked` and `selected` are properties, all else attributes. What is undefined, null or false is left out.
 * @typedef {{tag: string, attributes: Record<string, any>, children: Array<Described>}} Description
 * @typedef {Description | Node | string} Described a node is put there as it is
 * @typedef {Described | null | undefined | false | Array<Described | null | undefined | false>} Child
 */

/** @type {WeakMap<Node, Description>} */
const drawn = new WeakMap();

/**
 * h("button", {key: 7, onclick: f}, "text") describes what `draw` makes.
 * @param {string} tag
 * @param {Record<string, any>} [attributes]
 * @param {...Child} children
 * @returns {Description}
 */
export const h = (tag, attributes = {}, ...children) => ({ tag, attributes, children: present(children) });

/**
 * An icon, as `icon` makes it.
 * @param {string} name
 */
export const iconOf = (name) =>
  h("svg", { viewBox: "0 0 16 16", class: "icon", "aria-hidden": "true" }, h("path", { d: outline(name) }));

/**
 * A button that is an icon, as `iconButton` makes it.
 * @param {string} name
 * @param {string} label
 * @param {(event: Event) => unknown} onclick
 * @param {Record<string, any>} [more]
 */
export const iconButtonOf = (name, label, onclick, more = {}) =>
  h(
    "button",
    { type: "button", class: "icon-button", "aria-label": label, title: label, onclick, ...more },
    iconOf(name),
  );

/**
 * Makes the children of `place` those that are described.
 * @param {Element} place
 * @param {...Child} children
 */
export function draw(place, ...children) {
  const wanted = present(children);
  const { keyed, others } = standing(place);
  const nodes = wanted.map((child) => {
    if (child instanceof Node) return child;
    const old = typeof child === "string" ? others.get("#text")?.shift() : taken(child, keyed, others);
    return typeof child === "string" ? text(child, old) : element(child, old, place);
  });
  const kept = new Set(nodes);
  for (const old of [...place.childNodes]) if (!kept.has(old)) old.remove();
  nodes.forEach((node, i) => move(place, node, i));
}

/**
 * Makes `node` the child `i` of `place`. What has the focus would lose it on the way: the others move around it.
 * @param {Element} place
 * @param {Node} node
 * @param {number} i
 */
function move(place, node, i) {
  const focused = place.contains(node) && node.contains(document.activeElement);
  while (focused && place.childNodes[i] !== node) place.append(place.childNodes[i]);
  if (place.childNodes[i] !== node) place.insertBefore(node, place.childNodes[i] ?? null);
}

/**
 * @param {Array<Child>} children
 * @returns {Array<Described>}
 */
const present = (children) =>
  /** @type {Array<Described>} */ (
    children.flat().filter((child) => child !== null && child !== undefined && child !== false && child !== "")
  );

/** @param {Description} child */
const nameOf = ({ tag, attributes }) => `${tag} ${attributes.key}`;

/**
 * What stands in `place`: by key, and by tag in their order.
 * @param {Element} place
 */
function standing(place) {
  /** @type {Map<string, Node>} */
  const keyed = new Map();
  /** @type {Map<string, Array<Node>>} */
  const others = new Map();
  for (const node of place.childNodes) {
    const before = drawn.get(node);
    if (before?.attributes.key !== undefined) keyed.set(nameOf(before), node);
    else if (before || node.nodeType === Node.TEXT_NODE) {
      const tag = before ? before.tag : "#text";
      others.set(tag, [...(others.get(tag) ?? []), node]);
    }
  }
  return { keyed, others };
}

/**
 * @param {Description} child
 * @param {Map<string, Node>} keyed
 * @param {Map<string, Array<Node>>} others
 */
function taken(child, keyed, others) {
  if (child.attributes.key === undefined) return others.get(child.tag)?.shift();
  const name = nameOf(child);
  const old = keyed.get(name);
  keyed.delete(name);
  return old;
}

/**
 * @param {string} said
 * @param {Node | undefined} old
 */
function text(said, old) {
  if (!(old instanceof Text)) return document.createTextNode(said);
  if (old.data !== said) old.data = said;
  return old;
}

/**
 * @param {Description} wanted
 * @param {Node | undefined} old
 * @param {Element} place
 */
function element(wanted, old, place) {
  const svg = wanted.tag === "svg" || (place.namespaceURI === SVG && place.localName !== "foreignObject");
  const node = /** @type {Element} */ (
    old ?? (svg ? document.createElementNS(SVG, wanted.tag) : document.createElement(wanted.tag))
  );
  const before = drawn.get(node)?.attributes ?? {};
  const { attributes } = wanted;
  draw(node, ...wanted.children); // before its attributes: the value of a <select> is one of its options
  for (const name of new Set([...Object.keys(before), ...Object.keys(attributes)]))
    if (CHOSEN.has(name) || before[name] !== attributes[name]) set(node, name, attributes[name]);
  drawn.set(node, wanted);
  return node;
}

/**
 * @param {any} node
 * @param {string} name
 * @param {any} value
 */
function set(node, name, value) {
  if (name === "key") return;
  if (name.startsWith("on")) node[name] = value || null;
  else if (name === "value" && "value" in node) node.value = value ?? "";
  else if (CHOSEN.has(name)) {
    if (node[name] !== Boolean(value)) node[name] = Boolean(value);
  } else if (value === undefined || value === null || value === false) node.removeAttribute(name);
  else node.setAttribute(name, value === true ? "" : value);
}
