// Conversations in this browser's IndexedDB: a row for each conversation and one for each of its nodes, and beside them
// a light row for the list and the searchable text, always written in one transaction. Says what failed by throwing; what
// to do then is decided in store.js.
//
// conversations {id, v, …, order: [node id]}   nodes {conversation, id, node}   rows, texts {id, …}
// waiting {id, record, looks, mark}: what a closing page lays aside, in a transaction that waits for no other: one that
// waits is dropped with its page. A record of another format (`v`) lies whole in conversations, and is left alone.

import { isReadable, looksOf, mergeInto, VERSION } from "../conversation.js";
import { newId } from "../../parts/id.js";
import { headOf, LADDER } from "./ladder.js";
import { rowOf, textOf } from "./row.js";
import { deleteDB, openDB } from "../../vendor/idb.js";

/** @typedef {import("idb").IDBPDatabase} Database */

const RECORDS = ["conversations", "nodes", "rows", "texts"];
const STORES = [...RECORDS, "waiting"];
const OPEN_WITHIN = 4000;
const SOME = 50;

/** @param {string} id */
const nodesOf = (id) => IDBKeyRange.bound([id], [id, []]);

/**
 * A record from its head and its nodes; one of another format as it lies.
 * @param {any} head
 * @param {Array<{id: string, node: Page.ChatNode}>} rows
 * @returns {any}
 */
function joined(head, rows) {
  if (!Array.isArray(head?.order)) return head;
  const nodes = new Map(rows.map(({ id, node }) => [id, node]));
  return Object.fromEntries(
    Object.entries(head).map(([name, value]) =>
      name === "order"
        ? ["nodes", head.order.map((/** @type {string} */ id) => nodes.get(id)).filter(Boolean)]
        : [name, value],
    ),
  );
}

/**
 * Opens the database, or throws: blocked, of a newer version, or silent for too long.
 * @param {string} name
 * @param {(kind: Page.ProblemKind) => void} onLost
 */
export async function openDisk(name, onLost) {
  let late = false;
  const opening = openDB(name, LADDER.length, {
    async upgrade(db, from, _to, transaction) {
      for (const step of LADDER.slice(from)) await step(db, transaction);
    },
    blocking(_current, _wanted, event) {
      /** @type {IDBDatabase} */ (event.target).close();
      onLost("newer");
    },
    terminated: () => onLost("blocked"),
  });
  opening.then((db) => late && db.close()).catch(() => undefined);
  /** @type {Promise<never>} */
  const timeout = new Promise((_, fail) =>
    setTimeout(() => fail(new DOMException("IndexedDB did not answer", "TimeoutError")), OPEN_WITHIN),
  );
  try {
    return new Disk(await Promise.race([opening, timeout]));
  } catch (reason) {
    late = true;
    throw reason;
  }
}

/**
 * Deletes the database whole, whatever version made it.
 * @param {string} name
 * @returns {Promise<void>}
 */
export function deleteDisk(name) {
  return new Promise((done, fail) =>
    deleteDB(name, { blocked: () => fail(new DOMException("Another tab has it open", "TimeoutError")) }).then(
      () => done(),
      fail,
    ),
  );
}

export class Disk {
  /**
   * What this page laid aside and did not save since: the mark of each by its id.
   * @type {Map<string, string>}
   */
  #left = new Map();

  /** @param {Database} db */
  constructor(db) {
    this.db = db;
  }

  /** @returns {Promise<Array<Page.Row>>} */
  rows() {
    return this.db.getAll("rows");
  }

  /**
   * The rows that stand first in the list.
   * @param {number} count
   */
  async firstRows(count) {
    /** @type {Array<Page.Row>} */
    const rows = [];
    let cursor = await this.db.transaction("rows").store.index("place").openCursor(null, "prev");
    for (; cursor && rows.length < count; cursor = await cursor.continue()) rows.push(cursor.value);
    return rows;
  }

  /**
   * The rows of some conversations, undefined for one that is not there.
   * @param {Array<string>} ids
   * @returns {Promise<Array<Page.Row | undefined>>}
   */
  rowsOf(ids) {
    const { store } = this.db.transaction("rows");
    return Promise.all(ids.map((id) => store.get(id)));
  }

  /**
   * All searchable texts as [id, text], a few at a time, so that the page stays smooth meanwhile.
   * @returns {AsyncGenerator<[string, string]>}
   */
  async *texts() {
    for (let last; ;) {
      /** @type {Array<{id: string, text: string}>} */
      const some = await this.db.getAll(
        "texts",
        last === undefined ? undefined : IDBKeyRange.lowerBound(last, true),
        SOME,
      );
      for (const { id, text } of some) yield [id, text];
      if (some.length < SOME) return;
      last = some[some.length - 1].id;
    }
  }

  /**
   * @param {string} id
   * @returns {Promise<{id: string, text: string} | undefined>}
   */
  text(id) {
    return this.db.get("texts", id);
  }

  /**
   * @param {string} id
   * @returns {Promise<any>}
   */
  async read(id) {
    const transaction = this.db.transaction(["conversations", "nodes"]);
    return this.#joined(transaction, id);
  }

  /**
   * @param {import("idb").IDBPTransaction<unknown, Array<string>, any>} transaction
   * @param {string} id
   */
  async #joined(transaction, id) {
    const [head, nodes] = await Promise.all([
      transaction.objectStore("conversations").get(id),
      transaction.objectStore("nodes").getAll(nodesOf(id)),
    ]);
    return joined(head, nodes);
  }

  ids() {
    return this.db.getAllKeys("conversations");
  }

  /**
   * Puts what `next(stored)` returns: a record, or undefined to leave all as it is. Compare and swap in one go. A record
   * that is still of `rev` is not read, and not given: reading a long one each second would cost the reply its frames.
   * Of the nodes only those are written that look other than in `looks`, what is known to be stored. Resolves to the
   * looks of what was written.
   * @param {string} id
   * @param {(stored: any) => Page.Conversation | undefined} next
   * @param {{rev?: number | null, looks?: Page.Looks | null}} [known]
   * @returns {Promise<Page.Looks | undefined>}
   */
  async change(id, next, { rev = null, looks = null } = {}) {
    const transaction = this.db.transaction(RECORDS, "readwrite", { durability: "relaxed" });
    const done = transaction.done;
    done.catch(() => undefined);
    /** @type {Page.Looks | undefined} */
    let written;
    /** @type {string | undefined} */
    let left;
    try {
      const known = looks && rev !== null && (await transaction.objectStore("rows").get(id))?.rev === rev;
      const stored = known ? undefined : await this.#joined(transaction, id);
      const before = known ? looks : new Map(isReadable(stored) ? looksOf(stored) : []);
      const record = next(stored);
      left = this.#left.get(id);
      if (record) {
        written = looksOf(record);
        await Promise.all(this.#put(transaction, record, before, written));
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
    if (written && left) await this.#taken(id, left).catch(() => undefined);
    return written;
  }

  /**
   * What was laid aside under `mark` is saved now. What was laid aside since stays.
   * @param {string} id
   * @param {string | undefined} mark
   */
  async #taken(id, mark) {
    if (this.#left.get(id) === mark) this.#left.delete(id);
    const { store, done } = this.db.transaction("waiting", "readwrite", { durability: "relaxed" });
    const waits = await store.get(id);
    if (waits && waits.mark === mark) await store.delete(id);
    await done;
  }

  /**
   * @param {import("idb").IDBPTransaction<unknown, Array<string>, "readwrite">} transaction
   * @param {Page.Conversation} record
   * @param {Page.Looks} before
   * @param {Page.Looks} looks
   */
  #put(transaction, record, before, looks) {
    const [conversations, nodes, rows, texts] = RECORDS.map((store) => transaction.objectStore(store));
    const { id } = record;
    const row = rowOf(record);
    const changed = record.nodes.filter((node) => before.get(node.id) !== looks.get(node.id));
    const gone = [...before.keys()].filter((each) => !looks.has(each));
    return [
      conversations.put(headOf(record)),
      ...changed.map((node) => nodes.put({ conversation: id, id: node.id, node })),
      ...gone.map((each) => nodes.delete([id, each])),
      rows.put(row),
      ...(row.running && before.size ? [] : [texts.put({ id, text: textOf(record) })]), // a reply is found once it has ended
    ];
  }

  /**
   * For a page that goes away: there is no time to read before writing, so the record is laid aside in one step and
   * taken in by `collect` when the store is next opened. `looks` tells which of its nodes were changed here.
   * @param {Page.Conversation} record
   * @param {Page.Looks} [looks]
   */
  leave(record, looks = new Map()) {
    const mark = newId();
    const transaction = this.db.transaction("waiting", "readwrite", { durability: "relaxed" });
    transaction.done.catch(() => undefined);
    transaction.store.put({ id: record.id, record, looks: [...looks], mark }).catch(() => undefined);
    transaction.commit();
    this.#left.set(record.id, mark);
  }

  async collect() {
    for (const { id, record, looks, mark, ...left } of await this.db.getAll("waiting")) {
      const mine = record ?? { id, ...left }; // version 1 laid the bare record aside
      await this.change(id, (stored) => {
        if (!isReadable(mine) || (stored && !isReadable(stored))) return undefined;
        if (stored && stored.rev !== mine.rev) mergeInto(mine, stored, new Map(looks));
        mine.rev = Math.max(stored?.rev ?? 0, mine.rev) + 1;
        return mine;
      });
      await this.#taken(id, mark);
    }
  }

  /** @param {string} id */
  async remove(id) {
    const transaction = this.db.transaction(STORES, "readwrite");
    const whole = STORES.map((store) => transaction.objectStore(store).delete(store === "nodes" ? nodesOf(id) : id));
    await Promise.all([...whole, transaction.done]);
  }

  async clear() {
    const transaction = this.db.transaction(STORES, "readwrite");
    await Promise.all([...STORES.map((store) => transaction.objectStore(store).clear()), transaction.done]);
  }

  async unreadable() {
    const readable = new Set((await this.rows()).filter(({ v }) => v === VERSION).map(({ id }) => id));
    const records = await Promise.all((await this.ids()).filter((id) => !readable.has(id)).map((id) => this.read(id)));
    return records.filter((record) => !isReadable(record));
  }

  /**
   * Gives every readable record its row. Returns the ids of those that had none, how many records can't be read, which
   * stay as they are, and how many of these are of a newer format. No row is without its record, so that equal counts
   * say that all have theirs.
   * @param {Array<Page.Row>} rows
   */
  async check(rows) {
    const other = rows.filter(({ v }) => v !== VERSION).length;
    const found = { mended: /** @type {Array<string>} */ ([]), unreadable: other, newer: other };
    if ((await this.db.count("conversations")) === rows.length) return found;
    const known = new Set(rows.map(({ id }) => id));
    for (const id of (await this.ids()).filter((each) => !known.has(each))) {
      const record = await this.read(id);
      if (isReadable(record)) {
        await this.change(id, (stored) => stored);
        found.mended.push(id);
      } else {
        found.unreadable += 1;
        found.newer += Number(record?.v > VERSION);
      }
    }
    return found;
  }
}
