// The small parts that answers are made of: links, pictures as links, formulas, code blocks, scrollers.
// Elements are made here one by one and text is set as text: a model's words never pass through an HTML parser.

import { toClipboard } from "../parts/clipboard.js";
import { drawDiagram } from "../diagrams/diagrams.js";
import { drawCode, drawFormula } from "./late.js";
import { runs } from "./limits.js";
import { kindOf } from "../preview/document.js";

/** @typedef {Partial<Record<"copy" | "copied" | "picture" | "code" | "done" | "open" | "preview" | "more" | "copy_table" | "all_lines" | "diagram_source" | "diagram_failed", string>>} Words */

/** @type {Required<Words>} */
export const WORDS = {
  copy: "Copy",
  copied: "Copied",
  picture: "picture",
  code: "code",
  done: "Done",
  open: "Not done",
  preview: "Preview",
  more: "More",
  copy_table: "Copy table",
  all_lines: "Show all {n} lines",
  diagram_source: "Show the text",
  diagram_failed: "This diagram cannot be drawn.",
};
const COPIED_FOR = 1500;
/** Lines of code above which an answer that is read again shows its beginning. */
const FOLDED = 40;

/**
 * @template {keyof HTMLElementTagNameMap} T
 * @param {T} name
 * @param {string} [className]
 * @param {...(Node | string)} children
 * @returns {HTMLElementTagNameMap[T]}
 */
export function element(name, className, ...children) {
  const made = document.createElement(name);
  if (className) made.className = className;
  made.append(...children);
  return made;
}

/**
 * `text` as children of an element.
 * @param {string} text
 */
export const laidOut = (text) => runs(text).map(([piece, alone]) => (alone ? element("span", "md-run", piece) : piece));

/**
 * `text` as it was written.
 * @param {string} text
 */
export const plain = (text) => element("div", "md-plain", ...laidOut(text));

/**
 * The address if it may be clicked, else null: absolute, of the web or mail.
 * @param {string} href
 */
function safeAddress(href) {
  try {
    const url = new URL(href.replace(/[\u0000-\u0020\u007f-\u009f]/g, (char) => (char === " " ? "%20" : "")));
    return ["http:", "https:", "mailto:"].includes(url.protocol) ? url.href : null;
  } catch {
    return null;
  }
}

/**
 * A link that opens outside and tells the other side nothing; a dead one keeps its words.
 * @param {string} href
 */
export function external(href) {
  const address = safeAddress(href);
  if (!address) return element("span", "md-dead-link");
  const made = element("a");
  Object.assign(made, { href: address, target: "_blank", rel: "noopener noreferrer nofollow" });
  return made;
}

/**
 * Pictures of other sites are never fetched: their address could carry the conversation away.
 * @param {string} src
 * @param {string} alt
 */
export function picture(src, alt) {
  const made = external(src);
  made.classList.add("md-picture");
  made.append(`${WORDS.picture}${alt ? `: ${alt}` : ""}${made instanceof HTMLAnchorElement ? " ↗" : ""}`);
  return made;
}

/** @param {Markdown.InlineFields["formula"]} token */
export function formula({ raw, tex, display }) {
  const made = element("span", display ? "md-formula md-formula-block" : "md-formula", raw.trim());
  if (display) made.tabIndex = 0; // a wide one is scrolled with the keys, as tables and code are
  drawFormula(made, tex, display);
  return made;
}

/**
 * A table that scrolls inside, with its button below.
 * @param {HTMLElement} table
 */
export function scroller(table) {
  const made = element("div", "md-table", table);
  made.tabIndex = 0;
  const button = codeButton("table", ""); // its label is drawn by the style sheet: it is no word of the answer
  button.ariaLabel = WORDS.copy_table;
  button.ariaHasPopup = "menu";
  return element("div", "md-table-box", made, button);
}

/**
 * A code block with its header. `closed` is false while it is still being written: then it has no colours yet.
 * @param {string} language
 * @param {string} text
 */
export function codeBlock(language, text, closed = true) {
  const name = /^[\w+#.-]{1,24}/.exec(language)?.[0] ?? "";
  const code = element("code", name && `language-${name.toLowerCase()}`, ...laidOut(text));
  const more = codeButton("more", "⋯");
  more.ariaLabel = WORDS.more;
  const isDiagram = name.toLowerCase() === "mermaid";
  const buttons = [
    ...(kindOf(name, text) ? [codeButton("preview", WORDS.preview)] : []),
    ...(isDiagram ? [codeButton("source", WORDS.diagram_source)] : []),
    more,
  ];
  const pre = element("pre", "", code);
  pre.tabIndex = 0;
  pre.dir = "ltr";
  if (closed && text) drawCode(code, name.toLowerCase(), text);
  const label = element("span", "md-code-language", name || WORDS.code);
  if (name) label.dataset.language = "";
  const lines = closed ? countLines(text) : 0;
  const all = WORDS.all_lines.replace("{n}", String(lines));
  const block = element(
    "div",
    lines > FOLDED ? "md-code md-long" : "md-code",
    element("div", "md-code-head", label, ...buttons, codeButton("copy", WORDS.copy)),
    pre,
    ...(lines > FOLDED ? [codeButton("unfold", all)] : []),
  );
  if (isDiagram && closed && text) drawDiagram(block, { text, failed: WORDS.diagram_failed });
  return block;
}

/** @param {string} text */
function countLines(text) {
  let count = 1;
  for (let at = text.indexOf("\n"); at >= 0; at = text.indexOf("\n", at + 1)) count += 1;
  return count;
}

/**
 * A button of a code block or a table, known by `data-…`. What the others than "copy" do is page/reading.js's.
 * @param {"copy" | "table" | "preview" | "more" | "unfold" | "source"} name
 * @param {string} label
 */
function codeButton(name, label) {
  const made = element("button", "md-copy", label);
  made.type = "button";
  made.dataset[name] = "";
  return made;
}

/**
 * The page's words for the few that stand here.
 * @param {Words} [words]
 */
export function say(words = {}) {
  for (const key of /** @type {Array<keyof Required<Words>>} */ (Object.keys(WORDS)))
    WORDS[key] = words[key] || WORDS[key];
}

/** @param {Element} button */
async function copyCode(button) {
  const text = button.closest(".md-code")?.querySelector("code")?.textContent ?? "";
  if (!(await toClipboard(text))) return;
  button.textContent = WORDS.copied;
  setTimeout(() => (button.textContent = WORDS.copy), COPIED_FOR);
}

document.addEventListener("click", ({ target }) => {
  const button = target instanceof Element && target.closest(".md-code [data-copy]");
  if (button) void copyCode(button);
});
