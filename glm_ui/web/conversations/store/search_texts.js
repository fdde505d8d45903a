// The texts of all conversations, in memory for as long as somebody searches: read when first asked for, and what
// changed since is read again at the next search, not at each save.

import { searchable, snippet } from "./text.js";

/** @typedef {Map<string, import("./text.js").Searchable>} Texts */

/**
 * Cut out when it is first looked at: of hundreds of rows that are found a few are shown.
 * @param {Page.Row} row
 * @param {import("./text.js").Searchable} found
 * @param {Array<string>} words
 * @returns {Page.Row}
 */
function withSnippet(row, found, words) {
  /** @type {{it: Array<[string, boolean]> | null} | undefined} */
  let cut;
  return Object.defineProperty({ ...row }, "snippet", {
    get: () => (cut ??= { it: snippet(found, words, row.title) }).it,
    enumerable: true,
  });
}

export class SearchTexts {
  #ask;
  /** @type {Promise<Texts> | null} */
  #reading = null;
  /** @type {Set<string>} */
  #stale = new Set();

  /**
   * `ask(question, otherwise)`: what the disk answers, or `otherwise`.
   * @param {<T>(question: (disk: import("./disk.js").Disk) => Promise<T>, otherwise: T) => Promise<T>} ask
   */
  constructor(ask) {
    this.#ask = ask;
  }

  /** Resolves to a Map of id -> searchable text. */
  warm() {
    this.#reading ??= this.#ask(async (disk) => {
      /** @type {Texts} */
      const texts = new Map();
      for await (const [id, text] of disk.texts()) texts.set(id, searchable(text));
      return texts;
    }, new Map());
    return this.#reading;
  }

  /** @param {string} id */
  changed(id) {
    this.#stale.add(id);
  }

  /**
   * What was read of a conversation that changed no longer counts.
   * @param {Page.Change} change
   */
  hear(change) {
    if (change.kind === "cleared") this.clear();
    else this.changed(change.id);
  }

  clear() {
    this.#reading = null;
    this.#stale.clear();
  }

  /**
   * Those of `rows` that hold all `words`, which are folded. `newer`: [{id, text}] that the disk does not have yet.
   * @param {Array<Page.Row>} rows
   * @param {Array<string>} words
   * @param {Array<{id: string, text: string}>} newer
   */
  async find(rows, words, newer) {
    const texts = await this.warm();
    await this.#freshen(texts);
    for (const { id, text } of newer) texts.set(id, searchable(text));
    return rows.flatMap((row) => {
      const found = texts.get(row.id) ?? searchable(row.title);
      return words.every((word) => found.plain.includes(word)) ? [withSnippet(row, found, words)] : [];
    });
  }

  /** @param {Texts} texts */
  async #freshen(texts) {
    const stale = [...this.#stale];
    this.#stale.clear();
    for (const id of stale) {
      const found = await this.#ask(
        (disk) => disk.text(id),
        /** @type {{id: string, text: string} | undefined} */ (undefined),
      );
      if (found) texts.set(id, searchable(found.text));
      else texts.delete(id);
    }
  }
}
