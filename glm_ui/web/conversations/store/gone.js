// What was removed, so that a reply that still comes in does not bring it back. It lasts as long as the tab.

export class Gone {
  /** @type {Map<string, number>} id -> when, in milliseconds since 1970 */
  #removed = new Map();
  #cleared = 0;
  /** @type {Set<string>} */
  #back = new Set(); // brought in or put back since: what was removed or cleared before does not count for these

  /** @param {string} id */
  remove(id) {
    this.#removed.set(id, Date.now());
    this.#back.delete(id);
  }

  clear() {
    this.#cleared = Date.now();
    this.#back.clear();
  }

  /**
   * It is there again because somebody wants it.
   * @param {string} id
   */
  putBack(id) {
    this.#removed.delete(id);
    this.#back.add(id);
  }

  /**
   * It was saved here.
   * @param {string} id
   */
  saved(id) {
    this.#removed.delete(id);
  }

  /**
   * Another tab saved it.
   * @param {string} id
   */
  savedElsewhere(id) {
    if (this.#removed.delete(id) || this.#cleared) this.#back.add(id);
  }

  /**
   * Whether it stays away: nothing was said in it since it was removed.
   * @param {Page.Conversation} conversation
   */
  has({ id, nodes, createdAt: since }) {
    if (this.#back.has(id)) return false;
    const at = Math.max(this.#removed.get(id) ?? 0, since <= this.#cleared ? this.#cleared : 0);
    return at > 0 && !nodes.some(({ role, createdAt }) => role === "user" && createdAt > at);
  }
}
