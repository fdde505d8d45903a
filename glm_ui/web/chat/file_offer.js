// Files that are pasted or dropped into the Chat tab, which sends words only: says so above the box and offers to take them
// to the Multimodal tab. Holds the files until then; uploads nothing.

import { pastedFiles } from "../parts/clipboard.js";
import { el, iconButton } from "../parts/dom.js";

export class FileOffer {
  /** @type {Array<File>} */
  files = [];

  /**
   * `tab` is the Chat tab's element, `place` stands above its box; `take(files)` brings them to the Multimodal tab.
   * @param {{tab: HTMLElement, place: HTMLElement, words: Wire.Words, take: (files: Array<File>) => unknown}} parts
   */
  constructor({ tab, place, words, take }) {
    this.words = words;
    this.take = take;
    this.root = el("div", { class: "glm file-offer", role: "status" });
    place.after(this.root);
    document.addEventListener("paste", (event) => tab.offsetParent && this.#pasted(event));
    /** @param {DragEvent} event */
    const carries = (event) => event.dataTransfer?.types.includes("Files");
    tab.addEventListener("dragover", (event) => carries(event) && event.preventDefault());
    tab.addEventListener("drop", (event) => {
      if (!carries(event)) return;
      event.preventDefault(); // or the browser leaves the page for the file
      this.#offer([...(event.dataTransfer?.files ?? [])]);
    });
  }

  /** @param {ClipboardEvent} event */
  #pasted(event) {
    const files = pastedFiles(event);
    // Cells of a sheet come as text and as a picture of it: the text is meant.
    if (!files.length || event.clipboardData?.types.includes("text/plain")) return;
    event.preventDefault();
    this.#offer(files);
  }

  /** @param {Array<File>} files */
  #offer(files) {
    this.files.push(...files);
    const { words } = this;
    const text = words.file_in_chat.replace("{names}", this.files.map(({ name }) => name).join(", "));
    const take = el(
      "button",
      { type: "button", class: "small-button chip-action", onclick: () => this.take(this.#close()) },
      words.file_take,
    );
    this.root.replaceChildren(
      el("span", {}, text),
      take,
      iconButton("close", words.cancel, () => this.#close()),
    );
  }

  /** Takes the offer away; gives the files that it was about. */
  #close() {
    this.root.replaceChildren();
    return this.files.splice(0);
  }
}
