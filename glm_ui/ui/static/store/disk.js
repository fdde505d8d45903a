// Conversations in this browser's IndexedDB: whole records, and beside them a light row and the searchable text of
// each, always written in one transaction. Says what failed by throwing; what to do then is decided in store.js.

import { isReadable, isRunning, mergeInto, VERSION } from "../conversation.js";
import { deleteDB, openDB } from "../vendor/idb.js";

const STORES = ["conversations", "rows", "texts", "waiting"];
const OPEN_WITHIN = 4000;
const PREVIEW = 120;
const SOME = 50;

/** What the list shows of a conversation. */
export function rowOf(record) {
  const last = record.nodes.at(-1);
  const { id, v, tab, title, pinned, createdAt, updatedAt, rev } = record;
  const preview = (last?.text ?? "").replace(/\s+/g, " ").slice(0, PREVIEW);
  return { id, v, tab, title, pinned, createdAt, updatedAt, rev, preview, count: record.nodes.length, model: last?.model ?? null, provider: last?.provider ?? null, running: record.nodes.some(isRunning) };
}

export const textOf = (record) => [record.title, ...record.nodes.flatMap(({ text, thinking }) => [text, thinking])].filter(Boolean).join("\n");

/** Opens the database, or throws: blocked, of a newer version, or silent for too long. */
export async function openDisk(name, onLost) {
  let late = false;
  const opening = openDB(name, VERSION, {
    upgrade(db) {
      for (const store of STORES) db.createObjectStore(store, { keyPath: "id" });
    },
    blocking(_current, _wanted, event) {
      event.target.close();
      onLost("newer");
    },
    terminated: () => onLost("blocked"),
  }).then((db) => (late ? db.close() : db));
  const timeout = new Promise((_, fail) => setTimeout(() => fail(new DOMException("IndexedDB did not answer", "TimeoutError")), OPEN_WITHIN));
  try {
    return new Disk(await Promise.race([opening, timeout]));
  } catch (reason) {
    late = true;
    throw reason;
  }
}

/** Deletes the database whole, whatever version made it. */
export function deleteDisk(name) {
  return new Promise((done, fail) => deleteDB(name, { blocked: () => fail(new DOMException("Another tab has it open", "TimeoutError")) }).then(done, fail));
}

class Disk {
  constructor(db) {
    this.db = db;
  }

  rows() {
    return this.db.getAll("rows");
  }

  /** All searchable texts as [id, text], a few at a time, so that the page stays smooth meanwhile. */
  async *texts() {
    for (let last; ; ) {
      const some = await this.db.getAll("texts", last === undefined ? undefined : IDBKeyRange.lowerBound(last, true), SOME);
      for (const { id, text } of some) yield [id, text];
      if (some.length < SOME) return;
      last = some.at(-1).id;
    }
  }

  text(id) {
    return this.db.get("texts", id);
  }

  read(id) {
    return this.db.get("conversations", id);
  }

  ids() {
    return this.db.getAllKeys("conversations");
  }

  /**
   * Puts what `next(stored)` returns: a record, or undefined to leave all as it is. Compare and swap in one go. A record
   * that is still of `rev` is not read, and not given: reading a long one each second would cost the reply its frames.
   */
  async change(id, next, rev = null) {
    const transaction = this.db.transaction(STORES, "readwrite", { durability: "relaxed" });
    const done = transaction.done;
    done.catch(() => undefined);
    const [conversations, rows, texts, waiting] = STORES.map((store) => transaction.objectStore(store));
    try {
      const known = rev !== null && (await rows.get(id))?.rev === rev;
      const record = next(known ? undefined : await conversations.get(id));
      if (record) {
        const written = [conversations.put(record), rows.put(rowOf(record)), texts.put({ id, text: textOf(record) }), waiting.delete(id)];
        await Promise.all(written);
      }
    } catch (reason) {
      try {
        transaction.abort();
      } catch {
        // Already over, with the same reason.
      }
      throw reason;
    }
    await done;
  }

  /**
   * For a page that goes away: there is no time to read before writing, so the record is laid aside in one step and
   * taken in by `collect` when the store is next opened.
   */
  leave(record) {
    const transaction = this.db.transaction("waiting", "readwrite", { durability: "relaxed" });
    transaction.done.catch(() => undefined);
    transaction.store.put(record).catch(() => undefined);
    transaction.commit();
  }

  async collect() {
    for (const left of await this.db.getAll("waiting")) {
      await this.change(left.id, (stored) => {
        if (!isReadable(left) || !isReadable(stored)) return undefined;
        if (stored.rev !== left.rev) mergeInto(left, stored);
        left.rev = stored.rev + 1;
        return left;
      });
      await this.db.delete("waiting", left.id);
    }
  }

  async remove(id) {
    const transaction = this.db.transaction(STORES, "readwrite");
    await Promise.all([...STORES.map((store) => transaction.objectStore(store).delete(id)), transaction.done]);
  }

  async clear() {
    const transaction = this.db.transaction(STORES, "readwrite");
    await Promise.all([...STORES.map((store) => transaction.objectStore(store).clear()), transaction.done]);
  }

  async unreadable() {
    return (await this.db.getAll("conversations")).filter((record) => !isReadable(record));
  }

  /** Gives every readable record its row. Returns the formats of those that can't be read, which stay as they are. */
  async check(rows) {
    const known = new Set(rows.map(({ id }) => id));
    const unreadable = [];
    for (const id of (await this.ids()).filter((each) => !known.has(each))) {
      const record = await this.read(id);
      if (isReadable(record)) await this.change(id, (stored) => stored);
      else unreadable.push(record?.v);
    }
    return unreadable;
  }
}
