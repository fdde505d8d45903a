// A chat of Open WebUI's export as a record of ours: `history.messages` is a tree by parentId, older exports have a
// plain list. Thinking is found in all three places where its versions put it.

import { addNode, newConversation, path, select, titleFrom } from "../conversation.js";

/**
 * @param {any} value
 * @returns {value is Record<string, any>}
 */
const isObject = (value) => typeof value === "object" && value !== null && !Array.isArray(value);
/** @param {unknown} value */
const text = (value) => (typeof value === "string" ? value : "");
/**
 * Seconds or milliseconds, whichever version wrote it.
 * @param {any} value
 * @param {number} otherwise
 */
const ms = (value, otherwise) =>
  !Number.isFinite(value) || value <= 0
    ? otherwise
    : Math.round(value > 1e14 ? value / 1e6 : value > 1e11 ? value : value * 1000);
const PICTURE = /^data:image\//;

/**
 * @param {Record<string, any>} item
 * @returns {Record<string, any>}
 */
const chatOf = (item) => (isObject(item.chat) ? item.chat : item);

/**
 * @param {any} item
 * @returns {boolean}
 */
export function isOpenWebui(item) {
  if (!isObject(item)) return false;
  const chat = chatOf(item);
  return (
    isObject(chat.history?.messages) ||
    (Array.isArray(chat.messages) &&
      chat.messages.some((each) => isObject(each) && "role" in each && "content" in each))
  );
}

/** @param {any} item */
export function openWebuiRecord(item) {
  const chat = chatOf(item);
  const record = newConversation({ tab: "chat" });
  const created = ms(item.created_at ?? chat.timestamp ?? item.timestamp, Date.now());
  const messages = messagesOf(chat);
  const system = [
    text(chat.system),
    text(chat.params?.system),
    ...[...messages.values()].filter(({ role }) => role === "system").map(({ content }) => wordsOf(content)),
  ].find(Boolean);
  const id = text(item.id) || text(chat.id);
  Object.assign(record, { id: `openwebui-${id || record.id}`, createdAt: created, pinned: item.pinned === true });
  if (system) record.settings = { system };
  grow(record, messages, created);
  const current = `openwebui-${chat.history?.currentId ?? chat.history?.current_id}`;
  if (record.nodes.some((node) => node.id === current)) select(record, current);
  record.title = (text(item.title) || text(chat.title)).trim() || titleFrom(path(record)[0]?.text ?? "");
  record.updatedAt = ms(item.updated_at, Math.max(created, ...record.nodes.map(({ createdAt }) => createdAt)));
  return record;
}

/**
 * id -> message, each with its parentId: the tree as it is, or a list as a line.
 * @param {Record<string, any>} chat
 * @returns {Map<string, Record<string, any>>}
 */
function messagesOf(chat) {
  const tree = isObject(chat.history?.messages)
    ? Object.entries(chat.history.messages).filter(([, message]) => isObject(message))
    : [];
  if (tree.length) return new Map(tree.map(([id, message]) => [id, { ...message, id }]));
  const list = (Array.isArray(chat.messages) ? chat.messages : []).filter(isObject);
  const ids = list.map((message, i) => text(message.id) || `${i}`);
  return new Map(list.map((message, i) => [ids[i], { ...message, id: ids[i], parentId: i ? ids[i - 1] : null }]));
}

/**
 * Adds the messages, parents first. What hangs below a message that is no turn goes to the turn above it.
 * @param {Page.Conversation} record
 * @param {Map<string, Record<string, any>>} messages
 * @param {number} created
 */
function grow(record, messages, created) {
  const made = new Map();
  /** @type {Map<string | null, Array<Record<string, any>>>} */
  const children = new Map();
  for (const message of messages.values()) {
    const parent = messages.has(message.parentId) && message.parentId !== message.id ? message.parentId : null;
    children.set(parent, [...(children.get(parent) ?? []), message]);
  }
  /** @type {Array<[Record<string, any>, string | null]>} */
  const todo = [...(children.get(null) ?? [])].reverse().map((message) => [message, null]);
  for (let place; (place = todo.pop());) {
    const [message, parent] = place;
    if (made.has(message.id)) continue;
    const fields = message.role === "user" ? asked(message) : message.role === "assistant" ? answered(message) : null;
    const node =
      fields &&
      addNode(record, { id: `openwebui-${message.id}`, parent, createdAt: ms(message.timestamp, created), ...fields });
    made.set(message.id, true);
    for (const child of [...(children.get(message.id) ?? [])].reverse()) todo.push([child, node?.id ?? parent]);
  }
}

/**
 * @param {Record<string, any>} message
 * @returns {Partial<Page.ChatNode>}
 */
const asked = (message) => ({ role: "user", text: wordsOf(message.content), files: filesOf(message) });

/**
 * @param {Record<string, any>} message
 * @returns {Partial<Page.ChatNode>}
 */
function answered(message) {
  const { thinking, text: said } = apart(message);
  const model = text(message.modelName) || text(message.model) || null;
  return {
    role: "assistant",
    text: said,
    thinking,
    model,
    metrics: metricsOf(message, model),
    ending: endingOf(message),
  };
}

/**
 * Thinking and answer: of `output` items (since 0.7), of `<details type="reasoning">` or of `<think>` in the text.
 * @param {Record<string, any>} message
 */
function apart(message) {
  const thoughts = [text(message.reasoning_content)];
  const content = wordsOf(message.content);
  const output = Array.isArray(message.output) ? message.output.filter(isObject) : [];
  const answer = output
    .filter(({ type }) => type === "message")
    .map((item) => wordsOf(item.content))
    .join("\n\n");
  for (const item of output.filter(({ type }) => type === "reasoning"))
    thoughts.push(wordsOf(item.content) || wordsOf(item.summary));
  const rest = (answer.trim() ? answer : content)
    .replace(/<details type="reasoning"[^>]*>\s*(?:<summary>[^<]*<\/summary>)?([\s\S]*?)<\/details>/g, (_, inside) => {
      if (!output.length) thoughts.push(unquoted(inside));
      return "";
    })
    .replace(/<details type="(?:tool_calls|code_interpreter)"[^>]*>[\s\S]*?<\/details>/g, "")
    .replace(/^\s*<think>([\s\S]*?)<\/think>/, (_, inside) => (thoughts.push(inside.trim()), ""));
  return { thinking: thoughts.filter(Boolean).join("\n\n"), text: rest.trim() };
}

/** @type {Record<string, string>} */
const NAMED = { "&lt;": "<", "&gt;": ">", "&quot;": '"', "&#x27;": "'", "&#39;": "'", "&amp;": "&" };

/**
 * The thinking inside `<details>` is escaped HTML, each line quoted.
 * @param {string} inside
 */
function unquoted(inside) {
  const plain = inside.replace(/&(?:lt|gt|quot|amp|#x27|#39);/g, (entity) => NAMED[entity]);
  return plain
    .trim()
    .split("\n")
    .map((line) => line.replace(/^> ?/, ""))
    .join("\n");
}

/**
 * @param {any} content
 * @returns {string}
 */
function wordsOf(content) {
  if (!Array.isArray(content)) return text(content);
  return content
    .map((part) => (typeof part === "string" ? part : text(part?.text)))
    .filter(Boolean)
    .join("\n\n");
}

/**
 * Pictures that are in the file itself; of others only the name.
 * @param {Record<string, any>} message
 * @returns {Array<Page.FileRef>}
 */
function filesOf({ files, images, content }) {
  const listed = (Array.isArray(files) ? files : []).filter(isObject).map((file) => ({
    name: text(file.name) || text(file.file?.filename) || text(file.type) || "file",
    source: text(file.url),
  }));
  const old = (Array.isArray(images) ? images : []).map((source) => ({
    name: "picture",
    source: PICTURE.test(source) ? source : `data:image/png;base64,${source}`,
  }));
  const inline = (Array.isArray(content) ? content : [])
    .filter((part) => part?.type === "image_url")
    .map((part) => ({ name: "picture", source: text(part.image_url?.url) }));
  return [...listed, ...old, ...inline].map(({ name, source }) => ({
    name,
    ...(PICTURE.test(source) && { thumbnail: source }),
  }));
}

/**
 * @param {Record<string, any>} message
 * @param {string | null} model
 * @returns {Page.Metrics | null}
 */
function metricsOf({ usage, info }, model) {
  const told = isObject(usage) ? usage : isObject(info) ? info : {};
  /** @param {...any} values */
  const figure = (...values) => ({
    value: /** @type {any} */ (values.find(Number.isFinite) ?? null),
    estimated: false,
  });
  if (!model && !Object.keys(told).length) return null;
  return {
    model,
    input: figure(told.prompt_tokens, told.input_tokens, told.prompt_eval_count),
    output: figure(told.completion_tokens, told.output_tokens, told.eval_count),
  };
}

/**
 * @param {Record<string, any>} message
 * @returns {Page.Ending}
 */
function endingOf({ error, done }) {
  if (error)
    return {
      kind: "error",
      error: {
        slug: "imported",
        what: (isObject(error) ? text(error.content) : text(error)) || "This answer failed.",
        why: "",
        todo: "",
        way_out: "retry",
      },
    };
  return { kind: done === false ? "interrupted" : "stop" };
}
