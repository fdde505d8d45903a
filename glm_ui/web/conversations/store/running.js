// Which conversations have a reply on its way in some living tab: a lock that is given back when the tab dies.

import { AskedLocks } from "./asked_locks.js";

/** @typedef {Pick<LockManager, "request"> | AskedLocks} Locks */

/**
 * The browser's own, where it has any.
 * @param {string} name
 * @returns {Locks}
 */
const locksOf = (name) => globalThis.navigator?.locks ?? new AskedLocks(name);

export class Running {
  #name;
  #locks;
  /** @type {Map<string, () => void>} conversations whose lock this tab has or waits for; gives it back */
  #held = new Map();
  /** @type {Map<string, Promise<void>>} conversations whose lock this tab wants when the one that has it is gone */
  #watched = new Map();

  /**
   * @param {string} name
   * @param {Locks} [locks]
   */
  constructor(name, locks = locksOf(name)) {
    this.#name = name;
    this.#locks = locks;
  }

  /**
   * This tab has a reply on its way in `id`.
   * @param {string} id
   */
  hold(id) {
    if (this.#held.has(id)) return;
    const until = this.#until(id);
    this.#request(id, {}, () => until).catch(() => undefined);
  }

  /**
   * It has none any more, and the store says so.
   * @param {string} id
   */
  release(id) {
    this.#held.get(id)?.();
    this.#held.delete(id);
  }

  /**
   * Runs `orphaned()` once no tab holds `id`; where this one does not, that is now, or when the one that does is gone.
   * Where it resolves to true, the reply goes on here, and this tab holds the lock until `release`. Resolves when it
   * has run, or when another tab is known to hold `id`.
   * @param {string} id
   * @param {() => Promise<boolean>} orphaned
   * @returns {Promise<void>}
   */
  whenLeft(id, orphaned) {
    if (this.#held.has(id)) return Promise.resolve();
    const known = this.#watched.get(id) ?? this.#watch(id, orphaned);
    this.#watched.set(id, known);
    return known;
  }

  /**
   * @param {string} id
   * @param {() => Promise<boolean>} orphaned
   * @returns {Promise<void>}
   */
  #watch(id, orphaned) {
    return new Promise((known) => {
      const over = () => (this.#watched.delete(id), known());
      const left = async () => {
        const until = this.#held.has(id) ? null : this.#until(id); // a reply of this tab waits for the lock already
        try {
          if (!(await orphaned()) && until) this.release(id);
        } finally {
          over();
        }
        await until;
      };
      const isFree = async (/** @type {unknown} */ lock) => {
        if (lock) return left();
        known();
        return void this.#request(id, {}, left).catch(over);
      };
      this.#request(id, { ifAvailable: true }, isFree).catch(over);
    });
  }

  /**
   * Until `release`.
   * @param {string} id
   * @returns {Promise<void>}
   */
  #until(id) {
    return new Promise((release) => this.#held.set(id, release));
  }

  /**
   * @param {string} id
   * @param {{ifAvailable?: boolean}} how
   * @param {(lock: unknown) => Promise<void>} use
   * @returns {Promise<void>}
   */
  async #request(id, how, use) {
    await this.#locks.request(`${this.#name}:${id}`, how, use);
  }
}
