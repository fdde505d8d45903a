// One reply on its way: its frames into its node of the conversation and into its view, until it ends, however it does.
// Adds no node and keeps nothing.

import { Refused } from "../server/request.js";
import { streamTurn, takeFrame } from "../server/stream.js";
import { beginDecided, withoutBegun } from "../tools/calls.js";
import { runHere, runsByItself } from "../tools/in_browser.js";
import { added } from "./metrics.js";

/** Frames after which the conversation is kept. */
const KEPT = new Set(["d", "take", "call", "round", "sources", "searched", "cite"]);

export class Reply {
  #abort = new AbortController();
  /** How many characters of the answer stood before; null where the reply does not go on with it. */
  #stood;
  #before;
  #resumed;
  /**
   * The calls that the turn goes on with, as they were; empty once it has left them behind.
   * @type {Array<Page.ToolCall>}
   */
  #decided;
  /**
   * Which of them began.
   * @type {Set<number>}
   */
  #began = new Set();

  /**
   * `goesOn`: the answer that stands in `node` is gone on with; `resumes`: the tool calls in it are, as this copy has
   * them.
   * @param {Page.ChatNode} node
   * @param {{goesOn?: boolean, resumes?: Page.ChatNode | null}} [how]
   */
  constructor(node, { goesOn = false, resumes = null } = {}) {
    const resumed = Boolean(resumes);
    this.node = node;
    this.#decided = resumes?.toolCalls ?? [];
    this.#stood = goesOn ? node.text.length : null;
    this.#before = goesOn || resumed ? node.metrics : null;
    this.#resumed = resumed;
  }

  stop() {
    this.#abort.abort();
  }

  /**
   * Asks at once; gives the frames to be read.
   * @param {"chat" | "replay"} path
   * @param {Wire.Turn | Page.TurnFile} turn
   */
  ask(path, turn) {
    const { id = null, model = null, provider = null } = turn;
    Object.assign(this.node, { ending: { kind: "running" }, model, provider, turn: id });
    return streamTurn(path, turn, this.#abort.signal);
  }

  /**
   * Reads the frames to their end. Throws what went wrong.
   * @param {AsyncIterable<Wire.Frame>} frames
   * @param {Page.LiveView} view
   * @param {() => void} keep
   */
  async read(frames, view, keep) {
    for await (const frame of frames) {
      if (frame.metrics) frame.metrics = added(this.#before, frame.metrics);
      if (frame.k === "call") this.#began.add(frame.index);
      if (frame.k === "call" && ["waiting", "ready"].includes(frame.call.state ?? "")) this.#began.delete(frame.index);
      if (frame.k === "done" || frame.k === "error") this.#takeBack();
      if (frame.k === "round") {
        this.#resumed = false;
        this.#decided = [];
        if (this.#stood !== null) this.#stood = 0;
      } else if (this.#resumed) delete frame.thinking; // that of the calls came with the turn that asked
      takeFrame(this.node, frame, this.#stood);
      view.frame(frame);
      if (KEPT.has(frame.k)) keep();
    }
  }

  /**
   * Runs the calls that run in the browser, where the reply waits for nothing else. Gives the node as the turn goes on
   * with it; null where nothing runs here, or after Stop.
   * @param {Page.LiveView} view
   * @param {Wire.Words} words
   * @param {() => Promise<unknown>} keep
   */
  async runHere(view, words, keep) {
    const { node } = this;
    const { signal } = this.#abort;
    if (node.ending?.kind !== "waiting" || !runsByItself(node)) return null;
    node.ending = { kind: "running" };
    await runHere(node, { signal, words: words.tools.python, draw: () => view.drawCalls(), keep });
    view.finish();
    if (signal.aborted) return null;
    const fresh = structuredClone(node);
    beginDecided(node);
    await keep();
    if (!signal.aborted) return fresh;
    node.toolCalls = fresh.toolCalls;
    return null;
  }

  /**
   * How the reply ended for `reason`, where it did not say so itself.
   * @param {unknown} reason
   * @param {Wire.Words} words
   */
  failed(reason, words) {
    if (reason instanceof Refused && reason.fromServer) this.#takeBack();
    this.node.ending = this.#abort.signal.aborted
      ? { kind: "stopped" }
      : { kind: "error", error: reason instanceof Refused ? reason.error : ours(reason, words) };
  }

  /** What never began did not begin: the server says so with the turn's end, or with an answer that it takes no turn. */
  #takeBack() {
    if (this.#decided.length) this.node.toolCalls = withoutBegun(this.node.toolCalls, this.#decided, this.#began);
  }

  /** No frame comes any more. */
  ended() {
    if (this.node.ending?.kind === "running") this.node.ending = { kind: "stopped" };
  }
}

/**
 * A fault of this page.
 * @param {unknown} reason
 * @param {Wire.Words} words
 * @returns {Page.Problem}
 */
const ours = (reason, words) => ({
  slug: "page",
  what: words.page_failed,
  why: reason instanceof Error ? reason.message : "",
  todo: words.page_failed_todo,
  way_out: "retry",
});

/** @param {Page.ChatNode} node */
export const failedWithNothing = (node) =>
  node.role === "assistant" &&
  node.ending?.kind === "error" &&
  !node.text &&
  !node.thinking &&
  !node.rounds?.length &&
  !node.toolCalls?.length;

/**
 * What is said aloud when a reply is over. Of one that failed the chip says it, which is an alert.
 * @param {Page.ChatNode} node
 * @param {Wire.Words} words
 */
export function lastWord({ ending }, words) {
  if (ending?.kind === "error") return "";
  if (ending?.kind === "stopped") return words.endings.stopped.what;
  return ending?.kind === "waiting" ? words.tools.waits : words.finished;
}
