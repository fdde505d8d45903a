// One turn over our own route: POST the turn, read frames as they come. No page elements enter here.

import { searchesOf, takeToolFrame, withDecisions } from "../tools/calls.js";
import { tellAccount } from "./account.js";
import { refusalOf, send, unreachable } from "./request.js";

// A page that goes cuts its own requests: that is no fault to keep, unless the browser brings the page back.
let leaving = false;
globalThis.addEventListener?.("pagehide", () => (leaving = true));
globalThis.addEventListener?.("pageshow", () => (leaving = false));
const back = () => new Promise((resolve) => addEventListener("pageshow", resolve, { once: true }));

const LAST = new Set(["done", "error", "plan"]);

/**
 * Asks at once, whenever the frames are read. Yields the frames of `live.py`. Aborting `signal` closes the connection,
 * and with it the upstream's. A stream that ends without a last frame throws Refused: the answer was cut.
 * @param {string} path below glm_ui/
 * @param {object} turn
 * @param {AbortSignal} signal
 */
export function streamTurn(path, turn, signal) {
  const answer = send(path, turn, signal);
  answer.catch(() => {}); // told to whoever reads the frames
  return framesOf(answer, signal);
}

/**
 * @param {Promise<Response>} answer
 * @param {AbortSignal} signal
 * @returns {AsyncGenerator<Wire.Frame>}
 */
async function* framesOf(answer, signal) {
  /** @type {Response} */
  let response;
  try {
    response = await answer;
  } catch (reason) {
    if (signal.aborted) throw reason;
    if (leaving) await back();
    throw unreachable();
  }
  if (!response.ok || !response.body) throw await refusalOf(response);
  let last = false;
  try {
    for await (const frame of eventsOf(response.body)) {
      last = LAST.has(frame.k);
      tellAccount(frame);
      yield frame;
    }
  } catch (reason) {
    if (signal.aborted) throw reason;
  }
  if (leaving) await back();
  if (!last && !signal.aborted) throw unreachable("The connection to GLM UI was cut.", "continue");
}

/**
 * Adds a frame to the conversation's node that its reply fills. `stood`: how many characters of the answer stood before,
 * where the reply goes on with it; they are no part of what the reply may take back.
 * @param {Page.ChatNode} node
 * @param {Wire.Frame} frame
 * @param {number | null} [stood]
 */
export function takeFrame(node, frame, stood = null) {
  if (frame.k === "take") takeBack(node, stood ?? 0);
  if (frame.t) node.thinking += frame.t;
  if (frame.a) node.text += frame.a;
  if (frame.metrics) node.metrics = frame.metrics;
  if (frame.calls) node.toolCalls = withDecisions(node.toolCalls, frame.calls);
  if (frame.thinking && frame.k !== "round") keepThinking(node, frame.thinking, stood !== null);
  if (frame.notes?.length) node.notes = frame.notes;
  if (frame.boxes) node.boxes = frame.boxes;
  takeToolFrame(node, frame);
  if (frame.k === "done") node.ending = frame.ending ?? null;
  if (frame.k === "error") node.ending = { kind: "error", error: frame.error };
}

/**
 * What goes back to the provider. Where the reply went on with an answer, only the searches of both do.
 * @param {Page.ChatNode} node
 * @param {Array<Page.Thought>} blocks
 * @param {boolean} wentOn
 */
function keepThinking(node, blocks, wentOn) {
  node.opaque = wentOn ? [...(node.opaque ?? []), ...searchesOf(blocks)] : blocks;
}

/**
 * What the answer has from `stood` on was thinking.
 * @param {Page.ChatNode} node
 * @param {number} stood
 */
function takeBack(node, stood) {
  [node.thinking, node.text] = [node.thinking + node.text.slice(stood), node.text.slice(0, stood)];
  if (node.cited) node.cited = node.cited.filter(({ at }) => at <= stood);
}

/**
 * @param {ReadableStream<Uint8Array<ArrayBuffer>>} body
 * @returns {AsyncGenerator<Wire.Frame>}
 */
async function* eventsOf(body) {
  const reader = body.getReader();
  const decoder = new TextDecoder();
  let held = "";
  try {
    for (;;) {
      const { value, done } = await reader.read();
      if (done) return;
      held += decoder.decode(value, { stream: true });
      let end;
      let start = 0;
      while ((end = held.indexOf("\n\n", start)) >= 0) {
        if (held.startsWith("data: ", start)) yield JSON.parse(held.slice(start + 6, end));
        start = end + 2;
      }
      held = held.slice(start);
    }
  } finally {
    reader.cancel().catch(() => {});
  }
}
