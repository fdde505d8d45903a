// Which pages of this browser are open: each holds a lock, which the browser gives back when the page is gone, however it
// goes. Without locks (an address without TLS) no page is known to live: what it typed may then be found by another too.

const locks = globalThis.navigator?.locks;

export class LivingPages {
  #name;

  /**
   * @param {string} name of the locks
   * @param {string} page
   */
  constructor(name, page) {
    this.#name = name;
    locks?.request(`${name}:${page}`, () => new Promise(() => {})).catch(() => undefined);
  }

  /** @returns {Promise<Set<string>>} */
  async all() {
    const { held = [] } = (await locks?.query()) ?? {};
    const before = `${this.#name}:`;
    return new Set(held.flatMap(({ name }) => (name?.startsWith(before) ? name.slice(before.length) : [])));
  }

  /**
   * The first of these pages that goes before `within` milliseconds are over; null where none does. A page that is closed
   * or reloaded may hold its lock for a while.
   * @param {Array<string>} pages
   * @param {number} within
   * @returns {Promise<string | null>}
   */
  async firstToGo(pages, within) {
    const signal = AbortSignal.timeout(within);
    const wait = (/** @type {string} */ page) =>
      locks?.request(`${this.#name}:${page}`, { signal }, () => page) ?? null;
    return Promise.any(pages.map(wait)).catch(() => null);
  }
}
