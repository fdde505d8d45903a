// What stands beside a record for the list and for the search, made of it each time it is written.

import { isRunning } from "../conversation.js";
import { isWaiting, wordsOf } from "../../tools/calls.js";

const PREVIEW = 120;

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
