// Plain text that only grows: appended to the last short block, so that a delta costs the same at any length.

import { el } from "../parts/dom.js";

const CHUNK = 2000;

export class GrowingText {
  /** @type {Text | null} */
  #tail = null;
  /** Characters in the last block. */
  #size = 0;

  /** @param {HTMLElement} root */
  constructor(root) {
    this.root = root;
  }

  /** @param {string} text */
  append(text) {
    while (text) {
      if (!this.#tail || this.#size > CHUNK) {
        this.#tail = document.createTextNode("");
        this.#size = 0;
        this.root.append(el("span", { class: "grown" }, this.#tail));
      }
      const cut = this.#size + text.length > CHUNK ? text.indexOf("\n", Math.max(0, CHUNK - this.#size)) + 1 : 0;
      const piece = cut > 0 ? text.slice(0, cut) : text;
      this.#tail.appendData(piece);
      this.#size += cut > 0 ? CHUNK + 1 : piece.length;
      text = text.slice(piece.length);
    }
  }
}
