// The same question to another model, beside the answer that stands or comes in: both texts, their difference word by word,
// and a way to keep the new one as a version. Where both were asked at once, it is kept by itself.

import { addNode, isRunning, newNode, select } from "../conversations/conversation.js";
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
  /** Whether both models were asked at once. */
  #isBoth = false;

  /**
   * @param {Page.ChatNode} node the answer that stands
   * @param {Parts} page
   */
  constructor(node, { chat, announce }) {
    this.node = node;
    this.chat = chat;
    this.conversation = chat.conversation;
    this.announce = announce;
    this.words = chat.words.reading;
    this.model = el("select", { "aria-label": this.words.other_model }, ...this.#choices());
    this.ask = el("button", { type: "submit", class: "dialog-action main" }, this.words.other_ask);
    this.keep = el("button", { type: "button", class: "dialog-action", disabled: true }, this.words.other_keep);
    this.close = el("button", { type: "button", class: "dialog-action" }, this.words.other_close);
    this.title = el("h2", {}, this.words.other);
    this.more = el("p", { class: "other-more" }, this.words.other_more);
    this.stands = el("div", { class: "lane-reply" }, this.#view(node).root);
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
    const form = el("form", { class: "other-form" }, this.model, this.ask);
    const lane = (/** @type {string} */ title, /** @type {Array<Node>} */ ...parts) =>
      el("section", { class: "lane", "aria-label": title }, el("h3", {}, title), ...parts);
    const route = [node.metrics?.model ?? node.model, this.chat.config.providers[node.provider ?? ""]?.name];
    const dialog = el(
      "dialog",
      { class: "glm question other-answer", "aria-label": words.other },
      this.title,
      this.more,
      form,
      el(
        "div",
        { class: "lanes" },
        lane(route.filter(Boolean).join(" · ") || words.other_stands, this.stands),
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
    dialog.addEventListener("close", () => this.#closed());
    return dialog;
  }

  #closed() {
    this.dialog.remove();
    if (this.#isBoth) this.chat.replies.showBeside(null);
    if (this.running) this.running.stop();
    else this.#keepBehind();
  }

  open() {
    frame().append(this.dialog);
    this.dialog.showModal();
    this.model.focus();
  }

  /**
   * Opens beside the answer that comes in, and asks this model at once: the controls were read just now.
   * @param {string} model a value of the picker, or a name that was typed
   */
  openWith(model) {
    const { words, chat, node } = this;
    this.#isBoth = true;
    const isListed = [...this.model.options].some(({ value }) => value === model);
    if (!isListed) this.model.append(el("option", { value: model }, model));
    this.model.value = model;
    this.title.textContent = words.other_two;
    this.dialog.setAttribute("aria-label", words.other_two);
    this.more.textContent = words.other_both;
    this.keep.textContent = words.other_show;
    this.open();
    this.ask.focus();
    if (isRunning(node)) chat.replies.showBeside(node, () => this.#drawStanding());
    else this.#drawStanding();
    void this.#run();
  }

  /** The answer that comes in. */
  #drawStanding() {
    const view = this.#view(this.node, isRunning(this.node));
    const { finish } = view;
    view.finish = () => {
      finish.call(view);
      void this.#compare();
    };
    this.stands.replaceChildren(view.root);
    return view;
  }

  /**
   * @param {Page.ChatNode} node
   * @param {boolean} [live]
   */
  #view(node, live = false) {
    const view = new TurnView(node, {
      act: (name, _, extra) => this.#act(name, node, extra),
      words: this.chat.words,
      live,
    });
    view.root.removeAttribute("data-testid"); // it stands in no conversation
    return view;
  }

  /**
   * What a reply offers: to try again, an answer to a tool's call, or what is done on the page behind.
   * @param {string} name
   * @param {Page.ChatNode} node
   * @param {any} extra
   */
  #act(name, node, extra) {
    const isFresh = node !== this.node;
    if (isFresh && (name === "retry" || name === "continue")) return this.#ask();
    if (name !== "decide") this.dialog.close();
    return isFresh ? this.chat.onfocus(name) : this.chat.act(name, node, extra);
  }

  #ask() {
    // The controls are read as for any question.
    this.chat.composer.withSettings(() => void this.#run());
  }

  async #run() {
    const { chat, words } = this;
    this.#keepBehind();
    const node = (this.other = newNode({ role: "assistant" }));
    const reply = (this.running = new Reply(this.conversation, node));
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

  /** Of two that were asked at once, the second answer stays as a version that is not shown. */
  #keepBehind() {
    const { chat, conversation, node, other } = this;
    this.other = null;
    if (!this.#isBoth || !other?.text) return;
    addNode(conversation, { ...other, parent: node.parent });
    select(conversation, node.id);
    chat.keep(false, conversation);
    if (conversation === chat.conversation && !chat.running) chat.show();
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
    if (this.other !== node) return;
    if (!this.dialog.isConnected) return this.#keepBehind();
    this.announce(this.chat.words.finished);
    await this.#compare();
  }

  /** The difference of both answers, once both are there. */
  async #compare() {
    const { node, other, keep, difference } = this;
    const isOver = Boolean(other) && !this.running && !isRunning(node);
    keep.disabled = !isOver || !other?.text;
    if (!isOver || !other?.text || !node.text) return;
    await drawDifference(difference, node.text, other.text, this.chat.words.models.tryout);
    difference.hidden = false;
  }

  #keep() {
    const { chat, other, node } = this;
    if (!other) return;
    this.other = null;
    this.dialog.close();
    if (chat.running) chat.stop();
    addNode(chat.conversation, { ...other, parent: node.parent });
    chat.keep();
    chat.show();
  }
}
