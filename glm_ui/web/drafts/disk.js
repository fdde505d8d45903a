// Drafts in an IndexedDB of their own: they change with each word, conversations with each turn. Throws what fails.
//
// drafts {of, page, …}   files {id, blob}: a file's bytes, once for all drafts that name it

import { openDB } from "../vendor/idb.js";

/** @typedef {import("idb").IDBPDatabase} Database */

/**
 * One step for each version of the database: from the one before to this. A step is never changed, only followed.
 * @type {Array<(db: Database) => void>}
 */
const LADDER = [
  (db) => {
    db.createObjectStore("drafts", { keyPath: ["of", "page"] });
    db.createObjectStore("files", { keyPath: "id" });
  },
];

/** @param {string} of */
const pagesOf = (of) => IDBKeyRange.bound([of], [of, []]);

/**
 * Opens the database, or throws. `onLost` when a newer version of this page, or the browser, takes it.
 * @param {string} name
 * @param {() => void} onLost
 */
export async function openDisk(name, onLost) {
  const db = await openDB(name, LADDER.length, {
    upgrade(made, from) {
      for (const step of LADDER.slice(from)) step(made);
    },
    blocking(_current, _wanted, event) {
      /** @type {IDBDatabase} */ (event.target).close();
      onLost();
    },
    terminated: onLost,
  });
  return new Disk(db);
}

class Disk {
  /** @param {Database} db */
  constructor(db) {
    this.db = db;
  }

  /**
   * Those of one conversation, or all.
   * @param {string} [of]
   * @returns {Promise<Array<Page.Draft>>}
   */
  drafts(of) {
    return this.db.getAll("drafts", of === undefined ? undefined : pagesOf(of));
  }

  /**
   * Puts and deletes in one step, which a page that closes still has time for.
   * @param {Array<Page.Draft>} put
   * @param {Array<[string, string]>} gone [of, page]
   */
  async write(put, gone) {
    const transaction = this.db.transaction("drafts", "readwrite", { durability: "relaxed" });
    for (const draft of put) transaction.store.put(draft).catch(() => undefined);
    for (const key of gone) transaction.store.delete(key).catch(() => undefined);
    transaction.commit();
    await transaction.done;
  }

  /**
   * Deletes every page's draft of a conversation; without one all drafts.
   * @param {string} [of]
   */
  async remove(of) {
    if (of === undefined) await Promise.all([this.db.clear("drafts"), this.db.clear("files")]);
    else await this.db.delete("drafts", pagesOf(of));
  }

  /** @param {Array<{id: string, blob: Blob}>} files */
  async keepFiles(files) {
    const transaction = this.db.transaction("files", "readwrite", { durability: "relaxed" });
    const known = new Set(await transaction.store.getAllKeys());
    for (const file of files) if (!known.has(file.id)) transaction.store.put(file).catch(() => undefined);
    await transaction.done;
  }

  /**
   * @param {string} id
   * @returns {Promise<Blob | undefined>}
   */
  async file(id) {
    return (await this.db.get("files", id))?.blob;
  }

  /** @param {Set<string>} named what some draft still names: all other files go */
  async sweep(named) {
    const ids = /** @type {Array<string>} */ (await this.db.getAllKeys("files"));
    await Promise.all(ids.filter((id) => !named.has(id)).map((id) => this.db.delete("files", id)));
  }
}
