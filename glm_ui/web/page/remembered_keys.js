// Keys that a person lets this browser remember: encrypted in IndexedDB, by a key of the browser's that no script can read
// out. A script of this very page could still use it: that is what the switch beside the box says.

import { openDB } from "../vendor/idb.js";

const NAME = "glm-ui-keys";
/** Says without opening the database that there is something in it. */
const FLAG = "glm-ui-keys";
const WRAPPING = "wrapping";

/**
 * One step for each version of the database. A step is never changed, only followed.
 * @type {Array<(db: import("idb").IDBPDatabase) => void>}
 */
const LADDER = [(db) => void db.createObjectStore("keys", { keyPath: "id" })];

/** Whether keys can be remembered: browsers encrypt for secure addresses only. */
export const canRemember = () => Boolean(globalThis.crypto?.subtle && globalThis.indexedDB);

export function hasRemembered() {
  try {
    return localStorage.getItem(FLAG) === "1";
  } catch {
    return false;
  }
}

/** @param {boolean} some */
function flag(some) {
  try {
    if (some) localStorage.setItem(FLAG, "1");
    else localStorage.removeItem(FLAG);
  } catch {
    // Blocked in a third-party frame, as the database is.
  }
}

const open = () =>
  openDB(NAME, LADDER.length, {
    upgrade(db, from) {
      for (const step of LADDER.slice(from)) step(db);
    },
    blocking: (_current, _wanted, event) => /** @type {IDBDatabase} */ (event.target).close(),
  });

/** @param {import("idb").IDBPDatabase} db */
async function wrappingKey(db) {
  const kept = (await db.get("keys", WRAPPING))?.key;
  if (kept) return kept;
  const key = await crypto.subtle.generateKey({ name: "AES-GCM", length: 256 }, false, ["encrypt", "decrypt"]);
  await db.put("keys", { id: WRAPPING, key });
  return key;
}

/**
 * Remembers a provider's key. Throws where the browser does not let it.
 * @param {string} provider
 * @param {string} key
 */
export async function rememberKey(provider, key) {
  const db = await open();
  try {
    const iv = crypto.getRandomValues(new Uint8Array(12));
    const data = await crypto.subtle.encrypt(
      { name: "AES-GCM", iv },
      await wrappingKey(db),
      new TextEncoder().encode(key),
    );
    await db.put("keys", { id: provider, iv, data });
    flag(true);
  } finally {
    db.close();
  }
}

/** @param {string} provider */
export async function forgetKey(provider) {
  if (!hasRemembered()) return;
  const db = await open();
  try {
    await db.delete("keys", provider);
    const left = (await db.getAllKeys("keys")).filter((id) => id !== WRAPPING);
    if (left.length) return;
    await db.clear("keys");
    flag(false);
  } finally {
    db.close();
  }
}

/**
 * Every key that is remembered, by provider. One that cannot be read any more is left out.
 * @returns {Promise<Map<string, string>>}
 */
export async function rememberedKeys() {
  /** @type {Map<string, string>} */
  const keys = new Map();
  if (!hasRemembered() || !canRemember()) return keys;
  const db = await open();
  try {
    const wrapping = await wrappingKey(db);
    for (const { id, iv, data } of await db.getAll("keys")) {
      if (id === WRAPPING) continue;
      const plain = await crypto.subtle.decrypt({ name: "AES-GCM", iv }, wrapping, data).catch(() => null);
      if (plain) keys.set(id, new TextDecoder().decode(plain));
    }
  } finally {
    db.close();
  }
  return keys;
}
