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

/** Adds a node below `parent` (null: at the root) and shows it. Returns the node. */
export function addNode(conversation, fields) {
  const node = {
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
  conversation.nodes.push(node);
  conversation.selected[node.parent ?? ""] = node.id;
  return (touch(conversation), node);
}

/** The nodes that are shown, from the first: at each fork the selected one, else the newest. */
export function path(conversation) {
  const children = byParent(conversation);
  const shown = [];
  for (let parent = ""; children.has(parent); parent = shown.at(-1).id) {
    const choices = children.get(parent);
    shown.push(choices.find(({ id }) => id === conversation.selected[parent]) ?? choices.at(-1));
    if (shown.length > conversation.nodes.length) break;
  }
  return shown;
}

/** The versions beside a node, itself among them: {index, count, ids}, oldest first. */
export function siblings(conversation, nodeId) {
  const node = find(conversation, nodeId);
  const ids = node
    ? conversation.nodes.filter(({ parent }) => (parent ?? "") === (node.parent ?? "")).map(({ id }) => id)
    : [];
  return { index: ids.indexOf(nodeId), count: ids.length, ids };
}

/** Shows the branch that goes through this node. */
export function select(conversation, nodeId) {
  for (let node = find(conversation, nodeId); node; node = find(conversation, node.parent))
    conversation.selected[node.parent ?? ""] = node.id;
  return touch(conversation);
}

/** Takes a node and all below it away; the version before it, if any, is shown instead. */
export function removeFrom(conversation, nodeId) {
  const node = find(conversation, nodeId);
  if (!node) return conversation;
  const { ids, index } = siblings(conversation, nodeId);
  const out = new Set([nodeId]);
  for (let size = 0; size !== out.size;) {
    size = out.size;
    for (const { id, parent } of conversation.nodes) if (out.has(parent)) out.add(id);
  }
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

/** A title from the first words that were asked: one line without Markdown's marks. */
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

/** id -> node as JSON: what nodes looked like when they were last read or written, to tell who changed one since. */
export const looksOf = ({ nodes }) => new Map(nodes.map((node) => [node.id, JSON.stringify(node)]));

/** Makes `mine` what another tab saved. A node of both stays the same object. Returns the ids of those that changed. */
export function adopt(mine, theirs) {
  const own = new Map(mine.nodes.map((node) => [node.id, node]));
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

function replaceFields(target, source) {
  for (const name of Object.keys(target)) if (!(name in source)) delete target[name];
  return Object.assign(target, source);
}

/**
 * Takes into `mine` what another tab saved meanwhile: all nodes of both, except those that either took away and
 * nothing was said below since. Of a node in both, the one that was changed since `looks` (`looksOf` what both came
 * from); where both or neither were, the ended one before a running one, then the longer. The nodes of `mine` stay the
 * same objects.
 */
export function mergeInto(mine, theirs, looks = new Map()) {
  const gone = new Set([...(mine.gone ?? []), ...(theirs.gone ?? [])]);
  const own = new Map(mine.nodes.map((node) => [node.id, node]));
  for (const node of theirs.nodes) {
    const known = own.get(node.id);
    if (!known) mine.nodes.push(node);
    else if (better(node, known, looks.get(node.id))) replaceFields(known, node);
  }
  for (const { parent } of mine.nodes.filter(({ id }) => !gone.has(id)))
    for (let at = parent; at && gone.delete(at);) at = find(mine, at)?.parent;
  mine.nodes = mine.nodes.filter(({ id }) => !gone.has(id)).sort((a, b) => a.createdAt - b.createdAt);
  mine.gone = [...gone];
  mine.selected = { ...theirs.selected, ...mine.selected };
  if (theirs.titleByHand && !mine.titleByHand) Object.assign(mine, { title: theirs.title, titleByHand: true });
  mine.pinned = theirs.updatedAt > mine.updatedAt ? theirs.pinned : mine.pinned;
  mine.updatedAt = Math.max(mine.updatedAt, theirs.updatedAt);
  return mine;
}

/** Replies that were on their way when their page went away: they keep their text and say so. true if there were. */
export function markInterrupted(conversation) {
  const running = conversation.nodes.filter(isRunning);
  for (const node of running) node.ending = { kind: "interrupted" };
  return running.length > 0;
}

export const isRunning = (node) => node.ending?.kind === "running";

/** Whether this is a record that this version can read whole. */
export function isReadable(record) {
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

function touch(conversation) {
  conversation.updatedAt = Date.now();
  return conversation;
}

const find = (conversation, id) => conversation.nodes.find((node) => node.id === id);
const size = (node) => node.text.length + (node.thinking?.length ?? 0);
function better(node, known, look) {
  if (look !== undefined && JSON.stringify(known) === look) return true;
  if (look !== undefined && JSON.stringify(node) === look) return false;
  return isRunning(node) !== isRunning(known) ? isRunning(known) : size(node) > size(known);
}

function byParent({ nodes }) {
  const children = new Map();
  for (const node of nodes) {
    const parent = node.parent ?? "";
    if (children.has(parent)) children.get(parent).push(node);
    else children.set(parent, [node]);
  }
  return children;
}
