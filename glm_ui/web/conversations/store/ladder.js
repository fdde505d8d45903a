// The versions of the database of conversations, and how a record's head lies in it.

import { isReadable } from "../conversation.js";
import { placeOf } from "./row.js";

/**
 * @typedef {import("idb").IDBPDatabase} Database
 * @typedef {import("idb").IDBPTransaction<unknown, Array<string>, "versionchange">} Upgrade
 */

/**
 * One step for each version of the database: from the one before to this. A step is never changed, only followed.
 * @type {Array<(db: Database, transaction: Upgrade) => void | Promise<void>>}
 */
export const LADDER = [
  (db) => {
    for (const store of ["conversations", "rows", "texts", "waiting"]) db.createObjectStore(store, { keyPath: "id" });
  },
  async (db, transaction) => {
    const nodes = db.createObjectStore("nodes", { keyPath: ["conversation", "id"] });
    for (
      let cursor = await transaction.objectStore("conversations").openCursor();
      cursor;
      cursor = await cursor.continue()
    ) {
      const record = cursor.value;
      if (!isReadable(record)) continue;
      for (const node of record.nodes) void nodes.put({ conversation: record.id, id: node.id, node });
      await cursor.update(headOf(record));
    }
  },
  async (_db, transaction) => {
    const rows = transaction.objectStore("rows");
    for (const row of await rows.getAll()) void rows.put({ ...row, place: placeOf(row) });
    rows.createIndex("place", "place");
  },
];

/**
 * A record with the order of its nodes in their place: an export has its fields in one order, whoever wrote it.
 * @param {Page.Conversation} record
 */
export const headOf = (record) =>
  Object.fromEntries(
    Object.entries(record).map(([name, value]) =>
      name === "nodes" ? ["order", record.nodes.map(({ id }) => id)] : [name, value],
    ),
  );
