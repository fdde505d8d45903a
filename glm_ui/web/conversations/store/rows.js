// The light rows of all conversations, in memory once they were read. What changed since is read again when the rows
// are next asked for, not at each save: to read ten thousand takes a tenth of a second, one a millisecond.

import { Turns } from "./turns.js";

const FEW = 200;

export class Rows {
  #ask;
  /** @type {Map<string, Page.Row> | null} */
  #rows = null;
  /** @type {Set<string>} */
  #stale = new Set();
  #turns = new Turns();

  /**
   * `ask(question, otherwise)`: what the disk answers, or `otherwise`.
   * @param {<T>(question: (disk: import("./disk.js").Disk) => Promise<T>, otherwise: T) => Promise<T>} ask
   */
  constructor(ask) {
    this.#ask = ask;
  }

  /**
   * All rows as they lie on the disk now. One look after the other: none returns before what was stale is read.
   * @returns {Promise<Array<Page.Row>>}
   */
  all() {
    return this.#turns.run(() => this.#look());
  }

  /**
   * Those that stand first in the list, without reading all; null once all were read.
   * @param {number} count
   */
  async first(count) {
    return this.#rows ? null : this.#ask((disk) => disk.firstRows(count), null);
  }

  async #look() {
    if (!this.#rows || this.#stale.size > FEW) {
      this.#stale.clear();
      this.#rows = null;
      const all = await this.#ask((disk) => disk.rows(), null);
      if (!all) return [];
      this.#rows = new Map(all.map((row) => [row.id, row]));
    }
    const stale = [...this.#stale];
    this.#stale.clear();
    const read = stale.length ? await this.#ask((disk) => disk.rowsOf(stale), null) : [];
    if (!read) this.#rows = null;
    stale.forEach((id, at) => {
      const row = read?.[at];
      if (row) this.#rows?.set(id, row);
      else this.#rows?.delete(id);
    });
    return [...(this.#rows?.values() ?? [])];
  }

  /** @param {Page.Change} change */
  hear(change) {
    if (change.kind === "cleared") this.forget();
    else this.#stale.add(change.id);
  }

  /** Reads all of them again when they are next asked for. */
  forget() {
    this.#rows = null;
  }
}
