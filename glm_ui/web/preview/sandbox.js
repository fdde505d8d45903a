// A model's page in a sandboxed frame that belongs to no origin and reaches nobody; what comes from there is a stranger's
// word, counted and bounded. Where the page is drawn from, and what stands around it, must not enter here.

const FRAME = new URL("./frame.html", import.meta.url).href;
/** Milliseconds: how often the frame is asked whether it lives, when its silence is told, and when it is ended. */
const PING = 1000;
const SILENT = 4000;
const ENDED = 30_000;
/** Messages past the port, in a second: only a page that floods sends any. */
const FLOOD = 100;
const MOST_LINES = 300;

/** @type {Promise<{script: string, prelude: string}> | undefined} */
let loaded;

/** What the frame runs, loaded once. */
export const sources = () =>
  (loaded ??= Promise.all(["frame", "prelude"].map(read)).then(([script, prelude]) => ({ script, prelude })));

/** @param {string} name */
async function read(name) {
  const response = await fetch(new URL(`./${name}.js`, import.meta.url));
  if (!response.ok) throw new Error(String(response.status));
  return response.text();
}

/**
 * The tab that will say that it is open.
 * @type {Window | null}
 */
let awaited = null;

/**
 * What a frame tells the page.
 * @typedef {object} Told
 * @property {(lines: Array<{level: string, text: string}>, left: number) => void} lines `left`: how many more there were
 * @property {() => void} clear
 * @property {(silent: boolean) => void} silent
 * @property {(why: "flood" | "silent") => void} ended
 */

export class Sandbox {
  scroll = { x: 0, y: 0 };
  /** @type {string | null} */
  #next = null;
  #ready = false;
  #heard = performance.now();
  #strays = 0;
  #second = 0;
  #silent = false;

  /**
   * @param {HTMLElement} place
   * @param {{title: string, script: string, told: Told}} parts
   */
  constructor(place, { title, script, told }) {
    this.told = told;
    const { port1, port2 } = new MessageChannel();
    this.port = port1;
    this.port.onmessage = ({ data }) => this.#take(data);
    this.frame = document.createElement("iframe");
    Object.assign(this.frame, { src: FRAME, title, referrerPolicy: "no-referrer", className: "preview-frame" });
    this.frame.setAttribute("sandbox", "allow-scripts allow-forms");
    const hand = () => this.frame.contentWindow?.postMessage({ script }, "*", [port2]);
    this.frame.addEventListener("load", hand, { once: true });
    addEventListener("message", this.#stray, true);
    place.append(this.frame);
    this.clock = setInterval(() => this.#look(), PING);
  }

  /** @param {string} html */
  draw(html) {
    this.#next = html;
    this.#flush();
  }

  end() {
    clearInterval(this.clock);
    removeEventListener("message", this.#stray, true);
    this.frame.remove();
    this.port.close();
  }

  #flush() {
    if (!this.#ready || this.#next === null) return;
    this.port.postMessage({ kind: "draw", html: this.#next });
    this.#next = null;
  }

  /** @param {any} data what a stranger says */
  #take(data) {
    this.#heard = performance.now();
    if (data?.kind === "ready") {
      this.#ready = true;
      this.#flush();
    }
    if (data?.kind === "clear") this.told.clear();
    if (data?.kind === "scroll") this.scroll = { x: Number(data.x) || 0, y: Number(data.y) || 0 };
    if (data?.kind === "lines" && Array.isArray(data.lines))
      this.told.lines(data.lines.slice(0, MOST_LINES), Number(data.left) || 0);
  }

  /**
   * Nobody of no origin has anything to say to the page but through the port. What comes is kept from all other listeners.
   * @param {MessageEvent} event
   */
  #stray = (event) => {
    if (event.origin !== "null" || event.source === awaited) return;
    event.stopImmediatePropagation();
    const second = Math.floor(performance.now() / 1000);
    this.#strays = second === this.#second ? this.#strays + 1 : 1;
    this.#second = second;
    if (this.#strays > FLOOD) this.#give("flood");
  };

  #look() {
    if (document.hidden) {
      this.#heard = performance.now();
      return;
    }
    this.port.postMessage({ kind: "ping" });
    const passed = performance.now() - this.#heard;
    if (passed > ENDED) return this.#give("silent");
    const silent = passed > SILENT;
    if (silent !== this.#silent) this.told.silent(silent);
    this.#silent = silent;
  }

  /** @param {"flood" | "silent"} why */
  #give(why) {
    this.end();
    this.told.ended(why);
  }
}

/**
 * The page in a tab of its own, which belongs to no origin either and has lost its way back to this one. To be called in a click.
 * @param {(prelude: string) => string} page
 * @param {{note: string, title: string}} about
 */
export function openTab(page, about) {
  const tab = (awaited = open(FRAME, "_blank"));
  /** @param {MessageEvent} event */
  const hand = async (event) => {
    if (event.source !== tab || event.data !== "glm-preview") return;
    event.stopImmediatePropagation();
    removeEventListener("message", hand, true);
    awaited = null;
    const { script, prelude } = await sources();
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = ({ data }) => data?.kind === "ready" && port1.postMessage({ kind: "draw", html: page(prelude) });
    tab?.postMessage({ script, ...about }, "*", [port2]);
  };
  addEventListener("message", hand, true);
}
