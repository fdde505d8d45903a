// The saved prompts of this browser: at hand in memory, kept in an IndexedDB of their own. Never throws: where nothing
// can be kept they last as long as the page, and `lasting` is false.

import { Tabs } from "../conversations/store/tabs.js";
import { openDB } from "../vendor/idb.js";
import { newOnes } from "./prompt.js";

const NAME = "glm-ui-prompts";

/**
 * One step for each version of the database: from the one before to this. A step is never changed, only followed.
 * @type {Array<(db: import("idb").IDBPDatabase) => void>}
 */
const LADDER = [(db) => void db.createObjectStore("prompts", { keyPath: "id" })];

/** @type {Promise<Prompts> | undefined} */
let opened;

/** The page's saved prompts, opened once. */
export function openPrompts() {
  opened ??= (async () => {
    const prompts = new Prompts();
    await prompts.open();
    return prompts;
  })();
  return opened;
}

class Prompts {
  lasting = false;
  /** @type {Map<string, Page.Prompt>} */
  #all = new Map();
  /** @type {import("idb").IDBPDatabase | null} */
  #db = null;
  #tabs = new Tabs(NAME, () => void this.#read());

  async open() {
    const lost = () => {
      this.#db = null;
      this.lasting = false;
    };
    try {
      this.#db = await openDB(NAME, LADDER.length, {
        upgrade(made, from) {
          for (const step of LADDER.slice(from)) step(made);
        },
        blocking(_current, _wanted, event) {
          /** @type {IDBDatabase} */ (event.target).close();
          lost();
        },
        terminated: lost,
      });
      this.lasting = true;
      await this.#read();
    } catch {
      lost(); // the browser keeps nothing for this page, or a newer version of it is open
    }
  }

  async #read() {
    /** @type {Array<Page.Prompt> | undefined} */
    const all = await this.#db?.getAll("prompts").catch(() => undefined);
    if (all) this.#all = new Map(all.map((prompt) => [prompt.id, prompt]));
  }

  /** All of them, the newest first. */
  all() {
    return [...this.#all.values()].sort((a, b) => b.at - a.at);
  }

  /** @param {Page.Prompt} prompt */
  async put(prompt) {
    this.#all.set(prompt.id, prompt);
    await this.#keep((db) => db.put("prompts", prompt));
  }

  /** @param {string} id */
  async remove(id) {
    this.#all.delete(id);
    await this.#keep((db) => db.delete("prompts", id));
  }

  async clear() {
    this.#all.clear();
    await this.#keep((db) => db.clear("prompts"));
  }

  /**
   * Takes those of a file in; resolves to how many are new or newer.
   * @param {Array<Page.Prompt>} arrived
   */
  async bring(arrived) {
    const fresh = newOnes(this.all(), arrived);
    for (const prompt of fresh) await this.put(prompt);
    return fresh.length;
  }

  /** @param {(db: import("idb").IDBPDatabase) => Promise<unknown>} change */
  async #keep(change) {
    if (!this.#db) return;
    try {
      await change(this.#db);
      this.#tabs.tell({ kind: "changed", id: "" });
    } catch {
      this.lasting = false; // the disk is full or gone
    }
  }
}
