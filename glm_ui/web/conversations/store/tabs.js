// What this tab tells the other tabs of the browser about conversations, and hears from them.

export class Tabs {
  /** @type {BroadcastChannel | null} */
  #channel = null;
  /** @type {Set<(change: Page.Change) => void>} */
  #listeners = new Set();

  /**
   * `heard(change)` comes before the listeners.
   * @param {string} name
   * @param {(change: Page.Change) => void} heard
   */
  constructor(name, heard) {
    try {
      this.#channel = new BroadcastChannel(name);
      this.#channel.onmessage = ({ data }) => {
        heard(data);
        this.hear(data);
      };
    } catch {
      // Without it the list of another tab is only as fresh as its last look.
    }
  }

  /** Whether this tab hears what others do. */
  get open() {
    return Boolean(this.#channel);
  }

  /**
   * Returns what ends it.
   * @param {(change: Page.Change) => void} listener
   */
  onChange(listener) {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /**
   * Tells this tab's own listeners.
   * @param {Page.Change} change
   */
  hear(change) {
    for (const listener of this.#listeners) listener(change);
  }

  /** @param {Page.Change} change */
  tell(change) {
    this.#channel?.postMessage(change);
  }
}
