// The turns of this page that go on without the connection they were asked over: all of them over one, because a browser
// has six for a site. It is made again where it is cut, and goes on behind the last frame of each. No page elements.

import { tellAccount } from "./account.js";
import { eventsOf, isLast } from "./events.js";
import { session, visitor } from "./identity.js";
import { Outage } from "./outage.js";
import { get, Refused, refusalOf, unreachable } from "./request.js";

/** Statuses of a proxy whose app is away. */
const AWAY = 502;

/** What one reader waits for: frames, or why none come. */
class Place {
  /** @type {Array<[number, Wire.Frame] | Error>} */
  came = [];
  wake = () => {};

  /**
   * @param {number} after number of the last frame that was taken
   * @param {boolean} patient whether it waits for a server that is away
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

export class Followed {
  /** @type {Map<string, Place>} by the turn's name */
  #places = new Map();
  #connection = new AbortController();
  #running = false;
  #ask;
  #wait;

  /**
   * `ask(query, signal)` sends the request, `wait(milliseconds)` the time between two.
   * @param {{
   * ask?: (query: string, signal: AbortSignal) => Promise<Response>,
   * wait?: (milliseconds: number) => Promise<void>,
   * }} [parts]
   */
  constructor({ ask = askServer, wait = pause } = {}) {
    this.#ask = ask;
    this.#wait = wait;
  }

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
    if (signal.aborted) throw signal.reason;
    signal.addEventListener("abort", stop);
    this.#places.set(id, place);
    this.#changed();
    try {
      for (;;) {
        for (let next = place.came.shift(); next; next = place.came.shift()) {
          if (next instanceof Error) throw next;
          yield next;
          if (isLast(next[1])) return;
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
  #changed() {
    if (this.#running) return void this.#connection.abort();
    this.#running = true;
    queueMicrotask(() => this.#run());
  }

  async #run() {
    const outage = new Outage();
    while (this.#places.size) {
      this.#connection = new AbortController();
      const { signal } = this.#connection;
      const asked = new Map(this.#places);
      try {
        await this.#read(asked, signal, outage);
      } catch (reason) {
        if (reason instanceof Refused) this.#fail(asked, reason);
      }
      if (!signal.aborted && this.#places.size) await this.#lost(asked, outage, signal);
    }
    this.#running = false;
  }

  /**
   * The connection was cut while turns were still to come.
   * @param {Map<string, Place>} asked
   * @param {Outage} outage
   * @param {AbortSignal} signal is aborted when somebody else joins, who is asked for at once
   */
  async #lost(asked, outage, signal) {
    outage.failed(globalThis.navigator?.onLine !== false);
    const why = outage.isHopeless ? unreachable("The connection to GLM UI was cut.", "continue") : unreachable();
    this.#fail(new Map([...asked].filter(([, { patient }]) => outage.isHopeless || !patient)), why);
    if (!this.#places.size) return;
    for (const place of this.#places.values()) place.put([place.after, waits("reconnecting")]);
    /** @type {Promise<void>} */
    const joined = new Promise((done) => signal.addEventListener("abort", () => done(), { once: true }));
    await Promise.race([this.#wait(outage.pause), joined]);
  }

  /**
   * Reads until the connection is cut, or every turn has ended.
   * @param {Map<string, Place>} asked
   * @param {AbortSignal} signal
   * @param {Outage} outage
   */
  async #read(asked, signal, outage) {
    const places = [...asked].map(([id, { after }]) => `after=${id}:${after}`);
    const response = await this.#ask(places.join("&"), signal);
    if (response.status >= AWAY) return;
    if (!response.ok || !response.body) throw await refusalOf(response);
    outage.over();
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
 * @param {string} query
 * @param {AbortSignal} signal
 */
const askServer = (query, signal) =>
  get(`turns?${query}`, { "x-glm-ui-visitor": visitor(), "x-glm-ui-session": session() }, signal);

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
