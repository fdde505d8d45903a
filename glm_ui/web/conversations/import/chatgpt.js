// A conversation of ChatGPT's data export (conversations.json, 2023 to 2026) as a record of ours. Its `mapping` is a
// tree of small messages; all that the assistant says in a row (thoughts, code, text) becomes one answer.

import { addNode, newConversation, select, titleFrom } from "../conversation.js";

/**
 * @typedef {{role: "user" | "assistant", text: string, thinking?: string, model?: string | null, cut?: boolean,
 *   files?: Array<Page.FileRef>}} Part
 * @typedef {{id: string, part: Part, before: Said | null, model: string | null, at: number, parent: string | null,
 *   node?: string}} Said one part of what the assistant says in a row, after the parts `before` it: a fork goes on from each
 */

/**
 * @param {any} value
 * @returns {value is Record<string, any>}
 */
const isObject = (value) => typeof value === "object" && value !== null && !Array.isArray(value);
/**
 * @param {any} seconds
 * @param {number} otherwise
 */
const ms = (seconds, otherwise) => (Number.isFinite(seconds) && seconds > 0 ? Math.round(seconds * 1000) : otherwise);

/** @param {any} item */
export const isChatgpt = (item) => isObject(item) && isObject(item.mapping);

/** @param {any} item */
export function chatgptRecord(item) {
  const tree = new Map(Object.entries(item.mapping).filter(([, node]) => isObject(node)));
  const created = ms(item.create_time, Date.now());
  const record = newConversation({ tab: "chat" });
  const id = item.conversation_id ?? item.id;
  Object.assign(record, {
    id: `chatgpt-${typeof id === "string" && id ? id.slice(0, 100) : record.id}`,
    createdAt: created,
    pinned: item.is_starred === true || Boolean(item.pinned_time),
  });
  const places = walk(record, tree, created);
  const shown = places.get(item.current_node);
  if (shown) select(record, shown);
  record.title =
    String(item.title ?? "").trim() || titleFrom(record.nodes.find(({ role }) => role === "user")?.text ?? "");
  record.updatedAt = ms(item.update_time, Math.max(created, ...record.nodes.map(({ createdAt }) => createdAt)));
  return record;
}

/**
 * A reply as a node of ours.
 * @param {Said} said
 * @returns {Partial<Page.ChatNode>}
 */
function replyOf(said) {
  /** @type {Array<Part>} */
  const parts = [];
  for (let at = /** @type {Said | null} */ (said); at; at = at.before) parts.push(at.part);
  parts.reverse();
  return {
    id: `chatgpt-${said.id}`,
    parent: said.parent,
    role: "assistant",
    text: parts.flatMap(({ text }) => text || []).join("\n\n"),
    thinking: parts.flatMap(({ thinking }) => thinking || []).join("\n\n"),
    model: said.model,
    metrics: said.model ? { model: said.model } : null,
    ending: { kind: said.part.cut ? "interrupted" : "stop" },
    createdAt: said.at,
  };
}

/**
 * Adds the nodes of the tree to `record`. Returns in which node of ours each of theirs went.
 * @param {Page.Conversation} record
 * @param {Map<string, any>} tree
 * @param {number} created
 */
function walk(record, tree, created) {
  /** @type {Map<string, string>} */
  const places = new Map();
  const seen = new Set();
  const roots = [...tree].filter(([, { parent }]) => !tree.has(parent)).map(([id]) => id);
  /** @type {Array<{id: string, parent: string | null, said: Said | null}>} */
  const todo = roots.reverse().map((id) => ({ id, parent: null, said: null }));
  /**
   * @param {Said | null} said
   * @returns {string | null}
   */
  const settle = (said) => {
    if (!said) return null;
    said.node ??= addNode(record, replyOf(said)).id;
    for (let at = /** @type {Said | null} */ (said); at && !places.has(at.id); at = at.before)
      places.set(at.id, said.node);
    return said.node;
  };
  for (let place; (place = todo.pop());) {
    const { id, parent, said } = place;
    if (seen.has(id)) continue;
    seen.add(id);
    const { message, children } = tree.get(id);
    const part = isObject(message) ? partOf(message) : null;
    /** @type {{parent: string | null, said: Said | null}} */
    let next = { parent, said };
    if (part?.role === "user") {
      const below = settle(said) ?? parent;
      const node = addNode(record, {
        id: `chatgpt-${id}`,
        parent: below,
        role: "user",
        text: part.text,
        files: part.files,
        createdAt: ms(message.create_time, created),
      });
      places.set(id, node.id);
      next = { parent: node.id, said: null };
    } else if (part) {
      const { at, parent: below } = said ?? { at: ms(message.create_time, created), parent };
      next = { parent, said: { id, part, before: said, model: part.model ?? said?.model ?? null, at, parent: below } };
    }
    const below = (Array.isArray(children) ? children : []).filter((/** @type {any} */ child) => tree.has(child));
    if (!below.length) settle(next.said);
    for (const child of [...below].reverse()) todo.push({ id: child, ...next });
  }
  return places;
}

/**
 * {role, text, thinking, model, cut} of one message, or null for what its reader never saw.
 * @param {Record<string, any>} message
 * @returns {Part | null}
 */
function partOf(message) {
  const role = message.author?.role;
  const content = isObject(message.content) ? message.content : {};
  if (message.metadata?.is_visually_hidden_from_conversation || message.weight === 0) return null;
  if (role === "user") {
    const text = wordsOf(content);
    return ["user_editable_context", "model_editable_context"].includes(content.content_type) || !text
      ? null
      : { role, text, files: filesOf(message.metadata) };
  }
  if (role !== "assistant" && !(role === "tool" && content.content_type === "execution_output")) return null;
  const model = typeof message.metadata?.model_slug === "string" ? message.metadata.model_slug : null;
  const cut = message.status === "in_progress" || message.metadata?.finish_details?.type === "interrupted";
  /** @type {Part} */
  const made = { role: "assistant", text: "", thinking: "", model, cut };
  if (content.content_type === "thoughts") made.thinking = thoughtsOf(content.thoughts);
  else if (content.content_type === "code")
    made.text = isOwnCode(message) ? fenced(content.text, content.language) : "";
  else if (content.content_type === "execution_output") made.text = fenced(content.text, "");
  else if (!String(content.content_type ?? "").startsWith("reasoning"))
    made.text = message.recipient && message.recipient !== "all" ? "" : wordsOf(content);
  return made.text || made.thinking ? made : null;
}

/** @param {Record<string, any>} message */
const isOwnCode = ({ recipient }) => !recipient || recipient === "all" || recipient === "python";

/** @param {Record<string, any>} content */
function wordsOf({ parts, text }) {
  const pieces = Array.isArray(parts)
    ? parts.map((part) => (typeof part === "string" ? part : isObject(part) ? otherPart(part) : ""))
    : [typeof text === "string" ? text : ""];
  return withoutMarks(pieces.filter(Boolean).join("\n\n"));
}

/**
 * Their names; the files themselves are not in the export.
 * @param {any} metadata
 * @returns {Array<Page.FileRef>}
 */
const filesOf = (metadata) =>
  (Array.isArray(metadata?.attachments) ? metadata.attachments : [])
    .map((/** @type {any} */ file) => file?.name)
    .filter((/** @type {unknown} */ name) => typeof name === "string")
    .map((/** @type {string} */ name) => ({ name }));

/**
 * A voice message has its words with it; a picture is not in the file.
 * @param {Record<string, any>} part
 */
function otherPart(part) {
  if (typeof part.text === "string") return part.text;
  const kind = String(part.content_type ?? "");
  return kind.includes("image") ? "[picture]" : kind.includes("audio") || kind.includes("video") ? "[recording]" : "";
}

/**
 * @param {any} thoughts
 * @returns {string}
 */
const thoughtsOf = (thoughts) =>
  (Array.isArray(thoughts) ? thoughts : [])
    .map((/** @type {any} */ one) =>
      [one?.summary, one?.content].filter((each) => typeof each === "string" && each.trim()).join("\n"),
    )
    .filter(Boolean)
    .join("\n\n");

/**
 * @param {unknown} text
 * @param {string | undefined} language
 */
function fenced(text, language) {
  if (typeof text !== "string" || !text.trim()) return "";
  const ticks = "`".repeat(Math.max(3, ...[...text.matchAll(/`+/g)].map(([run]) => run.length + 1)));
  return `${ticks}${/^[\w+#-]+$/.test(language ?? "") && language !== "unknown" ? language : ""}\n${text.trim()}\n${ticks}`;
}

/**
 * Its marks of citations and widgets stand in a private area of Unicode: between 200 and 201 is no text.
 * @param {string} text
 */
const withoutMarks = (text) =>
  text
    .replace(/\ue200[^\ue201]*\ue201/g, "")
    .replace(/[\ue200-\ue206]/g, "")
    .trim();
