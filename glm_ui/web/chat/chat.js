// A chat: one conversation is shown; replies may come in others too. Draws through a log, asks through Reply, keeps
// through the store.
// Both tabs that talk to a model hold one; what becomes of files is in its `extras`.

import {
  addNode,
  isRunning,
  newConversation,
  path,
  select,
  siblingsIn,
  titleByQuestion,
} from "../conversations/conversation.js";
import { painted } from "../parts/dom.js";
import { ACTIONS } from "./actions.js";
import { Composer } from "./composer.js";
import { busy, idle, same } from "./controls.js";
import { Log } from "./log.js";
import { failedWithNothing, Reply, stopTurn } from "./reply.js";
import { settled } from "./settled.js";
import { addTail, forgetTail, remember, remembered, rememberTail } from "./tab_memory.js";
import { turnOf } from "./turn.js";

const CURRENT = "glm-ui-conversation";

export class Chat {
  /**
   * The words that went back to the box by themselves.
   * @type {string | null}
   */
  returned = null;
  /** @type {import("../tools/switch.js").ToolSwitch | null} */
  tools = null;
  /** @type {import("../drafts/keeper.js").DraftKeeper | null} */
  drafts = null;
  /** @type {import("./line.js").Line | null} */
  line = null;
  /** @type {(what: string) => unknown} */
  onfocus = () => undefined;
  /** @type {(turn: string | null | undefined) => unknown} */
  onrequest = () => undefined;
  /** @type {() => unknown} */
  onchange = () => undefined;
  /** @type {() => unknown} */
  onopen = () => undefined;

  /** @param {Page.ChatParts} parts */
  constructor({ root, config, store, replies, session, bridge, announce, tab = "chat", makeLog, extras = {} }) {
    this.config = config;
    this.words = config.words;
    this.store = store;
    this.replies = replies;
    this.session = session;
    this.announce = announce;
    this.tab = tab;
    this.extras = extras;
    this.composer = new Composer(bridge);
    /** @type {Page.Act} */
    const act = (name, node, extra) => this.act(name, node, extra);
    /** @type {Page.Log} */
    this.log = makeLog?.(act) ?? new Log(root, { words: config.words, examples: config.examples, act });
    /** @type {Page.Conversation} */
    this.conversation = newConversation({ tab });
    this.show();
    replies.join(this);
    addEventListener("pagehide", () => this.running && rememberTail(tab, this.conversation, this.running.node));
  }

  /** The reply that comes in the conversation that is shown. */
  get running() {
    return this.replies.of(this.conversation.id);
  }

  /** The reply that comes there in another tab of the browser. */
  get #elsewhere() {
    return this.running ? undefined : path(this.conversation).find(isRunning);
  }

  get #isBusy() {
    return Boolean(this.running ?? this.#elsewhere);
  }

  get current() {
    return CURRENT + (this.tab === "chat" ? "" : `-${this.tab}`);
  }

  // --- conversations ---------------------------------------------------------------------------------------

  /**
   * Shows what this browser tab showed before a reload, or what its address names, if it is still kept.
   * @param {string} [named]
   */
  async restore(named) {
    const id = named || remembered(this.current);
    const kept = id && (await this.store.get(id));
    if (!kept || kept.tab !== this.tab || this.running || this.conversation.nodes.length) return;
    addTail(this.tab, kept);
    this.open(kept);
  }

  /** @param {Page.Conversation} conversation */
  open(conversation) {
    const wasBusy = this.#isBusy;
    this.running?.detach();
    this.conversation = this.replies.latest(conversation);
    remember(this.current, conversation.id);
    this.show();
    if (this.running) this.#draw(this.running);
    this.log.toEnd(false);
    this.composer.give(conversation.settings);
    if (wasBusy !== this.#isBusy && !this.composer.wanted) this.composer.withSettings(() => this.#box());
    if (this.conversation.unread) {
      delete this.conversation.unread;
      this.keep();
    }
    this.onchange();
    const files = this.drafts?.opened() ?? [];
    this.extras.opened?.(files);
    this.onopen();
  }

  /**
   * Draws a reply of the conversation that is shown.
   * @param {Reply} reply
   */
  #draw(reply) {
    reply.ondraw = () => reply.conversation === this.conversation && this.#draw(reply);
    reply.view?.leave();
    reply.attach(this.log.live(reply.node));
    this.show();
  }

  fresh() {
    this.open(newConversation({ tab: this.tab }));
    this.focus();
  }

  /** The conversation that is shown is gone: shows an empty one, and keeps no word of it. */
  leave() {
    this.running?.stop();
    forgetTail(this.tab);
    this.open(newConversation({ tab: this.tab }));
  }

  /**
   * Another browser tab changed something: follows, unless a reply comes in here, which is merged when it is saved.
   * @param {Page.Change} change
   */
  async follow({ kind, id }) {
    if (kind !== "changed") this.replies.stop(id);
    if (kind === "cleared") return this.leave();
    if (id !== this.conversation.id) return undefined;
    if (kind === "removed") return this.leave();
    if (this.running) return undefined;
    const kept = await this.store.get(id);
    if (!kept || this.running || this.conversation.id !== id) return undefined;
    const wasBusy = this.#isBusy;
    this.adopt(kept);
    if (wasBusy !== this.#isBusy) this.composer.withSettings(() => this.#box());
    return this.show();
  }

  /**
   * Makes the conversation that is shown what was found of it; null where another is shown.
   * @param {Page.Conversation} found
   */
  adopt(found) {
    if (found.id !== this.conversation.id) return null;
    for (const changed of this.store.adopt(this.conversation, found)) this.log.forget?.(changed);
    return this.conversation;
  }

  /**
   * A reply whose page is gone comes here from now on.
   * @param {Reply} reply
   */
  tookUp(reply) {
    if (reply.conversation !== this.conversation) return;
    this.#draw(reply);
    this.composer.withSettings(this.composer.wanted ?? (() => this.#box()));
  }

  show() {
    this.tools?.draw();
    this.log.show(path(this.conversation), siblingsIn(this.conversation));
  }

  /**
   * Saves the conversation, `soon` within a second; one that has become empty is removed.
   * @param {boolean} [soon]
   * @param {Page.Conversation} [conversation]
   */
  keep(soon = false, conversation = this.conversation) {
    const { store } = this;
    const told = () => this.onchange();
    if (!conversation.nodes.length) return void (conversation.rev && store.remove(conversation.id).then(told));
    if (conversation === this.conversation) remember(this.current, conversation.id);
    if (soon) store.saveSoon(conversation);
    else void store.save(conversation).then(told);
    return undefined;
  }

  // --- what the person does -----------------------------------------------------------------------------------

  /**
   * From Gradio's textbox: returns the update of the textbox.
   * @param {Array<unknown>} values
   * @returns {Page.Update | Promise<Page.Update>}
   */
  submit(values) {
    const { composer } = this;
    composer.read(values);
    const own = this.extras.submit?.();
    if (own) return own;
    if (!composer.text.trim() || !this.put(composer.text)) return same();
    return composer.box(this.running ? busy("") : idle(""));
  }

  /**
   * Sends a message, or puts it in line, with what `more` says of its node. Gives whether it is taken.
   * @param {string} text
   * @param {() => Partial<Page.ChatNode>} [more]
   */
  put(text, more) {
    if (this.line?.takes(text)) this.line.add(text, more?.());
    else if (this.running) return false;
    else this.send(text, undefined, more?.());
    return true;
  }

  /**
   * From the bridge.
   * @param {Array<unknown>} values
   */
  bridged(values) {
    return this.composer.bridged(values, () => this.#box());
  }

  #box() {
    return this.#isBusy ? busy() : idle();
  }

  /** @type {Page.Act} */
  act(name, node, extra) {
    if (name === "select") return this.#branch(extra);
    if (name === "request") return this.onrequest(node.turn);
    const own = this.extras.acts?.[name];
    if (own) return own(node, extra);
    if (this.running && name !== "key") this.stop();
    return ACTIONS[name]?.(this, node, extra);
  }

  /** @param {string} id */
  #branch(id) {
    if (this.running) return;
    select(this.conversation, id);
    this.keep();
    this.show();
  }

  stop() {
    const elsewhere = this.#elsewhere?.coming?.lasts;
    this.running?.stop();
    if (elsewhere) stopTurn(elsewhere);
    return idle();
  }

  focus() {
    this.onfocus("input");
  }

  // --- asking ---------------------------------------------------------------------------------------------------

  /**
   * Adds the person's words, and what else `more` says of the node, below `parent` (by default the end of what is
   * shown) and asks for the reply.
   * @param {string} text
   * @param {string | null} [parent]
   * @param {Partial<Page.ChatNode>} [more]
   * @param {Page.Conversation} [conversation]
   */
  send(text, parent, more = {}, conversation = this.conversation) {
    const below = parent === undefined ? this.end(conversation) : parent;
    void this.reply(addNode(conversation, { ...more, parent: below, role: "user", text }), {}, conversation);
  }

  /** Below which node the next question stands: a reply that failed with nothing is asked anew. */
  end(conversation = this.conversation) {
    const last = path(conversation).at(-1);
    return last && failedWithNothing(last) ? this.questionOf(last, conversation).parent : (last?.id ?? null);
  }

  /**
   * Asks for an answer to `question`.
   * @param {Page.ChatNode} question
   * @param {Page.Asking} [how]
   * @param {Page.Conversation} [conversation]
   */
  async reply(question, how = {}, conversation = this.conversation) {
    const { into = null, resumes = null, file = null } = how;
    this.replies.of(conversation.id)?.stop();
    if (!file) titleByQuestion(conversation, question);
    const node = into ?? resumes?.node ?? addNode(conversation, { parent: question.id, role: "assistant" });
    const reply = new Reply(conversation, node, { goesOn: Boolean(into), resumes: resumes?.fresh });
    this.replies.add(reply);
    try {
      const turn = file ?? turnOf(this, question, how, conversation);
      const shown = conversation === this.conversation;
      if (!file && shown) conversation.settings = this.composer.kept;
      const frames = reply.ask(file ? "replay" : "chat", turn);
      if (shown) this.show();
      if (shown) this.#draw(reply);
      this.keep(false, conversation);
      await reply.read(frames, () => this.keep(true, conversation));
      if (await this.runHere(reply)) return;
    } catch (reason) {
      reply.failed(reason, this.words);
    }
    if (file) node.notes = [...(node.notes ?? []), this.words.list.replayed];
    reply.ended();
    await painted(); // the last words first, then what there is to do about them
    this.replies.remove(reply);
    settled(this, reply);
  }

  /**
   * Runs the tools of a reply that run in the browser. Whether the turn goes on with what they gave.
   * @param {Reply} reply
   */
  async runHere(reply) {
    const { conversation, node } = reply;
    const fresh = await reply.runHere(this.words, () => this.store.save(conversation));
    if (fresh) void this.reply(this.questionOf(node, conversation), { resumes: { node, fresh } }, conversation);
    return Boolean(fresh);
  }

  /**
   * @param {Page.ChatNode} node
   * @param {Page.Conversation} [conversation]
   * @returns {Page.ChatNode} the question that this reply answers
   */
  questionOf(node, conversation = this.conversation) {
    const question = conversation.nodes.find(({ id }) => id === node.parent);
    if (!question) throw new Error(`The reply ${node.id} has no question.`);
    return question;
  }
}
