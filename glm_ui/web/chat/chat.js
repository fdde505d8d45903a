// A chat: one conversation, at most one reply on its way. Draws through a log, asks through Reply, keeps through the store.
// Both tabs that talk to a model hold one; what the Multimodal tab adds it gives as `extras`.

import { addNode, newConversation, path, select, siblingsIn, titleFrom } from "../conversations/conversation.js";
import { painted } from "../parts/dom.js";
import { beginDecided, toolsOut } from "../tools/calls.js";
import { ACTIONS } from "./actions.js";
import { Composer } from "./composer.js";
import { busy, idle, same } from "./controls.js";
import { Log } from "./log.js";
import { failedWithNothing, lastWord, Reply } from "./reply.js";
import { addTail, forgetTail, remember, remembered, rememberTail } from "./tab_memory.js";
import { makeTurn, questionOf } from "./turn.js";

const CURRENT = "glm-ui-conversation";

export class Chat {
  /** @type {Reply | null} */
  running = null;
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
  constructor({ root, config, store, session, bridge, announce, tab = "chat", makeLog, extras = {} }) {
    this.config = config;
    this.words = config.words;
    this.store = store;
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
    addEventListener("pagehide", () => this.running && rememberTail(tab, this.conversation, this.running.node));
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
    this.stop();
    this.conversation = conversation;
    remember(this.current, conversation.id);
    this.show();
    this.log.toEnd(false);
    this.composer.give(conversation.settings);
    this.onchange();
    const files = this.drafts?.opened() ?? [];
    this.extras.opened?.(files);
    this.onopen();
  }

  fresh() {
    this.open(newConversation({ tab: this.tab }));
    this.focus();
  }

  /** The conversation that is shown is gone: shows an empty one, and keeps no word of it. */
  leave() {
    this.stop();
    forgetTail(this.tab);
    this.open(newConversation({ tab: this.tab }));
  }

  /**
   * Another browser tab changed something: follows, unless a reply comes in here, which is merged when it is saved.
   * @param {Page.Change} change
   */
  async follow({ kind, id }) {
    if (kind === "cleared") return this.leave();
    if (id !== this.conversation.id || this.running) return undefined;
    if (kind === "removed") return this.leave();
    const kept = await this.store.get(id);
    if (!kept || this.running || this.conversation.id !== id) return undefined;
    for (const changed of this.store.adopt(this.conversation, kept)) this.log.forget?.(changed);
    return this.show();
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
    if (!composer.text.trim()) return same();
    if (this.line?.takes) {
      this.line.add(composer.text);
      return composer.box(this.running ? busy("") : idle(""));
    }
    if (this.running) return same();
    this.send(composer.text);
    return composer.box(busy(""));
  }

  /**
   * From the bridge.
   * @param {Array<unknown>} values
   */
  bridged(values) {
    return this.composer.bridged(values, () => (this.running ? busy() : idle()));
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
    this.running?.stop();
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
   */
  send(text, parent = this.end(), more = {}) {
    const { conversation } = this;
    if (!conversation.nodes.length) conversation.title = titleFrom(text || (more.files?.[0]?.name ?? ""));
    void this.reply(addNode(conversation, { ...more, parent, role: "user", text }));
  }

  /** Below which node the next question stands: a reply that failed with nothing is asked anew. */
  end() {
    const last = path(this.conversation).at(-1);
    return last && failedWithNothing(last) ? this.questionOf(last).parent : (last?.id ?? null);
  }

  /**
   * Plays a turn again that was kept as a file, in a conversation of its own.
   * @param {Page.TurnFile} file
   */
  play(file) {
    const text = questionOf(file);
    const conversation = newConversation({ tab: this.tab });
    conversation.title = `${this.words.list.replay_title}: ${titleFrom(text)}`;
    this.open(conversation);
    const question = addNode(conversation, { role: "user", text });
    const { partial } = file;
    const into = partial
      ? addNode(conversation, { parent: question.id, role: "assistant", text: partial, ending: { kind: "stopped" } })
      : null;
    this.composer.withSettings(() => (void this.reply(question, { file, into }), busy()));
  }

  /**
   * Goes on with the calls of a turn. They count as begun before they are sent: no reload runs one twice.
   * @param {Page.ChatNode} node
   */
  async resume(node) {
    const fresh = structuredClone(node);
    beginDecided(node);
    await this.store.save(this.conversation);
    return this.reply(this.questionOf(node), { resumes: { node, fresh } });
  }

  /**
   * Asks for an answer to `question`.
   * @param {Page.ChatNode} question
   * @param {Page.Asking} [how]
   */
  async reply(question, how = {}) {
    const { into = null, resumes = null, file = null } = how;
    if (this.running) this.stop();
    const { conversation } = this;
    const node = into ?? resumes?.node ?? addNode(conversation, { parent: question.id, role: "assistant" });
    const reply = new Reply(node, { goesOn: Boolean(into), resumes: resumes?.fresh });
    this.running = reply;
    /** @type {Page.LiveView | null} */
    let view = null;
    try {
      const turn = file ?? this.turn(question, how);
      if (!file) conversation.settings = this.composer.kept;
      const frames = reply.ask(file ? "replay" : "chat", turn);
      this.show();
      view = this.log.live(node);
      this.keep();
      await reply.read(frames, view, () => this.keep(true, conversation));
      const fresh = await reply.runHere(view, this.words, () => this.store.save(conversation));
      if (fresh) return void this.reply(question, { resumes: { node, fresh } });
    } catch (reason) {
      reply.failed(reason, this.words);
    }
    reply.ended();
    if (file) node.notes = [...(node.notes ?? []), this.words.list.replayed];
    view?.finish();
    await painted(); // the last words first, then what there is to do about them
    if (this.running === reply) this.running = null;
    this.#settled(question, node, conversation);
  }

  /**
   * @param {Page.ChatNode} question
   * @param {Page.ChatNode} node
   * @param {Page.Conversation} conversation
   */
  #settled(question, node, conversation) {
    const { composer, extras } = this;
    this.keep(false, conversation);
    queueMicrotask(() => this.line?.ended(conversation, node));
    const shown = this.conversation.nodes.includes(node);
    if (!shown && failedWithNothing(node)) this.drafts?.giveBack(conversation, question);
    if (shown) this.show();
    if (shown) this.announce(lastWord(node, this.words));
    if (this.running) return;
    if (!shown) return composer.withSettings(() => idle());
    if (failedWithNothing(node)) {
      extras.giveBack?.(question);
      this.returned = question.text;
      return composer.withSettings(() => idle(composer.text ? undefined : question.text || undefined));
    }
    const { returned } = this;
    this.returned = null;
    if (returned !== null) extras.takeBack?.();
    return composer.withSettings(() => idle(returned && composer.text === returned ? "" : undefined));
  }

  /**
   * The turn as `turn.py` reads it. The question need not be in the conversation yet: it stands below its parent.
   * @param {Page.Asked} question
   * @param {Page.Asking} [how]
   */
  turn(question, { into = null, thinking, maxTokens, resumes = null } = {}) {
    return {
      session: this.session(),
      ...makeTurn({
        settings: this.composer.settings,
        providers: this.config.providers,
        shown: [...this.#above(question.parent), question],
        into,
        resumes: resumes?.fresh,
        thinking,
        maxTokens,
      }),
      ...toolsOut(this.conversation),
      ...this.extras.besides?.(),
    };
  }

  /**
   * The nodes from the first to this one.
   * @param {string | null} id
   */
  #above(id) {
    const byId = new Map(this.conversation.nodes.map((node) => [node.id, node]));
    /** @type {Array<Page.Asked>} */
    const line = [];
    for (let at = byId.get(id ?? ""); at; at = byId.get(at.parent ?? "")) line.unshift(at);
    return line;
  }

  /**
   * @param {Page.ChatNode} node
   * @returns {Page.ChatNode} the question that this reply answers
   */
  questionOf(node) {
    const question = this.conversation.nodes.find(({ id }) => id === node.parent);
    if (!question) throw new Error(`The reply ${node.id} has no question.`);
    return question;
  }
}
