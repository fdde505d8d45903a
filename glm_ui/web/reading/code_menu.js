// What can be done with a code block beside copying it: its menu. Wrapping holds for all code and is kept in this browser.

import { save } from "../conversations/export.js";
import { el } from "../parts/dom.js";
import { openMenu } from "../parts/menu.js";
import { fileNameOf, kindOf } from "../preview/document.js";
import { wraps, wrapCode } from "./wrap.js";

/** Endings of files by language; a language that is its own ending is not here. */
/** @type {Record<string, string>} */
const ENDINGS = {
  bash: "sh",
  shell: "sh",
  sh: "sh",
  zsh: "sh",
  powershell: "ps1",
  python: "py",
  javascript: "js",
  typescript: "ts",
  ruby: "rb",
  rust: "rs",
  golang: "go",
  csharp: "cs",
  "c#": "cs",
  "c++": "cpp",
  cplusplus: "cpp",
  kotlin: "kt",
  markdown: "md",
  latex: "tex",
  haskell: "hs",
  perl: "pl",
  mermaid: "mmd",
  yaml: "yaml",
  dockerfile: "Dockerfile",
};

/**
 * @param {HTMLElement} block `.md-code`
 * @param {HTMLElement} button
 * @param {Wire.Words["reading"]} words
 */
export function openCodeMenu(block, button, words) {
  const numbered = block.querySelector(".md-lines");
  const picture = block.querySelector(".md-diagram img");
  openMenu(button, [
    { label: wraps() ? words.code_unwrap : words.code_wrap, icon: "wrap", run: () => wrapCode(!wraps()) },
    {
      label: numbered ? words.code_unnumber : words.code_number,
      icon: "lines",
      run: () => (numbered ? numbered.remove() : number(block)),
    },
    { label: words.preview_download, icon: "download", run: () => download(block) },
    ...(picture ? [{ label: words.diagram_save, icon: "picture", run: () => savePicture(picture) }] : []),
  ]);
}

/**
 * Numbers beside the lines, which stand in one line each: wrapped ones would not be beside theirs.
 * @param {HTMLElement} block
 */
function number(block) {
  const code = block.querySelector("code");
  const lines = (code?.textContent ?? "").split("\n").length;
  const numbers = Array.from({ length: lines }, (_, i) => i + 1).join("\n");
  code?.before(el("span", { class: "md-lines", "aria-hidden": "true" }, numbers));
}

/** @param {Element} image with the drawing as a data URL */
function savePicture(image) {
  const source = image.getAttribute("src") ?? "";
  save("diagram.svg", [decodeURIComponent(source.slice(source.indexOf(",") + 1))], "image/svg+xml");
}

/** @param {HTMLElement} block */
function download(block) {
  const text = block.querySelector("code")?.textContent ?? "";
  const language = block.querySelector(".md-code-language[data-language]")?.textContent ?? "";
  save(nameFor(language, text), [text.endsWith("\n") ? text : `${text}\n`], "text/plain");
}

/**
 * The name of the file that code in `language` is saved as.
 * @param {string} language
 * @param {string} text
 */
export function nameFor(language, text) {
  const kind = kindOf(language, text);
  if (kind) return fileNameOf(kind, text);
  const name = language.toLowerCase();
  const ending = ENDINGS[name] ?? (/^[a-z0-9]{1,10}$/.test(name) ? name : "txt");
  return ending === "Dockerfile" ? ending : `code.${ending}`;
}
