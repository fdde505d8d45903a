// Keeps the draft of one chat: follows the box, the files and the conversation that is shown, and gives back what was
// typed there before. Sends nothing.

import { originals } from "../multimodal/originals.js";
import { bounded, filesOf, keyOf } from "./draft.js";

/** Milliseconds that the page before may take to be gone, after a reload or a crash. */
const AFTER_RELOAD = 5000;

/**
 * @typedef {import("../chat/chat.js").Chat} Chat
 * @typedef {import("./drafts.js").Drafts} Drafts
 */

export class DraftKeeper {
  #of = "";
  /** Whether it was asked once what a page that is gone left for a new conversation. */
  #asked = false;

  /**
   * `box` finds Gradio's textarea, which may be made anew at any time.
   * @param {{chat: Chat, drafts: Drafts, box: string}} parts
   */
  constructor({ chat, drafts, box }) {
    this.chat = chat;
    this.drafts = drafts;
    this.box = box;
    document.addEventListener("input", ({ target }) => {
      if (target instanceof HTMLTextAreaElement && target.matches(box)) this.text(target.value);
    });
    this.#of = keyOf(chat.conversation);
    chat.composer.heard = (text) => this.text(text);
    const inLine = chat.line?.items ?? [];
    chat.drafts = this;
    if (inLine.length) this.line = inLine;
  }

  /**
   * Begins. What a person has typed meanwhile stays; else the box gets what a page before this one left there, which it
   * may have left before its drafts were loaded.
   * @param {{takeOver: boolean, left?: string}} how
   */
  async start({ takeOver, left = "" }) {
    const typed = this.#typed();
    if (typed || this.chat.extras.files?.().length) return this.text(typed);
    if (takeOver && left) {
      this.text(left);
      this.#show(this.drafts.get(this.#of));
    } else if (takeOver && !(await this.#takeOver())) void this.#takeOver(AFTER_RELOAD);
  }

  #typed() {
    const box = document.querySelector(this.box);
    return box instanceof HTMLTextAreaElement ? box.value : "";
  }

  /**
   * Gives whether there was something.
   * @param {number} [patience] in milliseconds
   */
  async #takeOver(patience) {
    const of = this.#of;
    this.#asked ||= !this.chat.conversation.nodes.length;
    const found = await this.drafts.takeOver(of, patience);
    if (!found || of !== this.#of) return false;
    this.#show(found);
    if (found.files.length) this.chat.extras.opened?.(found.files);
    return true;
  }

  /** @param {Page.Draft | undefined} draft */
  #show(draft) {
    this.chat.composer.show(draft?.text ?? "");
    this.chat.line?.opened();
  }

  /**
   * Another conversation is shown: so is its draft. Gives its files.
   * @returns {Array<Page.FileRef>}
   */
  opened() {
    this.#of = keyOf(this.chat.conversation);
    const mine = this.drafts.get(this.#of);
    this.#show(mine);
    if (!mine && !(this.#asked && !this.chat.conversation.nodes.length)) void this.#takeOver();
    return mine?.files ?? [];
  }

  /** @param {string} text what the box now holds */
  text(text) {
    this.#put({ text });
  }

  /** @returns {Array<Page.InLine>} the messages in line */
  get line() {
    return this.drafts.get(this.#of)?.line ?? [];
  }

  set line(line) {
    this.#put({ line });
    void this.#keepBytes();
  }

  /**
   * The messages in line of a conversation that is not shown.
   * @param {Page.Conversation} conversation
   */
  lineOf(conversation) {
    return this.drafts.get(keyOf(conversation))?.line ?? [];
  }

  /**
   * @param {Page.Conversation} conversation
   * @param {Array<Page.InLine>} line
   */
  keepLine(conversation, line) {
    const { text = "", files = [] } = this.drafts.get(keyOf(conversation)) ?? {};
    this.drafts.put(keyOf(conversation), { text, files, line });
  }

  /** @param {Array<Page.FileRef>} files those of the next question */
  files(files) {
    this.#put({ files: files.map(({ thumbnail, sent, ...file }) => file) });
    void this.#keepBytes();
  }

  /**
   * A question that failed in a conversation that is not shown: its words wait there.
   * @param {Page.Conversation} conversation
   * @param {Page.ChatNode} question
   */
  giveBack(conversation, { text, files }) {
    const of = keyOf(conversation);
    if (!this.drafts.get(of)) this.drafts.put(of, { text, files, line: [] });
  }

  /**
   * A new conversation becomes one of the list with its first question: its draft goes with it.
   * @param {Partial<import("./drafts.js").Typed>} changed
   */
  #put(changed) {
    const { drafts } = this;
    const of = keyOf(this.chat.conversation);
    const before = drafts.get(this.#of) ?? { text: "", files: [], line: [] };
    if (of !== this.#of) drafts.put(this.#of, { text: "", files: [], line: [] });
    this.#of = of;
    drafts.put(of, { text: before.text, files: before.files, line: before.line, ...changed });
  }

  /**
   * The bytes of a file of a draft, where they were kept.
   * @param {string} id
   */
  bytes(id) {
    return this.drafts.file(id);
  }

  #keepBytes() {
    const draft = this.drafts.get(this.#of);
    const held = filesOf(draft ?? { files: [], line: [] }).flatMap(({ id = "" }) => {
      const blob = originals.get(id);
      return blob ? { id, blob, size: blob.size } : [];
    });
    return this.drafts.keepFiles(bounded(held).map(({ id, blob }) => ({ id, blob })));
  }
}
