// The same as disk.js for as long as the tab lives: where nothing can be kept, and for what did not fit.

import { rowOf, textOf } from "./row.js";

export class Memory {
  /** @type {Map<string, Page.Conversation>} */
  records = new Map();

  rows() {
    return [...this.records.values()].map(rowOf);
  }

  texts() {
    return [...this.records.values()].map((record) => ({ id: record.id, text: textOf(record) }));
  }

  /** @param {string} id */
  text(id) {
    const record = this.records.get(id);
    return record && { id, text: textOf(record) };
  }

  /** @param {string} id */
  read(id) {
    return structuredClone(this.records.get(id));
  }

  ids() {
    return [...this.records.keys()];
  }

  /**
   * @param {string} id
   * @param {(stored: Page.Conversation | undefined) => Page.Conversation | undefined} next
   */
  change(id, next) {
    const record = next(this.records.get(id));
    if (record) this.records.set(id, structuredClone(record));
  }

  /** @param {string} id */
  remove(id) {
    this.records.delete(id);
  }

  clear() {
    this.records.clear();
  }
}
