// The same question to another model, beside the answer that stands: both texts, their difference word by word, and a way to
// keep the new one as a version. The conversation changes only where it is kept.

import { addNode, newNode } from "../conversations/conversation.js";
import { drawDifference } from "../models/difference.js";
import { usable } from "../page/places.js";
import { el } from "../parts/dom.js";
import { frame } from "../parts/menu.js";
import { Reply } from "../chat/reply.js";
import { TurnView } from "../chat/turn_view.js";
import { splitModel, turnOf } from "../chat/turn.js";

/** @typedef {{chat: Page.AnyChat, announce: (text: string) => void}} Parts */

export class OtherAnswer {
  /**
   * The reply that comes in.
   * @type {Reply | null}
   */
  running = null;
  /**
   * What came, or comes in.
   * @type {Page.ChatNode | null}
   */
  other = null;

  /**
   * @param {Page.ChatNode} node the answer that stands
   * @param {Parts} page
   */
  constructor(node, { chat, announce }) {
    this.node = node;
    this.chat = chat;
    this.announce = announce;
    this.words = chat.words.reading;
    this.model = el("select", { "aria-label": this.words.other_model }, ...this.#choices());
    this.ask = el("button", { type: "submit", class: "dialog-action main" }, this.words.other_ask);
    this.keep = el("button", { type: "button", class: "dialog-action", disabled: true }, this.words.other_keep);
    this.close = el("button", { type: "button", class: "dialog-action" }, this.words.other_close);
    this.fresh = el("div", { class: "lane-reply" }, el("p", { class: "quiet" }, this.words.other_hint));
    this.difference = el("section", { class: "difference", hidden: true });
    this.dialog = this.#dialog();
  }

  /** The models of the picker, those that can be asked now first; not the one that answered. */
  #choices() {
    const { providers, controls } = this.chat.config;
    const answered = this.node.metrics?.model ?? this.node.model;
    const keys = usable();
    const rows = Object.keys(controls.choices).map((value) => {
      const [provider, model] = splitModel(value, providers);
      return { value, model, provider: provider ?? "", ready: keys.includes(provider ?? "") };
    });
    const first = rows.find(({ ready, model }) => ready && model !== answered) ?? rows[0];
    return [...rows.filter(({ ready }) => ready), ...rows.filter(({ ready }) => !ready)].map((row) =>
      el(
        "option",
        { value: row.value, selected: row === first },
        [row.model, providers[row.provider]?.name].filter(Boolean).join(" · "),
      ),
    );
  }

  #dialog() {
    const { words, node } = this;
    const stands = el("div", { class: "lane-reply" }, this.#view(node).root);
    const form = el("form", { class: "other-form" }, this.model, this.ask);
    const lane = (/** @type {string} */ title, /** @type {Array<Node>} */ ...parts) =>
      el("section", { class: "lane", "aria-label": title }, el("h3", {}, title), ...parts);
    const route = [node.metrics?.model ?? node.model, this.chat.config.providers[node.provider ?? ""]?.name];
    const dialog = el(
      "dialog",
      { class: "glm question other-answer", "aria-label": words.other },
      el("h2", {}, words.other),
      el("p", { class: "other-more" }, words.other_more),
      form,
      el(
        "div",
        { class: "lanes" },
        lane(route.filter(Boolean).join(" · ") || words.other_stands, stands),
        lane(words.other_fresh, this.fresh),
      ),
      this.difference,
      el("div", { class: "dialog-actions" }, this.close, this.keep),
    );
    form.addEventListener(
      "submit",
      (event) => (event.preventDefault(), this.running ? this.running.stop() : this.#ask()),
    );
    this.keep.addEventListener("click", () => this.#keep());
    this.close.addEventListener("click", () => dialog.close());
    dialog.addEventListener("keydown", (event) => event.key === "Escape" && event.stopPropagation());
    dialog.addEventListener("close", () => (this.running?.stop(), dialog.remove()));
    return dialog;
  }

  open() {
    frame().append(this.dialog);
    this.dialog.showModal();
    this.model.focus();
  }

  /**
   * @param {Page.ChatNode} node
   * @param {boolean} [live]
   */
  #view(node, live = false) {
    const view = new TurnView(node, { act: (name) => this.#act(name), words: this.chat.words, live });
    view.root.removeAttribute("data-testid"); // it stands in no conversation
    return view;
  }

  /**
   * What a reply that failed offers: to try again, or what is done on the page behind.
   * @param {string} name
   */
  #act(name) {
    if (name === "retry" || name === "continue") return this.#ask();
    this.dialog.close();
    return this.chat.onfocus(name);
  }

  #ask() {
    // The controls are read as for any question.
    this.chat.composer.withSettings(() => void this.#run());
  }

  async #run() {
    const { chat, words } = this;
    const node = (this.other = newNode({ role: "assistant" }));
    const reply = (this.running = new Reply(chat.conversation, node));
    const frames = reply.ask("chat", this.#turn(), false);
    const view = this.#view(node, true);
    reply.attach(view);
    this.fresh.replaceChildren(view.root);
    this.difference.hidden = true;
    this.keep.disabled = true;
    this.ask.textContent = words.other_stop;
    try {
      await reply.read(frames, () => {});
    } catch (reason) {
      reply.failed(reason, chat.words);
    }
    reply.ended();
    this.running = null;
    this.ask.textContent = words.other_ask;
    await this.#settled(node);
  }

  /** The question and what stands above it, to the model that was picked; without tools, whose calls would wait here. */
  #turn() {
    const { chat } = this;
    const { tools, allowed, ...turn } = turnOf(chat, chat.questionOf(this.node));
    const [provider, model] = splitModel(this.model.value, chat.config.providers);
    return { ...turn, provider, model, effort: null };
  }

  /** @param {Page.ChatNode} node */
  async #settled(node) {
    if (this.other !== node || !this.dialog.isConnected) return;
    this.announce(this.chat.words.finished);
    this.keep.disabled = !node.text;
    if (!node.text || !this.node.text) return;
    await drawDifference(this.difference, this.node.text, node.text, this.chat.words.models.tryout);
    this.difference.hidden = false;
  }

  #keep() {
    const { chat, other, node } = this;
    if (!other) return;
    this.dialog.close();
    if (chat.running) chat.stop();
    addNode(chat.conversation, { ...other, parent: node.parent });
    chat.keep();
    chat.show();
  }
}
