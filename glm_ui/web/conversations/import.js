// Files with conversations, read: ours, ChatGPT's export (conversations.json or the whole zip), Open WebUI's. Text in,
// records out, with a reason for each that cannot be taken. Nothing is stored here, so nothing is half imported.

import { chatgptRecord, isChatgpt } from "./import/chatgpt.js";
import { isOpenWebui, openWebuiRecord } from "./import/openwebui.js";
import { isOwn, ownRecord } from "./import/own.js";
import { isPrompt } from "../prompts/prompt.js";
import { isZip, jsonFilesIn } from "./import/zip.js";

const TURN = "glm-ui-turn";
const LARGEST = 2 ** 30;

/**
 * @typedef {object} Found
 * @property {Array<Page.Conversation>} records
 * @property {Array<Page.Prompt>} prompts saved prompts
 * @property {Array<{title: string, why: string}>} left
 * @property {Page.TurnFile | null} turn
 */

/** A file that cannot be read at all; `message` is a key of the words, `details` what stands in its braces. */
export class NotImportable extends Error {
  /**
   * @param {string} reason
   * @param {object} [details]
   */
  constructor(reason, details = {}) {
    super(reason);
    this.details = details;
  }
}

/**
 * Reads one file: {records, prompts, left: [{title, why}], turn}. `why` is a key of the words; `turn` is a turn to be played
 * again, or null. Throws NotImportable.
 * @param {File} file
 * @returns {Promise<Found>}
 */
export async function readFile(file) {
  if (!file.size) throw new NotImportable("empty");
  if (!(await isZip(file))) {
    if (file.size > LARGEST) throw new NotImportable("too_large");
    return readJson(await file.text());
  }
  /** @type {Found} */
  const found = { records: [], prompts: [], left: [], turn: null };
  for (const text of await jsonFilesIn(file)) {
    const { records, prompts, left } = readJson(text);
    found.records.push(...records);
    found.prompts.push(...prompts);
    found.left.push(...left);
  }
  if (!found.records.length && !found.prompts.length && !found.left.length) throw new NotImportable("zip_without");
  return found;
}

/**
 * The same for the text of a JSON file.
 * @param {string} text
 * @returns {Found}
 */
export function readJson(text) {
  /** @type {any} */
  let said;
  try {
    said = JSON.parse(text.replace(/^\ufeff/, ""));
  } catch {
    throw new NotImportable(text.trimStart().startsWith("<") ? "web_page" : "no_json");
  }
  if (said?.format === TURN) return { records: [], prompts: [], left: [], turn: said };
  if (typeof said?.format === "string" && said.format.startsWith("glm-ui")) return readOwn(said);
  const items = itemsOf(said);
  const reader = READERS.find(({ fits }) => items.some(fits));
  if (!reader) throw new NotImportable("not_known");
  return readEach(items, reader.fits, reader.read);
}

/** @type {Array<{fits: (item: any) => boolean, read: (item: any) => Page.Conversation}>} */
const READERS = [
  { fits: isOwn, read: ownRecord },
  { fits: isChatgpt, read: chatgptRecord },
  { fits: isOpenWebui, read: openWebuiRecord },
];

/**
 * @param {any} said
 * @returns {Array<any>}
 */
const itemsOf = (said) =>
  Array.isArray(said)
    ? said
    : Array.isArray(said?.conversations)
      ? said.conversations
      : Array.isArray(said?.chats)
        ? said.chats
        : [said];

/** @param {any} said */
function readOwn(said) {
  if (said.format !== "glm-ui-conversations" || said.version !== 1) throw new NotImportable("newer");
  if (!Array.isArray(said.conversations)) throw new NotImportable("broken");
  const found = readEach(said.conversations, isOwn, ownRecord);
  for (const each of Array.isArray(said.unreadable) ? said.unreadable : [])
    found.left.push({ title: titleOf(each), why: "unreadable" });
  for (const each of Array.isArray(said.prompts) ? said.prompts : [])
    if (isPrompt(each)) found.prompts.push(each);
    else found.left.push({ title: titleOf({ title: each?.name }), why: "broken" });
  return found;
}

/**
 * @param {Array<any>} items
 * @param {(item: any) => boolean} fits
 * @param {(item: any) => Page.Conversation} read
 * @returns {Found}
 */
function readEach(items, fits, read) {
  /** @type {Array<Page.Conversation>} */
  const records = [];
  /** @type {Found["left"]} */
  const left = [];
  items.forEach((item, i) => {
    /** @type {Page.Conversation | null} */
    let record = null;
    let why = "broken";
    try {
      if (fits(item)) record = read(item);
      if (record && !record.nodes.length) [record, why] = [null, "without_words"];
    } catch {
      record = null;
    }
    if (record) records.push(record);
    else left.push({ title: titleOf(item) || `#${i + 1}`, why });
  });
  return { records, prompts: [], left, turn: null };
}

/**
 * @param {any} item
 * @returns {string}
 */
const titleOf = (item) =>
  typeof item?.title === "string" ? item.title : typeof item?.chat?.title === "string" ? item.chat.title : "";
