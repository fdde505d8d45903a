// Which conversations have a reply on its way in some living tab: a lock that the browser gives back when the tab
// dies. Without locks (an address without TLS) a record that was touched seconds ago counts as living.

const RECENT = 15_000;
const locks = globalThis.navigator?.locks;

export class Running {
  #name;
  /** @type {Map<string, () => void>} */
  #held = new Map();

  /** @param {string} name */
  constructor(name) {
    this.#name = name;
  }

  /**
   * Says that this tab has, or no longer has, a reply on its way in `id`.
   * @param {string} id
   * @param {boolean} running
   */
  hold(id, running) {
    if (running === this.#held.has(id)) return;
    if (!running) {
      this.#held.get(id)?.();
      this.#held.delete(id);
      return;
    }
    /** @type {Promise<void>} */
    const until = new Promise((release) => this.#held.set(id, release));
    locks?.request(`${this.#name}:${id}`, () => until).catch(() => undefined);
  }

  /** @param {string} id */
  holds(id) {
    return this.#held.has(id);
  }

  /**
   * Runs `orphaned()` now if no tab holds `id`, else when the one that does lets go. Resolves when that is known.
   * @param {string} id
   * @param {number} updatedAt
   * @param {() => Promise<unknown>} orphaned
   */
  async whenLeft(id, updatedAt, orphaned) {
    if (this.#held.has(id)) return;
    if (!locks) {
      if (Date.now() - updatedAt > RECENT) await orphaned();
      return;
    }
    const name = `${this.#name}:${id}`;
    const free = await locks.request(name, { ifAvailable: true }, async (lock) => {
      if (lock) await orphaned();
      return Boolean(lock);
    });
    if (!free) locks.request(name, orphaned).catch(() => undefined);
  }
}
