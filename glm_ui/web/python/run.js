// Python for the page: code in, what came of it out. It runs in a worker of a sandboxed frame that belongs to no origin
// and may ask nobody; what comes from there is taken for a stranger's. The frame goes with each run, and with it all that
// the code left. What Python is before any code runs is kept for the next run, which saves most of the start.

/**
 * @typedef {{ok: boolean, text: string, value: string, left: number, pictures: Array<string>, seconds: number,
 *   why: "" | "stopped" | "time" | "broken"}} Ran
 * `why`: what ended it early. `left`: bytes of output that are left out.
 */

const START_WITHIN = 180_000;
const RUN_WITHIN = 60_000;
/** Milliseconds. */
export const LIMITS = { start: START_WITHIN, run: RUN_WITHIN };

/** Bytes of output that are kept. */
const MOST = 100_000;
const LONGEST_VALUE = 40_000;
const MOST_PICTURES = 4;
const LARGEST_PICTURE = 8 * 2 ** 20;
/** Bytes of Python's memory when it is ready, and milliseconds that it is kept after the last run. */
const LARGEST_MEMORY = 64 * 2 ** 20;
const KEPT_FOR = 600_000;
const PICTURE = /^data:image\/(?:png|jpeg|gif|webp);base64,[\w+/=]+$/;

const FRAME = new URL("./frame.html", import.meta.url).href;
/** What Python consists of: [address, as text]. */
const FILES = {
  script: ["./frame.js", true],
  worker: ["./worker.js", true],
  runner: ["./run_code.py", true],
  loader: ["../vendor/pyodide/pyodide.mjs", true],
  core: ["../vendor/pyodide/pyodide.asm.mjs", true],
  lock: ["../vendor/pyodide/pyodide-lock.json", true],
  wasm: ["../vendor/pyodide/pyodide.asm.wasm", false],
  library: ["../vendor/pyodide/python_stdlib.zip", false],
};

/**
 * Runs `code` once. Resolves whatever happens to it; rejects where Python's files cannot be loaded.
 * @param {string} code
 * @param {{signal: AbortSignal, onstart?: () => void, limits?: {start: number, run: number}}} how
 * `onstart` is told when Python is ready; `limits` are milliseconds.
 * @returns {Promise<Ran>}
 */
export async function runPython(code, { signal, onstart, limits = LIMITS }) {
  const { script, ...files } = await load(signal);
  const frame = document.createElement("iframe");
  Object.assign(frame, {
    src: FRAME,
    sandbox: "allow-scripts",
    referrerPolicy: "no-referrer",
    inert: true,
    tabIndex: -1,
  });
  // A frame that is not displayed is slow: browsers give its process less of the machine.
  Object.assign(frame.style, {
    position: "fixed",
    bottom: "0",
    width: "1px",
    height: "1px",
    border: "0",
    opacity: "0",
  });
  const { port1: port, port2: theirs } = new MessageChannel();
  const run = new Run(port, limits, onstart);
  const stop = () => run.end({ why: "stopped" });
  signal.addEventListener("abort", stop);
  frame.addEventListener(
    "load",
    () => {
      const handed = [files.wasm, files.library];
      const memory = ready.take();
      frame.contentWindow?.postMessage({ script, files, memory, code, most: MOST }, "*", [theirs, ...handed]);
    },
    { once: true },
  );
  document.body.append(frame);
  if (signal.aborted) stop();
  try {
    return await run.ended;
  } finally {
    frame.remove();
    port.close();
    signal.removeEventListener("abort", stop);
  }
}

/**
 * @param {AbortSignal} signal
 * @returns {Promise<any>} each of FILES
 */
async function load(signal) {
  const rows = Object.entries(FILES).map(async ([name, [address, isText]]) => {
    const response = await fetch(new URL(String(address), import.meta.url), { signal });
    if (!response.ok) throw new Error(String(response.status));
    return [name, await (isText ? response.text() : response.arrayBuffer())];
  });
  return Object.fromEntries(await Promise.all(rows));
}

/** Python's memory as it was when Python was ready and no code had run: the next worker begins with a copy of it. */
class ReadyMemory {
  /** @type {Uint8Array<ArrayBuffer> | null} */
  #memory = null;
  #timer = 0;

  take() {
    this.#keep(this.#memory);
    return this.#memory;
  }

  /** @param {unknown} memory what the first worker says, before it runs anything */
  put(memory) {
    if (memory instanceof Uint8Array && memory.buffer instanceof ArrayBuffer && memory.length <= LARGEST_MEMORY)
      this.#keep(memory);
  }

  /** @param {any} memory */
  #keep(memory) {
    clearTimeout(this.#timer);
    this.#memory = memory;
    if (memory) this.#timer = setTimeout(() => (this.#memory = null), KEPT_FOR);
  }
}

const ready = new ReadyMemory();

/** What one run says, bounded. */
class Run {
  /**
   * @param {MessagePort} port
   * @param {{start: number, run: number}} limits
   * @param {(() => void) | undefined} onstart
   */
  constructor(port, limits, onstart) {
    this.limits = limits;
    this.onstart = onstart;
    this.text = "";
    this.left = 0;
    this.since = 0;
    /** @type {(ran: Ran) => void} */
    this.tell = () => {};
    /** @type {Promise<Ran>} */
    this.ended = new Promise((resolve) => (this.tell = resolve));
    this.timer = setTimeout(() => this.end({ why: "broken" }), limits.start);
    port.onmessage = ({ data }) => this.take(data);
  }

  /** @param {any} data what a stranger says */
  take(data) {
    const { kind } = data ?? {};
    if (kind === "memory" && !this.since) ready.put(data.memory);
    if (kind === "started" && !this.since) {
      clearTimeout(this.timer);
      this.timer = setTimeout(() => this.end({ why: "time" }), this.limits.run);
      this.since = performance.now();
      this.onstart?.();
    }
    if (kind === "text" && typeof data.text === "string") this.text += data.text.slice(0, MOST - this.text.length);
    if (kind === "text" && Number.isSafeInteger(data.left)) this.left = Math.max(this.left, data.left);
    if (kind === "broken") console.warn("Python broke off:", String(data.why).slice(0, 500));
    if (kind === "broken") this.end({ why: "broken" });
    if (kind === "done") this.end(done(data));
  }

  /** @param {Partial<Ran>} how */
  end(how) {
    clearTimeout(this.timer);
    const seconds = this.since ? (performance.now() - this.since) / 1000 : 0;
    this.tell({ ok: false, value: "", pictures: [], why: "", ...how, text: this.text, left: this.left, seconds });
  }
}

/**
 * @param {any} data what a stranger says
 * @returns {Partial<Ran>}
 */
function done({ ok, value, pictures }) {
  return {
    ok: ok === true,
    value: typeof value === "string" ? value.slice(0, LONGEST_VALUE) : "",
    pictures: (Array.isArray(pictures) ? pictures : [])
      .filter((each) => typeof each === "string" && each.length <= LARGEST_PICTURE && PICTURE.test(each))
      .slice(0, MOST_PICTURES),
  };
}
