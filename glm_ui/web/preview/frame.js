// In the sandboxed frame: holds a second frame with the model's page, and passes on what that says, bounded. The second frame
// can go nowhere, because this one's policy has `frame-src 'none'`.

const MOST_LINES = 300;
const LONGEST_LINE = 4000;
/** Milliseconds: how often lines are passed on, and how long a page may take to load before it is shown as it is. */
const PASSED_ON = 100;
const LOADED_WITHIN = 1500;

/**
 * What is posted to `port` is of a stranger: lines of the console, where the page is scrolled to, that it is drawn.
 * @param {{note?: string, title?: string}} about of a tab of its own: what is said above the page
 * @param {MessagePort} port
 */
export function start({ note, title }, port) {
  /** @type {HTMLIFrameElement | null} */
  let shown = null;
  /** @type {HTMLIFrameElement | null} */
  let coming = null;
  const lines = new Lines(port);
  document.body.style.cssText = "margin:0;height:100vh;display:flex;flex-direction:column;overflow:hidden";
  if (title) document.title = title;
  if (note) document.body.append(strip(note));
  const place = document.createElement("div");
  place.style.cssText = "position:relative;flex:1;min-height:0";
  document.body.append(place);

  /** @param {HTMLIFrameElement} frame */
  const swap = (frame) => {
    if (coming !== frame) return;
    shown?.remove();
    [shown, coming] = [frame, null];
    frame.style.visibility = "visible";
    port.postMessage({ kind: "drawn" });
  };

  /** @param {string} html */
  const draw = (html) => {
    coming?.remove();
    const frame = document.createElement("iframe");
    frame.setAttribute("sandbox", "allow-scripts allow-forms");
    frame.referrerPolicy = "no-referrer";
    frame.style.cssText = "position:absolute;inset:0;width:100%;height:100%;border:0;background:#fff";
    if (shown) frame.style.visibility = "hidden";
    frame.srcdoc = html;
    coming = frame;
    lines.clear();
    frame.onload = () => swap(frame);
    setTimeout(() => swap(frame), LOADED_WITHIN);
    place.append(frame);
  };

  addEventListener("message", ({ source, data }) => {
    const from = (coming ?? shown)?.contentWindow;
    if (source !== from || !data || typeof data !== "object") return;
    if (data.kind === "line") lines.add(data);
    if (data.kind === "scroll") port.postMessage({ kind: "scroll", x: Number(data.x) || 0, y: Number(data.y) || 0 });
  });
  port.onmessage = ({ data }) => {
    if (data.kind === "draw") draw(data.html);
    if (data.kind === "ping") port.postMessage({ kind: "pong" });
  };
  port.postMessage({ kind: "ready" });
}

/** @param {string} note */
function strip(note) {
  const made = document.createElement("p");
  made.textContent = note;
  made.style.cssText =
    "flex:none;margin:0;padding:6px 12px;font:13px/1.5 system-ui,sans-serif;color:#3c3f47;background:#f0f1f5;" +
    "border-bottom:1px solid #d9dbe2";
  return made;
}

/** Lines of the console, in batches. */
class Lines {
  /** @type {Array<{level: string, text: string}>} */
  #waiting = [];
  #count = 0;
  #left = 0;
  #due = false;

  /** @param {MessagePort} port */
  constructor(port) {
    this.port = port;
  }

  clear() {
    this.#waiting = [];
    this.#count = this.#left = 0;
    this.port.postMessage({ kind: "clear" });
  }

  /** @param {{level?: unknown, text?: unknown}} line */
  add({ level, text }) {
    if (this.#count < MOST_LINES)
      this.#waiting.push({ level: String(level).slice(0, 10), text: String(text).slice(0, LONGEST_LINE) });
    else this.#left += 1;
    this.#count += 1;
    if (this.#due) return;
    this.#due = true;
    setTimeout(() => this.#pass(), PASSED_ON);
  }

  #pass() {
    this.#due = false;
    this.port.postMessage({ kind: "lines", lines: this.#waiting, left: this.#left });
    this.#waiting = [];
  }
}
