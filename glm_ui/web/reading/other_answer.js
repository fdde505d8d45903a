// The same question to another model, beside the answer that stands or comes in: both texts, their difference word by word,
// and a way to keep the new one as a version. Where both were asked at once, it is kept by itself. Which model it is, is
// picked from the composer's list: at the answer's menu, and anew in the dialog.

import { addNode, isRunning, newNode, select } from "../conversations/conversation.js";
import { ModelPicker } from "../composer/model_picker.js";
import { drawDifference } from "../models/difference.js";
import { el } from "../parts/dom.js";
import { frame } from "../parts/menu.js";
import { Reply } from "../chat/reply.js";
import { TurnView } from "../chat/turn_view.js";
import { splitModel, turnOf } from "../chat/turn.js";

/** @typedef {{chat: Page.AnyChat, announce: (text: string) => void}} Parts */

/**
 * The list of models for an answer, with the one that gave it picked.
 * @param {Page.ChatNode} node
 * @param {Parts} page
 * @param {{id: string, pick: (value: string) => unknown}} how
 */
function pickerFor(node, { chat: { config, words }, announce }, { id, pick }) {
  const { composer, reading } = words;
  const picked = [node.provider, node.model].filter(Boolean).join(":");
  const hints = { hint: reading.other_more, noKey: reading.other_key };
  return new ModelPicker({ config, words: composer, id, picked, pick, announce, ...hints });
}

/**
 * Opens the list of models at the button of an answer; the one that is picked is asked.
 * @param {Page.ChatNode} node the answer that stands
 * @param {HTMLElement} button
 * @param {Parts} page
 */
export function pickOther(node, button, page) {
  const pick = (/** @type {string} */ model) => {
    button.focus(); // the dialog gives the focus back to what has it now
    new OtherAnswer(node, page).askModel(model);
  };
  pickerFor(node, page, { id: "other-models", pick }).open(button);
}

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
  /** Settles when the reply that came last is over. */
  #asked = Promise.resolve();

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
    this.models = pickerFor(node, { chat, announce }, { id: "other-again", pick: () => this.#askAnew() });
    this.ask = el("button", { type: "submit", class: "dialog-action main" }, this.words.other_ask);
    this.keep = el("button", { type: "button", class: "dialog-action", disabled: true }, this.words.other_keep);
    this.close = el("button", { type: "button", class: "dialog-action" }, this.words.other_close);
    this.title = el("h2", {}, this.words.other_two);
    this.more = el("p", { class: "other-more" }, this.words.other_more);
    this.stands = el("div", { class: "lane-reply" }, this.#view(node).root);
    this.fresh = el("div", { class: "lane-reply" }, el("p", { class: "quiet" }, this.words.other_hint));
    this.difference = el("section", { class: "difference", hidden: true });
    this.dialog = this.#dialog();
  }

  #dialog() {
    const { words, node } = this;
    const form = el("form", { class: "other-form" }, this.models.chip, this.ask);
    const lane = (/** @type {string} */ title, /** @type {Array<Node>} */ ...parts) =>
      el("section", { class: "lane", "aria-label": title }, el("h3", {}, title), ...parts);
    const route = [node.metrics?.model ?? node.model, this.chat.config.providers[node.provider ?? ""]?.name];
    const dialog = el(
      "dialog",
      { class: "glm question other-answer", "aria-label": words.other_two },
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

  /** @param {string} model a value of the picker, or a name that was typed */
  #open(model) {
    this.models.show(model);
    frame().append(this.dialog);
    this.dialog.showModal();
    this.ask.focus();
  }

  /**
   * Opens beside the answer that stands, and asks this model.
   * @param {string} model
   */
  askModel(model) {
    this.#open(model);
    this.#ask();
  }

  /**
   * Opens beside the answer that comes in, and asks this model at once: the controls were read just now.
   * @param {string} model
   */
  askBoth(model) {
    const { words, chat, node } = this;
    this.#isBoth = true;
    this.more.textContent = words.other_both;
    this.keep.textContent = words.other_show;
    this.#open(model);
    if (isRunning(node)) chat.replies.showBeside(node, () => this.#drawStanding());
    else this.#drawStanding();
    this.#asked = this.#run();
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
    this.chat.composer.withSettings(() => void (this.#asked = this.#run()));
  }

  /** Another model was picked in the dialog. */
  async #askAnew() {
    this.ask.focus();
    this.running?.stop();
    await this.#asked;
    if (this.dialog.isConnected) this.#ask();
  }

  async #run() {
    const { chat, words } = this;
    this.#keepBehind();
    const node = (this.other = newNode({ role: "assistant" }));
    const reply = (this.running = new Reply(this.conversation, node));
    const frames = reply.ask("chat", this.#turn(), false);
    const view = this.#view(node, true);
    reply.attach(view);
    this.#name();
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

  /** The second lane is called what was asked. */
  #name() {
    const { providers } = this.chat.config;
    const [provider, model] = splitModel(this.models.value, providers);
    const title = [model, providers[provider ?? ""]?.name].filter(Boolean).join(" · ");
    const lane = this.fresh.closest(".lane");
    const heading = lane?.querySelector("h3");
    if (!title || !lane || !heading) return;
    heading.textContent = title;
    lane.setAttribute("aria-label", title);
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
    const [provider, model] = splitModel(this.models.value, chat.config.providers);
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
