// The turns of this page that go on without the connection they were asked over: all of them over one, because a browser
// has six for a site. It is made again where it is cut, and goes on behind the last frame of each. No page elements.

import { tellAccount } from "./account.js";
import { eventsOf, LAST } from "./events.js";
import { session, visitor } from "./identity.js";
import { get, Refused, refusalOf, unreachable } from "./request.js";

// How long the server may be out of reach while the browser has a network: it may be starting again.
const PATIENCE = 20_000;
const PAUSES = [200, 500, 1000, 2000, 3000];

class Place {
  /** @type {Array<[number, Wire.Frame] | Error>} */
  came = [];
  wake = () => {};

  /**
   * @param {number} after number of the last frame that was taken
   * @param {boolean} patient
   */
  constructor(after, patient) {
    this.after = after;
    this.patient = patient;
  }

  /** @param {[number, Wire.Frame] | Error} what */
  put(what) {
    this.came.push(what);
    this.wake();
  }
}

class Followed {
  /** @type {Map<string, Place>} */
  #places = new Map();
  #connection = new AbortController();
  #running = false;

  /**
   * The frames of a turn behind number `after`, to its last one. Throws Refused where the server does not have it or,
   * after a while, cannot be reached; and what `signal` was aborted with. Not `patient`: at once.
   * @param {string} id
   * @param {number} after
   * @param {{signal: AbortSignal, patient?: boolean}} how
   * @returns {AsyncGenerator<[number, Wire.Frame]>}
   */
  async *join(id, after, { signal, patient = true }) {
    const place = new Place(after, patient);
    const stop = () => place.put(signal.reason);
    signal.addEventListener("abort", stop);
    this.#places.set(id, place);
    this.#ask();
    try {
      for (;;) {
        for (let next = place.came.shift(); next; next = place.came.shift()) {
          if (next instanceof Error) throw next;
          yield next;
          if (LAST.has(next[1].k)) return;
        }
        await /** @type {Promise<void>} */ (new Promise((resolve) => (place.wake = resolve)));
      }
    } finally {
      signal.removeEventListener("abort", stop);
      if (this.#places.get(id) === place) this.#places.delete(id);
      if (!this.#places.size) this.#connection.abort();
    }
  }

  /** Asks for all of them, soon: several that join at once cost one request. */
  #ask() {
    if (this.#running) return void this.#connection.abort();
    this.#running = true;
    queueMicrotask(() => this.#run());
  }

  async #run() {
    let since = Date.now();
    for (let failures = 0; this.#places.size; failures++) {
      this.#connection = new AbortController();
      const { signal } = this.#connection;
      const asked = new Map(this.#places);
      try {
        await this.#read(asked, signal, () => ([failures, since] = [0, Date.now()]));
      } catch (reason) {
        if (reason instanceof Refused) this.#fail(asked, reason);
      }
      if (!navigator.onLine || signal.aborted) since = Date.now();
      if (signal.aborted) failures = -1;
      else if (this.#places.size) {
        const late = Date.now() - since > PATIENCE;
        const given = [...asked].filter(([, { patient }]) => late || !patient);
        this.#fail(new Map(given), late ? unreachable("The connection to GLM UI was cut.", "continue") : unreachable());
        for (const place of this.#places.values()) place.put([place.after, waits("reconnecting")]);
        await pause(PAUSES[Math.min(failures, PAUSES.length - 1)]);
      }
    }
    this.#running = false;
  }

  /**
   * Reads until the connection is cut, or every turn has ended.
   * @param {Map<string, Place>} asked
   * @param {AbortSignal} signal
   * @param {() => void} reached is called when the server has answered
   */
  async #read(asked, signal, reached) {
    const places = [...asked].map(([id, { after }]) => `after=${id}:${after}`);
    const headers = { "x-glm-ui-visitor": visitor(), "x-glm-ui-session": session() };
    const response = await get(`turns?${places.join("&")}`, headers, signal);
    if (response.status >= 502) return; // a proxy whose app is away
    if (!response.ok || !response.body) throw await refusalOf(response);
    reached();
    for (const place of asked.values()) {
      place.patient = true;
      place.put([place.after, waits("reconnected")]);
    }
    for await (const { turn, number, frame } of eventsOf(response.body)) {
      const place = asked.get(turn);
      if (!place || signal.aborted) continue;
      tellAccount(frame);
      if (frame.k === "error" && !number) this.#fail(new Map([[turn, place]]), new Refused(frame.error));
      else {
        place.after = number;
        place.put([number, frame]);
      }
    }
  }

  /**
   * @param {Map<string, Place>} places
   * @param {Refused} reason
   */
  #fail(places, reason) {
    for (const [id, place] of places) {
      if (this.#places.get(id) !== place) continue;
      this.#places.delete(id);
      place.put(reason);
    }
  }
}

/**
 * @param {string} phase of waiting_line.js
 * @returns {Wire.Frame}
 */
const waits = (phase) => /** @type {any} */ ({ k: "wait", phase });

/**
 * Waits, but no longer than until the network is there again.
 * @param {number} milliseconds
 * @returns {Promise<void>}
 */
const pause = (milliseconds) =>
  new Promise((done) => {
    const over = () => (clearTimeout(late), removeEventListener("online", over), done());
    const late = setTimeout(over, milliseconds);
    addEventListener("online", over);
  });

export const followed = new Followed();
