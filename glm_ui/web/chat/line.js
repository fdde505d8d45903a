// Messages in line: what was sent while a reply came in, or while the server could not be reached. Shown above the box,
// to be changed and taken out; the next goes when the reply has ended well, whichever conversation is shown by then. After
// an error, Stop or a reload that found no reply they wait for a word, and so does what is sent then. They are kept with
// the draft of their conversation.

import { path } from "../conversations/conversation.js";
import { closest, el, find } from "../parts/dom.js";
import { draw, h, iconButtonOf } from "../parts/draw.js";
import { newId } from "../parts/id.js";
import { listed } from "../parts/locale.js";
import { reach } from "../server/reach.js";
import { busy } from "./controls.js";
import { failedWithNothing } from "./reply.js";
import { editInPlace } from "./turn_buttons.js";

/**
 * Whether the last reply waits for an answer about its tools.
 * @param {Page.Conversation} conversation
 */
const isOpen = (conversation) => path(conversation).at(-1)?.ending?.kind === "waiting";

/**
 * Whether these are the words of a question that failed with nothing.
 * @param {import("./chat.js").Chat} chat
 * @param {string} text
 */
function isAskedAgain(chat, text) {
  const last = path(chat.conversation).at(-1);
  return last !== undefined && failedWithNothing(last) && chat.questionOf(last).text.trim() === text.trim();
}

export class Line {
  /** @type {Set<string>} conversations whose messages go by themselves */
  #going = new Set();
  /**
   * Those that no draft keeps, for drafts are not there yet.
   * @type {Array<Page.InLine>}
   */
  #early = [];
  /** Closes the box that a message is changed in. @type {(() => void) | null} */
  #closeEditor = null;

  /**
   * `box` finds Gradio's box, above which the messages are shown.
   * @param {{chat: import("./chat.js").Chat, box: string}} parts
   */
  constructor({ chat, box }) {
    this.chat = chat;
    this.words = chat.words.line;
    this.rows = el("ul", { class: "line-rows" });
    this.state = el("span", { class: "line-state" });
    this.send = el("button", { type: "button", class: "small-button line-send", onclick: () => this.#begin() });
    this.root = el(
      "section",
      { class: "glm line", "aria-label": this.words.title, hidden: true },
      el("div", { class: "line-head", role: "status" }, this.state, this.send),
      this.rows,
    );
    this.send.textContent = this.words.send;
    this.box = box;
    reach.onChange(() => this.#next());
    chat.line = this;
  }

  /** @returns {Array<Page.InLine>} */
  get items() {
    return this.chat.drafts?.line ?? this.#early;
  }

  set items(items) {
    if (this.chat.drafts) this.chat.drafts.line = items;
    else this.#early = items;
    this.draw();
  }

  /** Whether something keeps every message from being sent now. */
  get #isShut() {
    return Boolean(this.chat.running) || reach.gone;
  }

  /**
   * Whether this goes into the line when it is sent now: behind what waits there, but for the words of a question that
   * failed, which were sent before that.
   * @param {string} text
   */
  takes(text) {
    return this.#isShut || (this.items.length > 0 && !isAskedAgain(this.chat, text));
  }

  /**
   * @param {string} text
   * @param {Partial<Page.ChatNode>} [more]
   */
  add(text, more = {}) {
    if (this.#isShut) this.#going.add(this.chat.conversation.id);
    this.items = [...this.items, { id: newId(), text, more }];
    this.chat.announce(this.#why());
  }

  /** Another conversation is shown, or what is kept of this one was read. */
  opened() {
    const { running, conversation } = this.chat;
    if (running?.found) this.#going.add(conversation.id); // the page before was in the middle of it
    this.#closeEditor?.();
    this.#closeEditor = null;
    this.draw();
    void this.#next();
  }

  /**
   * A reply is over.
   * @param {Page.Conversation} conversation
   * @param {Page.ChatNode} node
   */
  ended(conversation, { ending }) {
    if (ending?.kind !== "stop" && ending?.kind !== "waiting") this.#going.delete(conversation.id);
    if (conversation !== this.chat.conversation) return this.#nextOf(conversation);
    this.draw();
    this.#next();
  }

  /**
   * As `#next`, in a conversation that is not shown.
   * @param {Page.Conversation} conversation
   */
  #nextOf(conversation) {
    const { chat } = this;
    const [first, ...rest] = chat.drafts?.lineOf(conversation) ?? [];
    if (!first || reach.gone || !this.#going.has(conversation.id) || isOpen(conversation)) return;
    chat.drafts?.keepLine(conversation, rest);
    chat.send(first.text, undefined, first.more, conversation);
  }

  /** Sends the first one, where nothing is in its way; none while one of them is being changed. */
  #next() {
    const { chat, items } = this;
    this.draw();
    if (
      !items.length ||
      this.#closeEditor ||
      chat.running ||
      reach.gone ||
      !this.#going.has(chat.conversation.id) ||
      isOpen(chat.conversation)
    )
      return;
    const [{ id, text, more }] = items;
    const { conversation } = chat;
    chat.composer.withSettings(() => {
      if (chat.running || this.#closeEditor || chat.conversation !== conversation || this.items[0]?.id !== id)
        return undefined;
      this.items = this.items.slice(1);
      chat.send(text, undefined, more);
      this.#going.add(chat.conversation.id);
      return busy();
    });
  }

  /** The person says that they go now. */
  #begin() {
    this.#going.add(this.chat.conversation.id);
    this.#next();
  }

  #why() {
    const { words } = this;
    if (reach.gone) return words.offline;
    if (this.#going.has(this.chat.conversation.id)) return words.next;
    return words.held;
  }

  draw() {
    const { items, root } = this;
    if (items.length && !root.isConnected) find(this.box)?.before(root);
    const from = root.contains(document.activeElement) ? document.activeElement : null;
    root.hidden = !items.length;
    this.state.textContent = items.length ? this.#why() : "";
    this.send.hidden = this.#going.has(this.chat.conversation.id) || Boolean(this.chat.running) || reach.gone;
    if (!find(".editor", root)) draw(this.rows, ...items.map((item) => this.#row(item)));
    if (from && (!from.isConnected || from.closest("[hidden]"))) this.chat.focus(); // what had the focus is gone
  }

  /** @param {Page.InLine} item */
  #row(item) {
    const { words, chat } = this;
    const names = listed((item.more.files ?? []).map(({ name, url }) => name || url));
    const shown = [item.text, names].filter(Boolean).join(" · ");
    /** @param {string} text */
    const change = (text) => (this.items = this.items.map((each) => (each.id === item.id ? { ...each, text } : each)));
    /** @param {Event} event */
    const edit = ({ target }) => {
      const said = closest(target, "li")?.querySelector(".line-text");
      if (!(said instanceof HTMLElement)) return;
      const { conversation } = chat;
      /** @param {string | null} text as it stands, so that nothing is lost where another conversation is shown */
      const typed = (text) => conversation === chat.conversation && change(text?.trim() || item.text);
      const closed = () => {
        this.#closeEditor = null;
        this.#next();
      };
      this.#closeEditor?.();
      this.#closeEditor = editInPlace(said, item.text, { ...chat.words, send: words.save }, change, { typed, closed });
    };
    const out = () => {
      this.items = this.items.filter(({ id }) => id !== item.id);
      chat.focus();
    };
    return h(
      "li",
      { key: item.id },
      h("span", { class: "line-text", dir: "auto" }, shown),
      iconButtonOf("edit", words.edit, edit),
      iconButtonOf("close", words.remove, out),
    );
  }
}
