// A record of our own export, checked to the depth at which a wrong type could break the page. Unknown fields stay.

import { markInterrupted, VERSION } from "../conversation.js";
import { unpacked } from "../portable.js";

/** @typedef {(value: any) => boolean} Is */

/**
 * @param {any} value
 * @returns {value is Record<string, any>}
 */
const isObject = (value) => typeof value === "object" && value !== null && !Array.isArray(value);
/**
 * @param {Is} is
 * @returns {Is}
 */
const maybe = (is) => (value) => value === undefined || value === null || is(value);
/** @type {Is} */
const isText = (value) => typeof value === "string";
/** @type {Is} */
const isTime = (value) => Number.isFinite(value) && Math.abs(value) < 8.64e15;
/**
 * @param {Is} is
 * @returns {Is}
 */
const listOf = (is) => (value) => Array.isArray(value) && value.every(is);

/** @type {Is} */
const isCited = (value) =>
  isObject(value) && Number.isSafeInteger(value.at) && value.at >= 0 && isText(value.url) && maybe(isText)(value.text);

/** @type {Is} */
const isRound = (value) =>
  isObject(value) &&
  maybe(isText)(value.text) &&
  maybe(listOf(isObject))(value.thinking) &&
  maybe(listOf(isCited))(value.cited) &&
  maybe(listOf(isObject))(value.calls);

/** @type {Record<string, Is>} */
const RECORD = {
  v: (value) => value === VERSION,
  id: (value) => isText(value) && value.length > 0 && value.length <= 200,
  tab: maybe(isText),
  title: isText,
  pinned: maybe((value) => typeof value === "boolean"),
  createdAt: isTime,
  updatedAt: isTime,
  settings: maybe(isObject),
  selected: isObject,
  gone: maybe(listOf(isText)),
  tools: maybe(listOf(isText)),
  allowed: maybe(listOf(isText)),
  nodes: listOf(isObject),
};

/** @type {Record<string, Is>} */
const NODE = {
  id: (value) => isText(value) && value.length > 0,
  parent: maybe(isText),
  role: (value) => value === "user" || value === "assistant",
  text: isText,
  thinking: maybe(isText),
  opaque: maybe(listOf(isObject)),
  toolCalls: maybe(listOf(isObject)),
  rounds: maybe(listOf(isRound)),
  sources: maybe(listOf((value) => isObject(value) && isText(value.url))),
  cited: maybe(listOf(isCited)),
  files: maybe(listOf(isObject)),
  notes: maybe(listOf(isText)),
  model: maybe(isText),
  provider: maybe(isText),
  metrics: maybe(isObject),
  ending: maybe((value) => isObject(value) && isText(value.kind) && (value.kind !== "error" || isObject(value.error))),
  createdAt: isTime,
};

/**
 * @param {any} value
 * @param {Record<string, Is>} shape
 */
const fits = (value, shape) => Object.entries(shape).every(([name, is]) => is(value[name]));

/**
 * @param {any} item
 * @returns {boolean}
 */
export const isOwn = (item) =>
  isObject(item) && typeof item.v === "number" && Array.isArray(item.nodes) && isObject(item.selected);

/**
 * The record, or null where it is broken.
 * @param {any} item
 * @returns {any}
 */
export function ownRecord(item) {
  const record = unpacked(item);
  if (
    !fits(record, RECORD) ||
    !record.nodes.every((/** @type {any} */ node) => fits(node, NODE)) ||
    !isTree(record.nodes)
  )
    return null;
  markInterrupted(record);
  // Which tools there are, which run unasked and which calls run is said by the person, never by a file.
  delete record.allowed;
  delete record.tools;
  for (const node of record.nodes) leaveUndecided(node);
  return { ...record, rev: 0 };
}

/** What a call without a result is, beside what the model wrote. */
const WRITTEN = ["id", "name", "arguments", "inline"];

/**
 * Calls without a result are as if nobody had been asked about them, so that none runs by a file's word.
 * @param {Page.ChatNode} node
 */
function leaveUndecided(node) {
  const open = node.toolCalls?.some(({ result }) => typeof result !== "string");
  /** @param {Array<Page.ToolCall>} [calls] */
  const undecided = (calls) =>
    calls?.map((call) =>
      typeof call.result === "string"
        ? call
        : Object.fromEntries(Object.entries(call).filter(([name]) => WRITTEN.includes(name))),
    );
  if (open) node.toolCalls = /** @type {any} */ (undecided(node.toolCalls));
  if (open && node.ending?.kind === "waiting") node.ending = { kind: "interrupted" };
  for (const round of node.rounds ?? []) round.calls = /** @type {any} */ (undecided(round.calls));
}

/**
 * Every node once, each below one that is there, none below itself.
 * @param {Array<Page.ChatNode>} nodes
 */
function isTree(nodes) {
  /** @type {Map<string | null, string | null>} */
  const parents = new Map(nodes.map(({ id, parent }) => [id, parent ?? null]));
  if (parents.size !== nodes.length) return false;
  /** @type {Set<string | null>} */
  const sound = new Set([null]);
  for (const { id } of nodes) {
    /** @type {Array<string | null>} */
    const line = [];
    for (let at = /** @type {string | null} */ (id); !sound.has(at); at = parents.get(at) ?? null) {
      if (!parents.has(at) || line.length > nodes.length) return false;
      line.push(at);
    }
    for (const at of line) sound.add(at);
  }
  return true;
}
