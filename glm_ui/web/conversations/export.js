// Conversations as files: JSON (complete) and Markdown (to be read). HTML is export_html.js. Records in, pieces of text
// out; what is to be exported is decided in transfer.js.

import { repliesOf } from "../tools/calls.js";
import { numbered } from "../tools/citations.js";
import { citedIn, listed, sourcesAbove, withNumbers } from "../tools/sources.js";
import { markInterrupted, path } from "./conversation.js";
import { packed } from "./portable.js";

export const FORMAT = "glm-ui-conversations";
export const FORMAT_VERSION = 1;

/**
 * @typedef {Iterable<Page.Conversation> | AsyncIterable<Page.Conversation>} Records
 * @typedef {Wire.Words["list"] & Pick<Wire.Words, "you" | "assistant" | "endings">} Words
 */

/**
 * The words of a file: those of the list, and who speaks and how a reply ended.
 * @param {Wire.Words} words
 * @returns {Words}
 */
export const wordsOfFile = ({ list, you, assistant, endings }) => ({ ...list, you, assistant, endings });

/**
 * A record as it leaves: without what only this browser's storage knows; a reply on its way counts as interrupted.
 * @param {Page.Conversation} record
 * @returns {Promise<any>}
 */
export async function leaving({ rev, ...record }) {
  const copy = await packed(record);
  markInterrupted(copy);
  return copy;
}

/**
 * The pieces of one JSON file. `unreadable`: raw records that this version can't read and takes along as they are;
 * `prompts`: saved prompts.
 * @param {Records} records
 * @param {Array<unknown>} [unreadable]
 * @param {Array<Page.Prompt>} [prompts]
 */
export async function toJson(records, unreadable = [], prompts = []) {
  const pieces = [`{"format":${JSON.stringify(FORMAT)},"version":${FORMAT_VERSION},"conversations":[`];
  let first = true;
  for await (const record of records) {
    pieces.push(first ? "\n" : ",\n", JSON.stringify(await leaving(record)));
    first = false;
  }
  pieces.push("\n]");
  if (prompts.length) pieces.push(`,"prompts":${JSON.stringify(prompts)}`);
  if (unreadable.length) pieces.push(`,"unreadable":${JSON.stringify(await packed(unreadable))}`);
  pieces.push("}\n");
  return pieces;
}

/**
 * What is shown of each conversation, as Markdown.
 * @param {Records} records
 * @param {Words} words
 */
export async function toMarkdown(records, words) {
  /** @type {Array<string>} */
  const pieces = [];
  for await (const record of records) {
    if (pieces.length) pieces.push("\n\n---\n\n");
    pieces.push(markdownOf(record, words));
  }
  return pieces;
}

/**
 * @param {Page.Conversation} record
 * @param {Words} words
 */
function markdownOf(record, words) {
  const system = record.settings?.system?.trim();
  const parts = [`# ${oneLine(record.title) || words.untitled}`, `*${facts(record).join(" · ")}*`];
  if (system) parts.push(`**${words.system}**`, quoted(system));
  const shown = path(record);
  for (const node of shown)
    parts.push(...(node.role === "user" ? asked(node, words) : answered(node, words, sourcesAbove(shown, node))));
  return `${parts.filter(Boolean).join("\n\n")}\n`;
}

/**
 * @param {Page.ChatNode} node
 * @param {Words} words
 */
const asked = (node, words) => [
  `## ${words.you}`,
  ...fileNames(node).map((name) => `*${words.file}: ${oneLine(name)}*`),
  node.text,
];

/**
 * @param {Page.ChatNode} node
 * @param {Words} words
 * @param {Array<Page.Source>} above
 */
function answered(node, words, above) {
  return [
    `## ${oneLine(answeredBy(node)) || words.assistant}`,
    ...repliesOf(node).flatMap((reply, i) => replied(reply, node.sources, citedIn(node, i, above), words)),
    ...listed(node.sources).map(({ number, title, url }) => `[${number}] ${oneLine(title)}: <${url}>`),
    ending(node, words) && `*${ending(node, words)}*`,
  ];
}

/**
 * @param {import("../tools/calls.js").Reply} reply
 * @param {Page.ChatNode["sources"]} sources
 * @param {import("../tools/sources.js").Cite} cite
 * @param {Words} words
 */
function replied({ thinking, toolCalls, ...answer }, sources, cite, words) {
  const calls = toolCalls.map(({ name, arguments: given, result, pictures }) =>
    [
      `*${words.tool}: ${oneLine(name)}*`,
      fenced(given ?? "", "json"),
      typeof result === "string" ? fenced(result, "text") : "",
      ...picturesIn(pictures).map(({ kind, data }, i) => pictureNote(kind, data, i + 1, words)),
    ]
      .filter(Boolean)
      .join("\n\n"),
  );
  const thought = thinking.trim();
  const folded = thought && `<details><summary>${words.thinking}</summary>\n\n${fenced(thought, "text")}\n\n</details>`;
  return [folded, closed(withNumbers(numbered(answer, sources), cite)), ...calls];
}

/**
 * A picture of a result by its kind and size: a million letters in its place could not be read.
 * @param {string} kind
 * @param {string} data in base64
 * @param {number} n
 * @param {Words} words
 */
function pictureNote(kind, data, n, words) {
  const size = `${Math.ceil((data.length * 3) / 4000)} kB`;
  const said = words.result_picture.replace("{n}", String(n)).replace("{kind}", kind.toUpperCase());
  return `*${said.replace("{size}", size)}*`;
}

/**
 * The pictures of a result: (kind, data in base64) of each.
 * @param {unknown} pictures
 */
const picturesIn = (pictures) =>
  [pictures ?? []].flat().flatMap((src) => {
    const [, kind, data] = /^data:image\/(png|jpeg|gif|webp);base64,([\w+/=]+)$/.exec(String(src)) ?? [];
    return kind && data ? [{ kind, data }] : [];
  });

/**
 * Which model answered, as far as is known.
 * @param {Page.ChatNode} node
 */
export const answeredBy = (node) => node.metrics?.model ?? node.model ?? "";

/** @param {Page.ChatNode} node */
export const fileNames = (node) => (node.files ?? []).map(({ name, url }) => name || url || "").filter(Boolean);

/**
 * Why an answer is not whole, in a word; empty for a good one.
 * @param {Page.ChatNode} node
 * @param {Words} words
 */
export function ending({ ending: how }, words) {
  if (!how || ["stop", "tool_calls", "waiting", "running"].includes(how.kind)) return "";
  if (how.kind === "error") return String(how.error?.what ?? words.endings.other.what);
  return (words.endings[how.kind] ?? words.endings.other).what;
}

/**
 * The facts that stand below a title: when, and which models.
 * @param {Page.Conversation} record
 */
export function facts(record) {
  const models = new Set(
    path(record)
      .filter(({ role }) => role === "assistant")
      .map(answeredBy)
      .filter(Boolean),
  );
  return [day(record.createdAt), ...models];
}

/** @param {number} time */
export const day = (time) => (Number.isFinite(time) ? new Date(time).toISOString().slice(0, 10) : "");

/** @param {unknown} text */
const oneLine = (text) =>
  String(text ?? "")
    .replace(/\s+/g, " ")
    .trim();
/** @param {string} text */
const quoted = (text) =>
  text
    .split("\n")
    .map((line) => `> ${line}`)
    .join("\n");

/**
 * @param {string} text
 * @param {string} language
 */
function fenced(text, language) {
  const ticks = "`".repeat(Math.max(3, ...[...text.matchAll(/`+/g)].map(([run]) => run.length + 1)));
  return `${ticks}${language}\n${text}\n${ticks}`;
}

/**
 * An answer that was cut inside a code block must not swallow what follows it.
 * @param {string} text
 */
function closed(text) {
  let open = "";
  for (const [, fence, rest] of text.matchAll(/^ {0,3}(`{3,}|~{3,})([^\n]*)$/gm)) {
    if (!open) open = fence;
    else if (fence[0] === open[0] && fence.length >= open.length && !rest.trim()) open = "";
  }
  return open ? `${text}\n${open}` : text;
}

/**
 * A file name from a title: no character that some system refuses.
 * @param {string} title
 * @param {string} kind
 */
export function fileName(title, kind) {
  const name = oneLine(title)
    .normalize("NFC")
    .replace(/[\u0000-\u001f\u007f<>:"/\\|?*\u200e\u200f\u202a-\u202e\u2066-\u2069]/g, "")
    .replace(/^[.\s]+|[.\s]+$/g, "");
  if (/^(con|prn|aux|nul|com\d|lpt\d)$/i.test(name)) return `${name} conversation.${kind}`;
  return `${[...name].slice(0, 60).join("").trim() || "conversation"}.${kind}`;
}

/**
 * Hands the pieces to the browser as a download.
 * @param {string} name
 * @param {Array<BlobPart>} pieces
 * @param {string} type
 */
export function save(name, pieces, type) {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob(pieces, { type }));
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
}
