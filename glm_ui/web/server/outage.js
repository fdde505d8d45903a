// How long a lost connection is made again before it is given up. Pure: the clock is given.

const PAUSES = [200, 500, 1000, 2000, 3000];
// Milliseconds that the server may be away while the browser has a network: it may be starting again.
const PATIENCE = 20_000;

export class Outage {
  /** @type {number | null} when the connection was lost, or the network was there again */
  #since = null;
  #tries = 0;
  #now;

  /** @param {() => number} now in milliseconds; it goes on while the computer sleeps, as the server's clock does */
  constructor(now = Date.now) {
    this.#now = now;
  }

  /** The server has answered. */
  over() {
    [this.#since, this.#tries] = [null, 0];
  }

  /**
   * The connection was cut, or could not be made.
   * @param {boolean} network whether the browser has one: without it no time counts
   */
  failed(network) {
    if (!network || this.#since === null) this.#since = this.#now();
    this.#tries = network ? this.#tries + 1 : 0;
  }

  /** Milliseconds until the next try. Without a network that is long: the browser says when it is back. */
  get pause() {
    return PAUSES.at(Math.min(this.#tries, PAUSES.length) - 1) ?? 0;
  }

  /** Whether no further try is worth it. A page in the background tries seldom: its tries count beside the time. */
  get isHopeless() {
    return this.#tries > PAUSES.length && this.#since !== null && this.#now() - this.#since > PATIENCE;
  }
}
