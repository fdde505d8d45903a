// Tool calls as a conversation keeps them: {id, name, arguments, key, server, title, state, result, seconds, why, pin,
// verdict, reason, pictures, progress}. Pure functions; no page, no network.
//
// state: "waiting" (for the person), "ready" (waits for the others of its round alone), "running", "done", "failed", "refused", "unknown"; none for a call that nobody ran.

import { addCitation } from "./citations.js";

/** @typedef {{thinking: string, text: string, toolCalls: Array<Page.ToolCall>, cited?: Array<Page.Cited>}} Reply */

/**
 * Adds a frame of a turn with tools to its node.
 * @param {Page.ChatNode} node
 * @param {Wire.Frame} frame
 */
export function takeToolFrame(node, frame) {
  if (frame.k === "call") {
    const calls = [...(node.toolCalls ?? [])];
    const { progress: _, why: __, ...before } = calls[frame.index] ?? {};
    calls[frame.index] = { ...before, ...frame.call };
    if (asksAgain(frame.call))
      for (const said of /** @type {const} */ (["verdict", "reason"])) delete calls[frame.index][said];
    calls[frame.index].seconds ??= before.seconds; // of a call that ran in the page
    node.toolCalls = calls;
  }
  if (frame.k === "sources") takeSources(node, frame.items);
  if (frame.k === "searched") node.searched = true;
  if (frame.k === "cite") addCitation(node, frame);
  if (frame.k === "round") beginRound(node, frame);
}

/**
 * What the person said of a call no longer holds: its tool is another one by now, or is away.
 * @param {Page.ToolCall} told
 */
const asksAgain = ({ state, why }) => state === "waiting" && Boolean(why) && why !== "browser";

/**
 * What a tool found has one number; what the provider's own search found is known by `ref` in the round that it came in.
 * @param {Page.ChatNode} node
 * @param {Array<Wire.CitedTold>} items
 */
function takeSources(node, items) {
  const known = (node.sources ??= []);
  const now = node.rounds?.length ?? 0;
  /** @param {Wire.CitedTold} item */
  const isKnown = ({ number, ref }) =>
    known.some((one) => one.number === number && (one.ref ?? 0) === ref && (!ref || one.round === now));
  for (const item of items) if (!isKnown(item)) known.push({ ...item, round: now });
}

/**
 * What came so far is a whole round: the node's own text, thinking and calls are those of the reply that begins.
 * @param {Page.ChatNode} node
 * @param {Wire.PastRoundTold} frame
 */
function beginRound(node, { thinking, seconds }) {
  const blocks = thinking?.length ? [...searchesOf(node.opaque), ...thinking] : blocksOf(node);
  const { text, cited, toolCalls: calls = [] } = node;
  node.rounds = [...(node.rounds ?? []), { thinking: blocks, text, calls, seconds, ...(cited?.length && { cited }) }];
  Object.assign(node, { text: "", thinking: "", toolCalls: [], opaque: [] });
  delete node.cited;
}

/**
 * @param {Page.ChatNode} node
 * @returns {Array<Page.Thought>}
 */
const blocksOf = ({ opaque, thinking }) => (opaque?.length ? opaque : thinking ? [{ text: thinking }] : []);

/**
 * The blocks with what a provider's search found, which its next request must have.
 * @param {Array<Page.Thought>} [blocks]
 */
export const searchesOf = (blocks = []) => blocks.filter(({ opaque }) => opaque?.searched);

/**
 * The thinking of a round as text.
 * @param {Page.Round} round
 */
export const thoughtOf = (round) =>
  (round.thinking ?? [])
    .map(({ text }) => text)
    .filter(Boolean)
    .join("\n\n");

/**
 * Every reply of a turn, from the first round to the one that ended it: {thinking, text, toolCalls}, as texts.
 * @param {Page.ChatNode} node
 * @returns {Array<Reply>}
 */
export const repliesOf = (node) => [
  ...(node.rounds ?? []).map((round) => ({
    thinking: thoughtOf(round),
    text: round.text ?? "",
    toolCalls: round.calls ?? [],
    cited: round.cited,
  })),
  { thinking: node.thinking ?? "", text: node.text, toolCalls: node.toolCalls ?? [], cited: node.cited },
];

/**
 * All that was said in a turn, results of tools and titles of sources among it: what is searched.
 * @param {Page.ChatNode} node
 */
export const wordsOf = (node) => [
  ...repliesOf(node).flatMap(({ text, thinking, toolCalls }) => [
    text,
    thinking,
    ...toolCalls.map(({ result }) => result),
  ]),
  ...(node.sources ?? []).map(({ title }) => title),
];

/**
 * Calls that a turn can go on with: some are decided, began, or wait, and the model has not read a result.
 * @param {Page.ChatNode} node
 */
export const openCalls = (node) => (node.toolCalls ?? []).filter(({ key, state }) => key && state);
/** @param {Page.ChatNode} node */
export const isWaiting = (node) =>
  openCalls(node).some(({ state, verdict, why }) => state === "waiting" && !verdict && why !== "browser");

/**
 * What the person said of a call. `allow`: also for the rest of the conversation.
 * @param {Page.Conversation} conversation
 * @param {Page.ChatNode} node
 * @param {number} index
 * @param {{verdict: Wire.Call["verdict"], reason?: string, always?: boolean}} said
 */
export function decide(conversation, node, index, { verdict, reason = "", always = false }) {
  const call = node.toolCalls[index];
  Object.assign(call, { verdict, reason });
  if (always && call.tool) conversation.allowed = [...new Set([...(conversation.allowed ?? []), call.tool])];
}

/**
 * Before a turn goes on: what may run counts as begun from now on, so that no reload runs it twice.
 * @param {Page.ChatNode} node
 */
export function beginDecided(node) {
  for (const call of openCalls(node))
    if (call.state === "ready" || (call.verdict === "once" && call.state === "waiting")) call.state = "running";
}

/**
 * The calls as a frame lists them: what was decided about one of them stays.
 * @param {Array<Page.ToolCall>} [before]
 * @param {Array<Page.ToolCall>} [told]
 */
export const withDecisions = (before = [], told = []) =>
  told.map((call, i) => (isSameCall(before[i], call) ? { ...before[i], ...call } : call));

/**
 * @param {Page.ToolCall | undefined} one
 * @param {Page.ToolCall} other
 */
const isSameCall = (one, other) =>
  one?.key !== undefined &&
  (other.key ?? one.key) === one.key &&
  one.id === other.id &&
  one.name === other.name &&
  one.arguments === other.arguments;

/**
 * The calls of a turn that has ended: those that it was to go on with, and that never began, are as they were.
 * @param {Array<Page.ToolCall>} [calls]
 * @param {Array<Page.ToolCall>} [before] as they were when it went on
 * @param {Set<number>} [began] indices of those that began
 */
export const withoutBegun = (calls = [], before = [], began = new Set()) =>
  calls.map((call, i) =>
    call.state === "running" && before[i]?.state !== "running" && !began.has(i) ? (before[i] ?? call) : call,
  );

/**
 * A call as `turn.py` reads it. One that began and has no result says so: it never runs again.
 * @param {Page.ToolCall} call
 * @returns {Wire.Call}
 */
export function callOut({ id, name, arguments: given, result, state, key, verdict, reason, pin, inline, ...rest }) {
  const began = result === undefined && state === "running";
  return {
    id,
    name,
    arguments: given,
    ...(result !== undefined && result !== null && { result, failed: Boolean(state) && state !== "done" }),
    ...(key && { key }),
    ...((began || verdict) && { verdict: began ? "began" : verdict }),
    ...(reason && { reason }),
    ...(pin && { pin }),
    ...(inline && { inline }),
    ...(rest.why === "browser" && rest.pictures?.length && { pictures: rest.pictures }),
  };
}

/**
 * A node's rounds as `turn.py` reads them.
 * @param {Pick<Page.ChatNode, "rounds">} node
 */
export const roundsOut = ({ rounds = [] }) =>
  rounds.map(({ thinking = [], text = "", calls = [] }) => ({
    thinking,
    text,
    calls: calls.map((call) => callOut(call)),
  }));

/**
 * What a conversation offers, and what the person lets run in it.
 * @param {Page.Conversation} conversation
 */
export const toolsOut = ({ tools = [], allowed = [] }) => (tools.length ? { tools, allowed } : {});
