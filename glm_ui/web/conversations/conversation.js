// A conversation as a plain record: a tree of nodes and which branch is shown. Pure functions on it, which change the
// record they are given. No storage, no page and no network must enter here.
//
// {v, id, tab, title, titleByHand, createdAt, updatedAt, pinned, settings, rev, gone: [node id],
//  nodes: [{id, parent|null, role, text, thinking, opaque, toolCalls, files, model, provider, usage, timings, metrics,
//           ending, createdAt}],
//  selected: {[parent id or ""]: child id}}            times in ms since 1970; ending is {kind, …}

import { newId } from "../parts/id.js";

export const VERSION = 1;
const TITLE_LENGTH = 60;

/**
 * @param {{tab?: string, settings?: Page.Settings}} [options]
 * @returns {Page.Conversation}
 */
export function newConversation({ tab = "chat", settings = {} } = {}) {
  const now = Date.now();
  return {
    v: VERSION,
    id: newId(),
    tab,
    title: "",
    titleByHand: false,
    createdAt: now,
    updatedAt: now,
    pinned: false,
    settings,
    nodes: [],
    selected: {},
    gone: [],
    rev: 0,
  };
}

/**
 * Adds a node below `parent` (null: at the root) and shows it. Returns the node.
 * @param {Page.Conversation} conversation
 * @param {Partial<Page.ChatNode>} fields
 * @returns {Page.ChatNode}
 */
export function addNode(conversation, fields) {
  const node = newNode(fields);
  conversation.nodes.push(node);
  conversation.selected[node.parent ?? ""] = node.id;
  return (touch(conversation), node);
}

/**
 * A node that stands in no conversation.
 * @param {Partial<Page.ChatNode>} fields
 * @returns {Page.ChatNode}
 */
export function newNode(fields) {
  return {
    id: newId(),
    parent: null,
    role: "user",
    text: "",
    thinking: "",
    opaque: [],
    toolCalls: [],
    files: [],
    model: null,
    provider: null,
    usage: null,
    timings: null,
    metrics: null,
    ending: null,
    createdAt: Date.now(),
    ...fields,
  };
}

/**
 * The nodes that are shown, from the first: at each fork the selected one, else the newest.
 * @param {Page.Conversation} conversation
 * @returns {Array<Page.ChatNode>}
 */
export function path(conversation) {
  const children = byParent(conversation);
  /** @type {Array<Page.ChatNode>} */
  const shown = [];
  let choices = children.get("");
  for (let parent = ""; choices; choices = children.get(parent)) {
    const chosen = choices.find(({ id }) => id === conversation.selected[parent]) ?? choices[choices.length - 1];
    shown.push(chosen);
    parent = chosen.id;
    if (shown.length > conversation.nodes.length) break;
  }
  return shown;
}

/**
 * The nodes from the first to this one, whichever are shown.
 * @param {Page.Conversation} conversation
 * @param {string | null} id
 * @returns {Array<Page.ChatNode>}
 */
export function lineTo(conversation, id) {
  const nodes = byId(conversation);
  /** @type {Array<Page.ChatNode>} */
  const line = [];
  for (let at = nodes.get(id ?? ""); at; at = nodes.get(at.parent ?? "")) {
    line.push(at);
    nodes.delete(at.id); // a file's nodes may stand in a ring
  }
  return line.reverse();
}

/**
 * Tells the versions beside a node, itself among them: {index, count, ids}, oldest first.
 * @param {Page.Conversation} conversation
 * @returns {(node: Page.ChatNode) => Page.Siblings}
 */
export function siblingsIn(conversation) {
  const children = byParent(conversation);
  return ({ id, parent }) => {
    const ids = (children.get(parent ?? "") ?? []).map((each) => each.id);
    return { index: ids.indexOf(id), count: ids.length, ids };
  };
}

/**
 * Shows the branch that goes through this node.
 * @param {Page.Conversation} conversation
 * @param {string} nodeId
 */
export function select(conversation, nodeId) {
  const nodes = byId(conversation);
  for (let node = nodes.get(nodeId); node; node = nodes.get(node.parent ?? "")) {
    conversation.selected[node.parent ?? ""] = node.id;
    nodes.delete(node.id); // a file's nodes may stand in a ring
  }
  return touch(conversation);
}

/**
 * Takes a node and all below it away; the version before it, if any, is shown instead.
 * @param {Page.Conversation} conversation
 * @param {string} nodeId
 */
export function removeFrom(conversation, nodeId) {
  const node = conversation.nodes.find(({ id }) => id === nodeId);
  if (!node) return conversation;
  const { ids, index } = siblingsIn(conversation)(node);
  const children = byParent(conversation);
  const out = new Set([nodeId]);
  for (const parent of out) for (const { id } of children.get(parent) ?? []) out.add(id);
  conversation.nodes = conversation.nodes.filter(({ id }) => !out.has(id));
  conversation.gone = [...(conversation.gone ?? []), ...out];
  for (const id of out) delete conversation.selected[id];
  if (conversation.selected[node.parent ?? ""] === nodeId) {
    const next = ids[index - 1] ?? ids[index + 1];
    if (next) conversation.selected[node.parent ?? ""] = next;
    else delete conversation.selected[node.parent ?? ""];
  }
  return touch(conversation);
}

/**
 * A title from the first words that were asked: one line without Markdown's marks.
 * @param {string} text
 */
export function titleFrom(text) {
  const line =
    text
      .split("\n")
      .map((each) =>
        each
          .replace(/^[\s#>*+-]+|[*_`]+/g, "")
          .replace(/\s+/g, " ")
          .trim(),
      )
      .find(Boolean) ?? "";
  const letters = [...line];
  if (letters.length <= TITLE_LENGTH) return line;
  const cut = letters.slice(0, TITLE_LENGTH - 1).join("");
  return `${cut.replace(/\s+\S{0,12}$/, "")}…`;
}

/** @param {Page.ChatNode} node */
const isAnswered = ({ role, ending, text, rounds, toolCalls }) =>
  role === "assistant" && ending?.kind !== "error" && Boolean(text || rounds?.length || toolCalls?.length);

/**
 * Gives a conversation the title of its first question, until that has been answered or a person gave it another.
 * @param {Page.Conversation} conversation
 * @param {Page.ChatNode} question that is asked now
 */
export function titleByQuestion(conversation, { parent, text, files }) {
  const { nodes, titleByHand } = conversation;
  if (parent === null && !titleByHand && !nodes.some(isAnswered))
    conversation.title = titleFrom(text || (files?.[0]?.name ?? ""));
}

/**
 * id -> node as JSON: what nodes looked like when they were last read or written, to tell who changed one since.
 * @param {Page.Conversation} conversation
 * @returns {Page.Looks}
 */
export const looksOf = ({ nodes }) => new Map(nodes.map((node) => [node.id, JSON.stringify(node)]));

/**
 * Makes `mine` what another tab saved. A node of both stays the same object. Returns the ids of those that changed.
 * @param {Page.Conversation} mine
 * @param {Page.Conversation} theirs
 */
export function adopt(mine, theirs) {
  const own = byId(mine);
  /** @type {Array<string>} */
  const changed = [];
  const nodes = theirs.nodes.map((node) => {
    const known = own.get(node.id);
    if (!known) return node;
    if (JSON.stringify(known) !== JSON.stringify(node)) changed.push(replaceFields(known, node).id);
    return known;
  });
  replaceFields(mine, { ...theirs, nodes });
  return changed;
}

/**
 * @template {object} T
 * @param {T} target
 * @param {T} source
 * @returns {T}
 */
function replaceFields(target, source) {
  for (const name of Object.keys(target))
    if (!(name in source)) delete (/** @type {Record<string, unknown>} */ (target)[name]);
  return Object.assign(target, source);
}

/**
 * Takes into `mine` what another tab saved meanwhile: all nodes of both, except those that either took away and
 * nothing was said below since. Of a node in both, the one that was changed since `looks` (`looksOf` what both came
 * from); where both or neither were, the ended one before a running one, then the longer. The nodes of `mine` stay the
 * same objects.
 * @param {Page.Conversation} mine
 * @param {Page.Conversation} theirs
 * @param {Page.Looks} [looks]
 */
export function mergeInto(mine, theirs, looks = new Map()) {
  const gone = new Set([...(mine.gone ?? []), ...(theirs.gone ?? [])]);
  const own = byId(mine);
  for (const node of theirs.nodes) {
    const known = own.get(node.id);
    if (!known) mine.nodes.push(node);
    else if (better(node, known, looks.get(node.id))) replaceFields(known, node);
  }
  const nodes = byId(mine);
  for (const { parent } of mine.nodes.filter(({ id }) => !gone.has(id)))
    for (let at = parent; at && gone.delete(at);) at = nodes.get(at)?.parent ?? null;
  mine.nodes = mine.nodes.filter(({ id }) => !gone.has(id)).sort((a, b) => a.createdAt - b.createdAt);
  mine.gone = [...gone];
  mine.selected = { ...theirs.selected, ...mine.selected };
  if (theirs.titleByHand && !mine.titleByHand) Object.assign(mine, { title: theirs.title, titleByHand: true });
  mine.pinned = theirs.updatedAt > mine.updatedAt ? theirs.pinned : mine.pinned;
  mine.updatedAt = Math.max(mine.updatedAt, theirs.updatedAt);
  return mine;
}

/**
 * Replies that were on their way when their page went away: they keep their text and say so. true if there were.
 * @param {Page.Conversation} conversation
 */
export function markInterrupted(conversation) {
  const running = conversation.nodes.filter(isRunning);
  for (const node of running) {
    node.ending = { kind: "interrupted" };
    delete node.coming;
  }
  return running.length > 0;
}

/** @param {Page.ChatNode} node */
export const isRunning = (node) => node.ending?.kind === "running";

/**
 * Whether this is a record that this version can read whole.
 * @param {any} record
 * @returns {record is Page.Conversation}
 */
export function isReadable(record) {
  /** @param {any} node */
  const isNode = (node) =>
    typeof node?.id === "string" && typeof node.text === "string" && ["user", "assistant"].includes(node.role);
  return (
    record?.v === VERSION &&
    typeof record.id === "string" &&
    Array.isArray(record.nodes) &&
    record.nodes.every(isNode) &&
    typeof record.selected === "object" &&
    record.selected !== null
  );
}

/** @param {Page.Conversation} conversation */
function touch(conversation) {
  conversation.updatedAt = Date.now();
  return conversation;
}

/** @param {Page.Conversation} conversation */
const byId = ({ nodes }) => new Map(nodes.map((node) => [node.id, node]));
/** @param {Page.ChatNode} node */
const size = (node) => node.text.length + (node.thinking?.length ?? 0);
/**
 * @param {Page.ChatNode} node
 * @param {Page.ChatNode} known
 * @param {string | undefined} look
 */
function better(node, known, look) {
  if (look !== undefined && JSON.stringify(known) === look) return true;
  if (look !== undefined && JSON.stringify(node) === look) return false;
  return isRunning(node) !== isRunning(known) ? isRunning(known) : size(node) > size(known);
}

/** @param {Page.Conversation} conversation */
function byParent({ nodes }) {
  /** @type {Map<string, Array<Page.ChatNode>>} */
  const children = new Map();
  for (const node of nodes) {
    const parent = node.parent ?? "";
    const there = children.get(parent);
    if (there) there.push(node);
    else children.set(parent, [node]);
  }
  return children;
}
