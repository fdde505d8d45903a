// The replies that are on their way in this page, one a conversation, whichever conversation is shown. Those of a page
// that was here before are taken up again.

import { isRunning } from "../conversations/conversation.js";
import { painted } from "../parts/dom.js";
import { Refused } from "../server/request.js";
import { Reply } from "./reply.js";
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
  /** @type {import("../conversations/store.js").Store | null} */
  store = null;

  /** @param {Promise<Wire.Config>} config */
  constructor(config) {
    this.config = config;
  }

  /** @param {Chat} chat where replies of its tab are drawn and settled from now on */
  join(chat) {
    this.#chats.set(chat.tab, chat);
  }

  /** @param {string} conversation its id */
  of(conversation) {
    return this.#coming.get(conversation) ?? null;
  }

  /** @param {Reply} reply */
  add(reply) {
    this.#coming.set(reply.conversation.id, reply);
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
    const ended = read.nodes.some(isRunning) ? this.#ended.get(read.id) : undefined;
    return this.of(read.id)?.conversation ?? ended ?? read;
  }

  /**
   * Stops what comes in a conversation; in all, where none is named.
   * @param {string | null} conversation its id
   */
  stop(conversation) {
    for (const [id, reply] of this.#coming) if (conversation === null || id === conversation) reply.stop();
  }

  /**
   * Goes on with the reply of a conversation whose page is gone. Gives what lasts as long as it does; null where there is
   * nothing to go on with.
   * @param {Page.Conversation} conversation
   * @returns {{until: Promise<void>} | null}
   */
  takeUp(conversation) {
    const node = conversation.nodes.find((each) => isRunning(each) && each.coming?.lasts);
    if (!node || this.of(conversation.id)) return null;
    const reply = new Reply(conversation, node, { found: true });
    this.add(reply);
    const chat = this.#chats.get(conversation.tab);
    if (chat?.conversation.id === conversation.id) chat.open(conversation);
    return { until: this.#goOn(reply) };
  }

  /** @param {Reply} reply */
  async #goOn(reply) {
    const { conversation, node } = reply;
    const { words } = await this.config;
    try {
      await reply.read(reply.follow(), () => this.store?.saveSoon(conversation));
    } catch (reason) {
      reply.failed(reason, words);
      if (reason instanceof Refused && reason.error.slug === "turn_gone") {
        node.ending = { kind: "interrupted" };
        addTail(conversation.tab, conversation);
      }
    }
    reply.ended();
    await painted();
    this.remove(reply);
    const chat = this.#chats.get(conversation.tab);
    if (chat) chat.settled(reply);
    else await this.store?.save(conversation);
  }
}
