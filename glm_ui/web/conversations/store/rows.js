// The light rows of all conversations, in memory once they were read. What changed since is read again when the rows
// are next asked for, not at each save: to read ten thousand takes a tenth of a second, one a millisecond.

const FEW = 200;

export class Rows {
  #ask;
  /** @type {Map<string, Page.Row> | null} */
  #rows = null;
  /** @type {Set<string>} */
  #stale = new Set();
  /** @type {Promise<unknown>} */
  #turn = Promise.resolve();

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
    const looked = this.#turn.then(() => this.#look());
    this.#turn = looked;
    return looked;
  }

  async #look() {
    if (!this.#rows || this.#stale.size > FEW) {
      this.#stale.clear();
      this.#rows = null;
      const all = await this.#ask((disk) => disk.rows(), null);
      if (!all) return [];
      this.know(all);
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

  /**
   * Takes what was read just now for all there are.
   * @param {Array<Page.Row>} all
   */
  know(all) {
    this.#rows = new Map(all.map((row) => [row.id, row]));
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
