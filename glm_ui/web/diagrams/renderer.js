// Text of a diagram in, SVG out: one sandboxed frame of no origin holds Mermaid, one diagram at a time is drawn there, and what
// comes from there is a stranger's word. A frame that does not answer is taken away, and the next diagram gets a new one.

import { coloursOf, themeOf } from "./theme.js";

const FRAME = new URL("../preview/frame.html", import.meta.url).href;
const LIBRARY = new URL("../vendor/mermaid/mermaid.min.js", import.meta.url).href;
/** Milliseconds. */
const START_WITHIN = 60_000;
const DRAW_WITHIN = 10_000;
const LONGEST = 50_000;
const LARGEST = 4 * 2 ** 20;

/** @typedef {{svg?: string, why?: string}} Drawing `why` it could not be drawn; "" where nothing was said */

/** @type {Promise<{frame: HTMLIFrameElement, port: MessagePort}> | null} */
let living = null;
/** @type {Promise<unknown>} */
let last = Promise.resolve();
let id = 0;

/**
 * @param {string} text
 * @param {boolean} dark
 * @returns {Promise<Drawing>}
 */
export function render(text, dark) {
  const drawing = last.then(() => draw(text, dark));
  last = drawing;
  return drawing;
}

/**
 * @param {string} text
 * @param {boolean} dark
 * @returns {Promise<Drawing>}
 */
async function draw(text, dark) {
  if (text.length > LONGEST) return { why: "" };
  try {
    const { port } = await (living ??= open());
    const mine = ++id;
    const theme = themeOf(coloursOf(dark), dark);
    const said = await answer(port, (data) => data?.id === mine, DRAW_WITHIN, { id: mine, text, theme });
    if (typeof said.svg === "string" && said.svg.length <= LARGEST) return { svg: said.svg };
    return {
      why: String(said.why ?? "")
        .split("\n", 1)[0]
        .slice(0, 300),
    };
  } catch {
    const gone = living;
    living = null;
    void gone?.then(({ frame, port }) => (frame.remove(), port.close())).catch(() => undefined);
    return { why: "" };
  }
}

/**
 * The next message that fits.
 * @param {MessagePort} port
 * @param {(data: any) => boolean} fits
 * @param {number} within milliseconds
 * @param {object} [asked]
 * @returns {Promise<any>}
 */
const answer = (port, fits, within, asked) =>
  new Promise((done, fail) => {
    const late = setTimeout(() => fail(new Error("late")), within);
    port.onmessage = ({ data }) => {
      if (!fits(data)) return;
      clearTimeout(late);
      done(data);
    };
    if (asked) port.postMessage(asked);
  });

async function open() {
  const [script, library] = await Promise.all([new URL("./frame.js", import.meta.url).href, LIBRARY].map(read));
  const frame = document.createElement("iframe");
  Object.assign(frame, { src: FRAME, referrerPolicy: "no-referrer", inert: true, tabIndex: -1 });
  frame.setAttribute("sandbox", "allow-scripts");
  frame.setAttribute("aria-hidden", "true");
  // It needs a size: letters are measured there.
  frame.style.cssText = "position:fixed;left:-2000px;top:0;width:1000px;height:800px;border:0;visibility:hidden";
  const { port1, port2 } = new MessageChannel();
  const hand = () => frame.contentWindow?.postMessage({ script, library }, "*", [port2]);
  frame.addEventListener("load", hand, { once: true });
  document.body.append(frame);
  await answer(port1, (data) => data?.ready === true, START_WITHIN);
  return { frame, port: port1 };
}

/** @param {string} address */
async function read(address) {
  const response = await fetch(address);
  if (!response.ok) throw new Error(String(response.status));
  return response.text();
}
