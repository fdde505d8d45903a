// Draws groups of tokens and never throws: what cannot be drawn, and what would be more elements than a page lays out
// in a moment, is shown as the text that it is. What a token looks like must not enter here.

import { renderGroup } from "./blocks.js";
import { mostElements } from "./limits.js";
import { plain } from "./pieces.js";
import { takeSpent } from "./raw_html.js";

/**
 * One group of tokens, of at most `room` elements; its text if that fails.
 * @param {Markdown.Group} group
 * @param {number} room
 * @param {{fill?: Markdown.Fill, live?: boolean}} [how]
 * @returns {Markdown.Drawn}
 */
export function drawGroup(group, room, { fill = (token) => token, live = false } = {}) {
  const fragment = document.createDocumentFragment();
  takeSpent();
  try {
    const budget = { left: room };
    for (const token of group.tokens) fill(token, budget);
    renderGroup(fragment, group, live);
  } catch (reason) {
    console.warn("A part of an answer is shown as text:", reason);
    return asText(group, fragment);
  }
  const size = countElements(fragment) + takeSpent();
  return size > room ? asText(group, fragment) : { nodes: [...fragment.childNodes], size };
}

/**
 * How many elements are inside `node`. Those of formulas and colours come later, with bounds of their own (late.js).
 * @param {ParentNode} node
 */
export const countElements = (node) => node.querySelectorAll(":not(.md-formula *, .md-code code *)").length;

/**
 * @param {Markdown.Group} group
 * @param {DocumentFragment} fragment
 */
function asText(group, fragment) {
  // Nobody will see what still waits for its look (late.js).
  for (const node of fragment.querySelectorAll("[data-waiting]")) node.removeAttribute("data-waiting");
  return { nodes: [plain(group.raw.replace(/\n+$/, ""))], size: 1 };
}

/**
 * The nodes of all `groups` of a text of `length` characters. `draw(group, room, i)` gives {nodes, size}; what comes
 * when there is no room left is one piece of text.
 * @param {Array<Markdown.Group>} groups
 * @param {number} length
 * @param {(group: Markdown.Group, room: number, i: number) => Markdown.Drawn} draw
 */
export function drawAll(groups, length, draw) {
  let room = mostElements(length);
  /** @type {Array<ChildNode>} */
  const nodes = [];
  for (const [i, group] of groups.entries()) {
    if (room <= 0) {
      const rest = groups.slice(i).map(({ raw }) => raw);
      return [...nodes, plain(rest.join("").trimEnd())];
    }
    const drawn = draw(group, room, i);
    room -= drawn.size;
    for (const node of drawn.nodes) nodes.push(node);
  }
  return nodes;
}
