// An open end that is too much to be drawn: its text is appended as it comes, without parsing, until all is there.

import { plain } from "./pieces.js";

/** A browser copies a text node whenever it grows, so after this many characters a line goes into the next. */
const LONG = 4000;

export class OpenText {
  /** @type {Text | null} */
  #last = null;

  /**
   * @param {Element} place at whose end it is shown
   * @param {number} shown up to where the text stands on the page
   */
  constructor(place, shown) {
    this.place = place;
    this.shown = shown;
  }

  /**
   * Shows what has come. Returns how many elements count for it: none.
   * @param {string} src
   */
  grow(src) {
    for (let text = src.slice(this.shown); text;) {
      const full = this.#last && this.#last.data.length > LONG ? text.indexOf("\n") + 1 : 0;
      const piece = full || text.length;
      if (this.#last) this.#last.appendData(text.slice(0, piece));
      else {
        const made = plain("");
        made.append((this.#last = document.createTextNode(text.slice(0, piece))));
        this.place.append(made);
      }
      if (full) this.#last = null;
      this.shown += piece;
      text = text.slice(piece);
    }
    return 0;
  }
}
