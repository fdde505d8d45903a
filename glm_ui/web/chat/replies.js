// The replies that are on their way in this page, one a conversation, whichever conversation is shown. Those of a page
// that was here before are taken up again.

import { isRunning } from "../conversations/conversation.js";
import { painted } from "../parts/dom.js";
import { Refused } from "../server/request.js";
import { runsByItself } from "../tools/in_browser.js";
import { newsOf, Reply } from "./reply.js";
import { settled } from "./settled.js";
import { addTail } from "./tab_memory.js";

const REMEMBERED = 20;

/** @typedef {import("./chat.js").Chat} Chat */

export class Replies {
  /** @type {Map<string, Reply>} by conversation */
  #coming = new Map();
  /**
   * Conversations whose reply has ended here lately: the store may still read them as they were.
   * @type {Map<string, Page.Conversation>}
   */
  #ended = new Map();
  /** @type {Map<string, Chat>} by tab */
  #chats = new Map();
  /**
   * An answer that is drawn in a second place too, by whichever reply brings more of it.
   * @type {{node: Page.ChatNode, draw: () => Page.LiveView} | null}
   */
  #beside = null;
  /** @type {Map<string, Array<(chat: Chat) => void>>} who waits for the chat of a tab */
  #awaited = new Map();

  /**
   * @param {Promise<Wire.Config>} config
   * @param {() => Promise<import("../conversations/store.js").Store>} store
   */
  constructor(config, store) {
    this.config = config;
    this.store = store;
  }

  /** @param {Chat} chat where replies of its tab are drawn and settled from now on */
  join(chat) {
    this.#chats.set(chat.tab, chat);
    for (const here of this.#awaited.get(chat.tab) ?? []) here(chat);
    this.#awaited.delete(chat.tab);
  }

  /**
   * The chat of a tab, once that was opened.
   * @param {string} tab
   * @returns {Promise<Chat>}
   */
  async #chatOf(tab) {
    const chat = this.#chats.get(tab);
    return chat ?? new Promise((here) => this.#awaited.set(tab, [...(this.#awaited.get(tab) ?? []), here]));
  }

  /** Whether any is on its way. */
  get areComing() {
    return this.#coming.size > 0;
  }

  /** @param {string} conversation its id */
  of(conversation) {
    return this.#coming.get(conversation) ?? null;
  }

  /** @param {Page.Conversation} conversation */
  isHere(conversation) {
    return this.#coming.has(conversation.id);
  }

  /** @param {Reply} reply */
  add(reply) {
    this.#coming.set(reply.conversation.id, reply);
    if (this.#beside?.node === reply.node) reply.showBeside(this.#beside.draw);
  }

  /**
   * Draws the answer in `node` in a second place too, for as long as more of it comes; null ends that.
   * @param {Page.ChatNode | null} node
   * @param {(() => Page.LiveView) | null} [draw]
   */
  showBeside(node, draw = null) {
    const replies = [...this.#coming.values()];
    replies.find((reply) => reply.node === this.#beside?.node)?.showBeside(null);
    this.#beside = node && draw && { node, draw };
    replies.find((reply) => reply.node === node)?.showBeside(draw);
  }

  /** @param {Reply} reply */
  remove(reply) {
    const { id } = reply.conversation;
    if (this.of(id) === reply) this.#coming.delete(id);
    this.#ended.delete(id);
    this.#ended.set(id, reply.conversation);
    for (const oldest of this.#ended.keys()) if (this.#ended.size > REMEMBERED) this.#ended.delete(oldest);
  }

  /**
   * The conversation as this page knows it, which the store may have read before a reply has come.
   * @param {Page.Conversation} read
   */
  latest(read) {
    const coming = this.of(read.id)?.conversation;
    if (coming) return coming;
    const running = read.nodes.filter(isRunning).map(({ id }) => id);
    const ended = running.length ? this.#ended.get(read.id) : undefined;
    const over = new Set(ended?.nodes.filter((node) => !isRunning(node)).map(({ id }) => id));
    return ended && running.every((id) => over.has(id)) ? ended : read;
  }

  /**
   * Stops what comes in a conversation; in all, where none is named.
   * @param {string | null} conversation its id
   */
  stop(conversation) {
    for (const [id, reply] of this.#coming) if (conversation === null || id === conversation) reply.stop();
  }

  /**
   * Goes on with the reply of a conversation whose page is gone; false where there is nothing to go on with.
   * @param {Page.Conversation} found
   */
  takeUp(found) {
    if (this.isHere(found)) return true;
    if (!found.nodes.some(canGoOn)) return false;
    const chat = this.#chats.get(found.tab);
    const conversation = chat?.adopt(found) ?? found;
    const node = conversation.nodes.find(canGoOn);
    if (!node) return false;
    const reply = new Reply(conversation, node, { found: true });
    this.add(reply);
    chat?.tookUp(reply);
    void this.#goOn(reply);
    return true;
  }

  /** @param {Reply} reply */
  async #goOn(reply) {
    const { conversation, node } = reply;
    const { tab } = conversation;
    const [{ words }, store] = await Promise.all([this.config, this.store()]);
    try {
      await reply.read(reply.follow(), () => store.saveSoon(conversation));
      if (node.ending?.kind === "waiting" && runsByItself(node) && (await (await this.#chatOf(tab)).runHere(reply)))
        return;
    } catch (reason) {
      reply.failed(reason, words);
      if (reason instanceof Refused && reason.error.slug === "turn_gone") {
        node.ending = { kind: "interrupted" };
        addTail(tab, conversation);
      }
    }
    reply.ended();
    await painted();
    this.remove(reply);
    const chat = this.#chats.get(tab);
    if (chat) return settled(chat, reply);
    conversation.unread = newsOf(node);
    await store.save(conversation);
    for (const other of this.#chats.values()) other.onchange();
  }
}

/**
 * Whether the server may still have the reply.
 * @param {Page.ChatNode} node
 */
const canGoOn = (node) => isRunning(node) && Boolean(node.coming?.lasts);
