// One reply on its way: its frames into its node of the conversation and into its view, until it ends, however it does.
// It goes on while its conversation is not shown, and after a reload. Adds no node and keeps nothing.

import { newNode } from "../conversations/conversation.js";
import { newId } from "../parts/id.js";
import { followed } from "../server/followed.js";
import { visitor } from "../server/identity.js";
import { Refused, tell } from "../server/request.js";
import { lastingTurn, streamTurn, takeFrame } from "../server/stream.js";
import { beginDecided, withoutBegun } from "../tools/calls.js";
import { runHere, runsByItself } from "../tools/in_browser.js";
import { added } from "./metrics.js";

/** Frames after which the conversation is kept. */
const KEPT = new Set(["d", "take", "call", "round", "sources", "searched", "cite", "all"]);
/** Fields of a node that a reply fills. */
const FILLED = /** @type {const} */ ([
  ...["text", "thinking", "opaque", "toolCalls", "rounds", "sources", "cited", "searched", "boxes", "notes", "metrics"],
]);

export class Reply {
  #abort = new AbortController();
  /** Aborted when the connection that the turn was asked over is given back. */
  #own = new AbortController();
  /** @type {Page.LiveView | null} */
  view = null;
  /**
   * Draws the reply in a second place too, with all that has come.
   * @type {(() => Page.LiveView) | null}
   */
  #drawBeside = null;
  /** @type {Page.LiveView | null} */
  #beside = null;
  #isOver = false;
  /**
   * What it waits for, as the last frame said.
   * @type {Wire.Frame | null}
   */
  #waits = null;
  /**
   * Makes a view of all that has come.
   * @type {() => void}
   */
  ondraw = () => {};

  /**
   * `goesOn`: the answer that stands in `node` is gone on with; `resumes`: the tool calls in it are, as this copy has
   * them; `found`: it was asked for before the page was loaded, and `node.coming` says how.
   * @param {Page.Conversation} conversation
   * @param {Page.ChatNode} node
   * @param {{goesOn?: boolean, resumes?: Page.ChatNode | null, found?: boolean}} [how]
   */
  constructor(conversation, node, { goesOn = false, resumes = null, found = false } = {}) {
    this.conversation = conversation;
    this.node = node;
    this.found = found;
    if (found) return;
    const before = goesOn || resumes ? filled(resumes ?? node) : null;
    node.coming = { frame: 0, goesOn, resumed: Boolean(resumes), before };
  }

  stop() {
    const { lasts } = this.coming;
    this.#abort.abort();
    if (lasts) stopTurn(lasts);
  }

  get coming() {
    return (this.node.coming ??= { frame: 0, goesOn: false, resumed: false, before: null });
  }

  /**
   * Asks at once; gives the frames to be read, each with its number. A turn that lasts is found again after a reload.
   * @param {"chat" | "replay"} path
   * @param {Wire.Turn | Page.TurnFile} turn
   * @param {boolean} [isLasting]
   * @returns {AsyncIterable<[number, Wire.Frame]>}
   */
  ask(path, turn, isLasting = path === "chat") {
    const { id = null, model = null, provider = null } = turn;
    Object.assign(this.node, { ending: { kind: "running" }, model, provider, turn: id });
    if (!isLasting) return withoutNumbers(streamTurn(path, turn, this.#abort.signal));
    const lasts = newId();
    this.coming.lasts = lasts;
    const lasting = /** @type {Wire.Turn & {lasts: string}} */ ({ ...turn, visitor: visitor(), lasts });
    return lastingTurn(lasting, { signal: this.#abort.signal, own: this.#own.signal });
  }

  /** The frames of a turn that was asked before the page was loaded. */
  follow() {
    return followed.join(this.coming.lasts ?? "", this.coming.frame, { signal: this.#abort.signal });
  }

  /**
   * Draws into `view` from now on; a reply that has ended just now draws its end.
   * @param {Page.LiveView} view
   */
  attach(view) {
    this.view = this.#brought(view);
  }

  /** @param {Page.LiveView} view */
  #brought(view) {
    view.drawCalls();
    if (this.#waits) view.frame(this.#waits);
    if (this.#isOver) view.finish();
    return view;
  }

  /** @param {(() => Page.LiveView) | null} draw what draws the reply in a second place, until null is given */
  showBeside(draw) {
    this.#drawBeside = draw;
    this.#beside?.leave();
    this.#beside = draw && this.#brought(draw());
  }

  get #views() {
    return [this.view, this.#beside];
  }

  /** Its conversation is not shown any more. The reply goes on. */
  detach() {
    this.view?.leave();
    this.view = null;
    this.#own.abort();
  }

  /**
   * Reads the frames to their end. Throws what went wrong.
   * @param {AsyncIterable<[number, Wire.Frame]>} frames
   * @param {() => void} keep
   */
  async read(frames, keep) {
    for await (const [number, frame] of frames) {
      if (frame.k === "all") this.#takeAll(frame.frames);
      else {
        this.#take(frame);
        for (const view of this.#views) view?.frame(frame);
      }
      this.coming.frame = number;
      if (KEPT.has(frame.k)) keep();
    }
  }

  /**
   * Begins anew: what came before stands in these frames once more.
   * @param {Array<any>} frames
   */
  #takeAll(frames) {
    const { coming, node } = this;
    Object.assign(node, structuredClone(coming.before ?? filled(newNode({}))));
    if (coming.resumed) beginDecided(node);
    delete coming.round;
    delete coming.began;
    for (const frame of frames) this.#take(frame);
    this.ondraw();
    if (this.#drawBeside) this.showBeside(this.#drawBeside);
  }

  /** @param {Wire.Frame} frame */
  #take(frame) {
    const { coming } = this;
    if (frame.metrics) frame.metrics = added(coming.before?.metrics ?? null, frame.metrics);
    if (frame.k === "call") noteBegun(coming, frame);
    if (frame.k === "done" || frame.k === "error") this.#takeBack();
    if (frame.k === "round") coming.round = true;
    else if (coming.resumed && !coming.round) delete frame.thinking; // that of the calls came with the turn that asked
    if (frame.k !== "m") this.#waits = ["wait", "retry", "files"].includes(frame.k) ? frame : null;
    takeFrame(this.node, frame, stoodOf(coming));
  }

  /**
   * Runs the calls that run in the browser, where the reply waits for nothing else. Gives the node as the turn goes on
   * with it; null where nothing runs here, or after Stop.
   * @param {Wire.Words} words
   * @param {() => Promise<unknown>} keep
   */
  async runHere(words, keep) {
    const { node } = this;
    const { signal } = this.#abort;
    if (node.ending?.kind !== "waiting" || !runsByItself(node)) return null;
    node.ending = { kind: "running" };
    delete this.coming.lasts; // the turn that asked has ended: after a reload there is nothing to follow
    await runHere(node, {
      signal,
      words: words.tools.python,
      draw: () => this.#views.forEach((view) => view?.drawCalls()),
      keep,
    });
    for (const view of this.#views) view?.finish();
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
    if (reason instanceof Refused && reason.fromServer && !this.coming.frame) this.#takeBack();
    this.node.ending = this.#abort.signal.aborted
      ? { kind: "stopped" }
      : { kind: "error", error: reason instanceof Refused ? reason.error : ours(reason, words) };
  }

  /** What never began did not begin: the server says so with the turn's end, or with an answer that it takes no turn. */
  #takeBack() {
    const { resumed, round, before, began } = this.coming;
    if (resumed && !round) this.node.toolCalls = withoutBegun(this.node.toolCalls, before?.toolCalls, new Set(began));
  }

  /** No frame comes any more. */
  ended() {
    if (this.node.ending?.kind === "running") this.node.ending = { kind: "stopped" };
    delete this.node.coming;
    this.#isOver = true;
    for (const view of this.#views) view?.finish();
  }
}

/**
 * Ends a turn that goes on by itself, whichever page reads it.
 * @param {string} turn the name that it lasts under
 */
export const stopTurn = (turn) => tell("stop", { visitor: visitor(), turn });

/**
 * How many characters of the answer stood before the round that comes; null where the reply does not go on with it.
 * @param {Page.Coming} coming
 */
const stoodOf = ({ goesOn, round, before }) => (goesOn ? (round ? 0 : (before?.text?.length ?? 0)) : null);

/**
 * Keeps which of the calls that a turn goes on with have begun: one that waits again has not.
 * @param {Page.Coming} coming
 * @param {Wire.Frame} frame
 */
function noteBegun(coming, { index, call }) {
  if (!call || index === undefined) return;
  const others = (coming.began ?? []).filter((each) => each !== index);
  coming.began = ["waiting", "ready"].includes(call.state ?? "") ? others : [...others, index];
}

/**
 * A copy of what a reply has filled.
 * @param {Page.ChatNode} node
 * @returns {Partial<Page.ChatNode>}
 */
const filled = (node) => structuredClone(Object.fromEntries(FILLED.map((name) => [name, node[name]])));

/**
 * @param {AsyncIterable<Wire.Frame>} frames
 * @returns {AsyncGenerator<[number, Wire.Frame]>}
 */
async function* withoutNumbers(frames) {
  for await (const frame of frames) yield [0, frame];
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

/**
 * What a conversation says in the list of a reply that ended while another was looked at.
 * @param {Page.ChatNode} node
 * @returns {Page.News}
 */
export const newsOf = ({ ending }) =>
  ending?.kind === "error" ? "failed" : ending?.kind === "waiting" ? "waiting" : "done";
