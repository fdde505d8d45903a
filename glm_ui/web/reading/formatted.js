// An answer as other programs take it from the clipboard: HTML with the few styles that it needs, and plain text beside it.

import { el } from "../parts/dom.js";
import { plainText } from "./answer_text.js";

/**
 * What only works on this page goes; what looks by our style sheets alone is told by attributes.
 * @param {Element | DocumentFragment} drawn is changed
 * @returns {string}
 */
export function formattedHtml(drawn) {
  const root = el("div", {}, drawn);
  for (const block of root.querySelectorAll(".md-code")) {
    const code = block.querySelector("code")?.textContent ?? "";
    block.replaceWith(el("pre", { style: "font-family:monospace;white-space:pre-wrap" }, el("code", {}, code)));
  }
  for (const drawnFormula of root.querySelectorAll(".katex")) {
    const math = drawnFormula.querySelector("math");
    math?.querySelector("annotation")?.remove();
    if (math) drawnFormula.replaceWith(math);
  }
  for (const box of root.querySelectorAll(".md-table-box")) box.replaceWith(...box.querySelectorAll("table"));
  for (const cell of root.querySelectorAll("th, td")) styleCell(cell);
  for (const table of root.querySelectorAll("table")) table.setAttribute("style", "border-collapse:collapse");
  for (const button of root.querySelectorAll("button")) button.remove();
  for (const each of root.querySelectorAll("*"))
    for (const { name } of [...each.attributes]) if (!KEPT.has(name)) each.removeAttribute(name);
  return root.innerHTML;
}

const KEPT = new Set(["href", "style", "dir", "start", "colspan", "rowspan", "open", "display"]);

/** @param {Element} cell */
function styleCell(cell) {
  const aligned = /\bmd-(left|center|right)\b/.exec(cell.className)?.[1];
  cell.setAttribute("style", `border:1px solid #bbb;padding:4px 8px${aligned ? `;text-align:${aligned}` : ""}`);
}

/**
 * Both forms of what is drawn; `drawn` itself stays as it is.
 * @param {Element | DocumentFragment} drawn
 */
export function bothForms(drawn) {
  const copy = drawn.cloneNode(true);
  if (!(copy instanceof Element) && !(copy instanceof DocumentFragment)) throw new TypeError("Nothing is drawn.");
  return { html: formattedHtml(copy), text: plainText(drawn) };
}
