// Words of an answer that belong to boxes, marked so that they can be pointed at. Keeps nothing.

import { el } from "../parts/dom.js";

/**
 * Wraps the texts, each after the one before it, in marks that can be pointed at; a text that is not found is left out.
 * @param {HTMLElement} root
 * @param {Array<string>} texts
 */
export function linkTexts(root, texts) {
  if (root.querySelectorAll(".mm-ref").length) return;
  /** @type {Array<{node: Text, start: number}>} */
  const nodes = [];
  let whole = "";
  const walker = document.createTreeWalker(root, NodeFilter.SHOW_TEXT);
  for (let node = walker.nextNode(); node; node = walker.nextNode()) {
    if (!(node instanceof Text)) continue;
    nodes.push({ node, start: whole.length });
    whole += node.data;
  }
  /** @type {Array<{i: number, start: number, end: number}>} */
  const spans = [];
  let from = 0;
  texts.forEach((text, i) => {
    const at = whole.indexOf(text, from);
    if (at < 0) return;
    from = at + text.length;
    spans.push({ i, start: at, end: from });
  });
  for (const { i, start, end } of spans.reverse()) {
    for (const { node, start: begins } of [...nodes].reverse()) {
      const a = Math.max(start, begins) - begins;
      const b = Math.min(end, begins + node.length) - begins;
      if (a >= b) continue;
      const piece = a ? node.splitText(a) : node;
      if (b - a < piece.length) piece.splitText(b - a);
      const mark = el("mark", { class: "mm-ref", "data-box": i, tabindex: 0 });
      piece.replaceWith(mark);
      mark.append(piece);
    }
  }
}
