// What stands beside a record for the list and for the search, made of it each time it is written.

import { isRunning } from "../conversation.js";
import { isWaiting, wordsOf } from "../../tools/calls.js";

const PREVIEW = 120;

/** Above every time that a clock tells, in milliseconds. */
const PINNED = 1e14;

/**
 * Where a row stands in the list, the highest first: pinned ones, then the newest.
 * @param {{pinned?: boolean, updatedAt: number}} row
 */
export const placeOf = ({ pinned, updatedAt }) => (pinned ? PINNED : 0) + updatedAt;

/**
 * What the list shows of a conversation.
 * @param {Page.Conversation} record
 * @returns {Page.Row}
 */
export function rowOf(record) {
  const last = record.nodes.at(-1);
  const { id, v, tab, title, pinned, createdAt, updatedAt, rev } = record;
  const waits = last?.ending?.kind === "waiting" && isWaiting(last);
  const preview = (last?.text ?? "").replace(/\s+/g, " ").slice(0, PREVIEW);
  return {
    id,
    v,
    tab,
    title,
    pinned,
    createdAt,
    updatedAt,
    place: placeOf(record),
    rev,
    preview,
    count: record.nodes.length,
    model: last?.model ?? null,
    provider: last?.provider ?? null,
    running: record.nodes.some(isRunning),
    news: waits ? "waiting" : (record.unread ?? null),
  };
}

/** @param {Page.Conversation} record */
export const textOf = (record) => [record.title, ...record.nodes.flatMap(wordsOf)].filter(Boolean).join("\n");
