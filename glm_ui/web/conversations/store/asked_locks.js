// Locks among the tabs of a browser without Web Locks (an address without TLS): they ask each other. As much of
// `navigator.locks` as running.js uses. A tab that is too busy to answer in time shares its lock with the one that asked.

import { newId } from "../../parts/id.js";

const ANSWERED_WITHIN = 300;
// A tab that crashes does not say that it is gone.
const ASKED_AGAIN = 3000;

/**
 * @typedef {{kind: "ask" | "mine" | "free", name: string, from: string}} Said
 * @typedef {{name: string} | null} Lock
 * @typedef {Pick<BroadcastChannel, "onmessage" | "postMessage">} Channel
 */

export class AskedLocks {
  #me = newId();
  /** @type {Set<string>} */
  #held = new Set();
  /** @type {Map<string, () => void>} what is done when another tab says that it has the lock */
  #asking = new Map();
  /** @type {Map<string, () => void>} what is done when a lock is given back */
  #waiting = new Map();
  #channel;
  #later;

  /**
   * `channel` is what the tabs share; `later(run, milliseconds)` gives what calls that off.
   * @param {string} name
   * @param {{channel?: Channel | null, later?: typeof later}} [parts]
   */
  constructor(name, { channel = channelOf(name), later: inTime = later } = {}) {
    this.#later = inTime;
    this.#channel = channel;
    if (channel) channel.onmessage = ({ data }) => this.#heard(data);
    globalThis.addEventListener?.("pagehide", () => {
      for (const held of this.#held) this.#say("free", held);
      this.#held.clear();
    });
  }

  /**
   * Runs `use` with the lock once it is free; with null where it is not, and must be `ifAvailable`. One at a time for a
   * name. Resolves to what `use` gives.
   * @template T
   * @param {string} name
   * @param {{ifAvailable?: boolean}} how
   * @param {(lock: Lock) => T | Promise<T>} use
   * @returns {Promise<T>}
   */
  async request(name, { ifAvailable = false }, use) {
    while (!(await this.#isFree(name))) {
      if (ifAvailable) return use(null);
      await this.#given(name);
    }
    this.#held.add(name);
    this.#say("mine", name);
    try {
      return await use({ name });
    } finally {
      this.#held.delete(name);
      this.#say("free", name);
      this.#waiting.get(name)?.();
    }
  }

  /**
   * @param {string} name
   * @returns {Promise<boolean>}
   */
  #isFree(name) {
    if (this.#held.has(name)) return Promise.resolve(false);
    return new Promise((known) => {
      /** @param {boolean} free */
      const over = (free) => (callOff(), this.#asking.delete(name), known(free && !this.#held.has(name)));
      const callOff = this.#later(() => over(true), ANSWERED_WITHIN);
      this.#asking.set(name, () => over(false));
      this.#say("ask", name);
    });
  }

  /**
   * Until it may be free.
   * @param {string} name
   * @returns {Promise<void>}
   */
  #given(name) {
    return new Promise((done) => {
      const over = () => (callOff(), this.#waiting.delete(name), done());
      const callOff = this.#later(over, ASKED_AGAIN);
      this.#waiting.set(name, over);
    });
  }

  /** @param {Said} said */
  #heard({ kind, name, from }) {
    const isMine = this.#held.has(name) || (this.#asking.has(name) && this.#me < from);
    if (kind === "ask" && isMine) this.#say("mine", name);
    if (kind === "mine") this.#asking.get(name)?.();
    if (kind === "free") this.#waiting.get(name)?.();
  }

  /**
   * @param {Said["kind"]} kind
   * @param {string} name
   */
  #say(kind, name) {
    this.#channel?.postMessage({ kind, name, from: this.#me });
  }
}

/**
 * @param {string} name
 * @returns {Channel | null} null where the browser blocks it: then this tab knows of no other
 */
function channelOf(name) {
  try {
    return new BroadcastChannel(`${name}-locks`);
  } catch {
    return null;
  }
}

/**
 * @param {() => void} run
 * @param {number} milliseconds
 * @returns {() => void}
 */
function later(run, milliseconds) {
  const timer = setTimeout(run, milliseconds);
  return () => clearTimeout(timer);
}
