// The files of a question as they stand in its turn: pictures small, all else by its name.

import { el, icon } from "../parts/dom.js";

/**
 * Null where it has none. A file that a server may still have is a button that shows it large.
 * @param {Page.ChatNode} node
 * @param {Wire.Words} words
 * @param {(file: Page.FileRef) => void} look
 */
export function turnFiles({ files, pictures }, words, look) {
  if (!files?.length) return null;
  const drawn = files.map((file, i) => {
    const name = file.name || file.url || "";
    const thumb = pictures?.find((seen) => seen.file === i && seen.thumb)?.thumb ?? file.thumbnail;
    const inside = thumb ? [el("img", { src: thumb, alt: name })] : [icon("file"), el("span", {}, name)];
    const looks = { class: thumb ? "turn-picture" : "turn-file", title: name };
    const label = `${name}. ${words.files.closely}`;
    return el(
      "li",
      {},
      file.id || file.url
        ? el("button", { type: "button", ...looks, "aria-label": label, onclick: () => look(file) }, ...inside)
        : el("span", looks, ...inside),
    );
  });
  return el("ul", { class: "turn-files" }, ...drawn);
}
