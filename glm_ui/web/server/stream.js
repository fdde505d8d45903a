// Turns over our own routes: POST the turn, read frames as they come. No page elements enter here.

import { searchesOf, takeToolFrame, withDecisions } from "../tools/calls.js";
import { tellAccount } from "./account.js";
import { eventsOf, isLast } from "./events.js";
import { followed } from "./followed.js";
import { Refused, refusalOf, send, unreachable } from "./request.js";

// A page that goes cuts its own requests: that is no fault to keep, unless the browser brings the page back.
let leaving = false;
globalThis.addEventListener?.("pagehide", () => (leaving = true));
globalThis.addEventListener?.("pageshow", () => (leaving = false));
const back = () => new Promise((resolve) => addEventListener("pageshow", resolve, { once: true }));

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
  let last = false;
  for await (const [, frame] of numberedOf(answer, signal)) {
    last = isLast(frame);
    yield frame;
  }
  if (!last && !signal.aborted) throw unreachable("The connection to GLM UI was cut.", "continue");
}

/**
 * The frames of one answer with their numbers, to its end or to where it is cut. Throws what `signal` was aborted with,
 * and Refused where there was no answer.
 * @param {Promise<Response>} answer
 * @param {AbortSignal} signal
 * @returns {AsyncGenerator<[number, Wire.Frame]>}
 */
async function* numberedOf(answer, signal) {
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
  try {
    for await (const { number, frame } of eventsOf(response.body)) {
      tellAccount(frame);
      yield [number, frame];
    }
  } catch (reason) {
    if (signal.aborted) throw reason;
  }
  if (leaving) await back();
}

/**
 * As `streamTurn`, of a turn that goes on whatever becomes of its connection: each frame with its number. Aborting `own`
 * leaves the connection that it was asked over for the one that all turns share; aborting `signal` stops to read.
 * @param {Wire.Turn & {lasts: string}} turn
 * @param {{signal: AbortSignal, own: AbortSignal}} how
 */
export function lastingTurn(turn, { signal, own }) {
  const connection = new AbortController();
  const cut = () => connection.abort();
  signal.addEventListener("abort", cut);
  const answer = send("chat", turn, connection.signal);
  const arrived = () => (own.aborted ? cut() : own.addEventListener("abort", cut)); // before that nobody has the question
  answer.then(arrived, () => {});
  return lastingFrames(turn.lasts, answer, { signal, connection: connection.signal });
}

/**
 * @param {string} id
 * @param {Promise<Response>} answer
 * @param {{signal: AbortSignal, connection: AbortSignal}} how
 * @returns {AsyncGenerator<[number, Wire.Frame]>}
 */
async function* lastingFrames(id, answer, { signal, connection }) {
  let after = 0;
  let patient = true;
  try {
    for await (const numbered of numberedOf(answer, connection)) {
      after = numbered[0];
      yield numbered;
      if (isLast(numbered[1])) return;
    }
  } catch (reason) {
    if (signal.aborted) throw reason;
    if (reason instanceof Refused && !reason.unreachable) throw reason;
    patient = !(reason instanceof Refused); // who never had an answer asks once whether the question has arrived
  }
  yield* followed.join(id, after, { signal, patient });
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
  if (frame.k === "done" || frame.k === "ended") node.ending = frame.ending ?? null;
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
