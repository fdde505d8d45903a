// What can be done with an answer beside copying its Markdown: its menu.

import { renderMarkdown, settled } from "../markdown/markdown.js";
import { formattedToClipboard, toClipboard } from "../parts/clipboard.js";
import { closest } from "../parts/dom.js";
import { openMenu } from "../parts/menu.js";
import { numbered } from "../tools/citations.js";
import { isRead, readAloud, stopReading, voices } from "./aloud.js";
import { plainText } from "./answer_text.js";
import { bothForms } from "./formatted.js";

/** @typedef {{chat: Page.AnyChat, words: Wire.Words, announce: (text: string) => void}} Parts */

/**
 * @param {Page.ChatNode} node
 * @param {HTMLElement} button
 * @param {Parts} page
 */
export async function openAnswerMenu(node, button, page) {
  const { chat, words } = page;
  const aloud = (await voices()).length ? [aloudItem(node, button, page)] : [];
  const ofChat = chat.tab === "chat" ? [otherItem(node, button, page), findItem(words.reading)] : [];
  openMenu(button, [...copies(node, page), shareItem(node, page), saveItem(node, page), ...aloud, ...ofChat]);
}

/**
 * @param {Page.ChatNode} node
 * @param {Parts} page
 * @returns {import("../parts/menu.js").MenuItem}
 */
const shareItem = (node, { chat, words }) => ({
  label: words.reading.share,
  icon: "picture",
  async run() {
    const { sharePicture } = await import("../picture/share.js");
    await sharePicture({ record: chat.conversation, answer: node, words, chat });
  },
});

/**
 * The answer with its question as one file that opens anywhere.
 * @param {Page.ChatNode} node
 * @param {Parts} page
 * @returns {import("../parts/menu.js").MenuItem}
 */
const saveItem = (node, { chat, words, announce }) => ({
  label: words.reading.save_page,
  icon: "download",
  async run() {
    const [{ toHtml }, { fileName, save, wordsOfFile }] = await Promise.all([
      import("../conversations/export_html.js"),
      import("../conversations/export.js"),
    ]);
    const record = structuredClone(chat.conversation);
    const name = fileName(record.title || words.list.untitled, "html");
    save(name, await toHtml([record], wordsOfFile(words), node), "text/html;charset=utf-8");
    announce(words.reading.share_saved.replace("{name}", name));
  },
});

/**
 * @param {Page.ChatNode} node
 * @param {HTMLElement} button
 * @param {Parts} page
 * @returns {import("../parts/menu.js").MenuItem}
 */
function aloudItem(node, button, { words: { reading }, announce }) {
  if (isRead(node.id)) return { label: reading.read_stop, icon: "stop", run: stopReading };
  const root = closest(button, "glm-log, glm-stage") ?? document.body;
  const run = () => readAloud(node, { root, words: reading, announce });
  return { label: reading.read_aloud, icon: "speaker", run };
}

/**
 * @param {Page.ChatNode} node
 * @param {HTMLElement} button
 * @param {Parts} page
 * @returns {import("../parts/menu.js").MenuItem}
 */
const otherItem = (node, button, { chat, words, announce }) => ({
  label: words.reading.other,
  icon: "compare",
  async run() {
    const { pickOther } = await import("./other_answer.js");
    pickOther(node, button, { chat, announce });
  },
});

/**
 * @param {Wire.Words["reading"]} words
 * @returns {import("../parts/menu.js").MenuItem}
 */
const findItem = (words) => ({
  label: words.find,
  icon: "search",
  run: () => document.dispatchEvent(new Event("glm-find")),
});

/**
 * @param {Page.ChatNode} node
 * @param {Parts} page
 * @returns {Array<import("../parts/menu.js").MenuItem>}
 */
function copies(node, { words, announce }) {
  const { reading } = words;
  const drawn = () => renderMarkdown(numbered(node, node.sources));
  /** @param {Promise<boolean>} copying */
  const told = async (copying) => announce((await copying) ? reading.copied : reading.not_copied);
  const formatted = async () => {
    const fragment = drawn();
    await settled();
    return bothForms(fragment);
  };
  return [
    { label: reading.copy_formatted, icon: "copy", run: () => told(formattedToClipboard(formatted())) },
    { label: reading.copy_plain, icon: "text", run: () => told(toClipboard(plainText(drawn()))) },
  ];
}
