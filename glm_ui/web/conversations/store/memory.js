// The same as disk.js for as long as the tab lives: where nothing can be kept, and for what did not fit.

import { rowOf, textOf } from "./disk.js";

export class Memory {
  records = new Map();

  rows() {
    return [...this.records.values()].map(rowOf);
  }

  texts() {
    return [...this.records.values()].map((record) => ({ id: record.id, text: textOf(record) }));
  }

  text(id) {
    return this.records.has(id) ? { id, text: textOf(this.records.get(id)) } : undefined;
  }

  read(id) {
    return structuredClone(this.records.get(id));
  }

  ids() {
    return [...this.records.keys()];
  }

  change(id, next) {
    const record = next(this.records.get(id));
    if (record) this.records.set(id, structuredClone(record));
  }

  remove(id) {
    this.records.delete(id);
  }

  clear() {
    this.records.clear();
  }
}
