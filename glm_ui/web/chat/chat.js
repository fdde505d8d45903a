// @ts-nocheck
// The chat: one conversation, at most one reply on its way. Decides what a click means; draws through Log,
// sends through streamTurn, keeps through the store. The Multimodal tab's controller is one of these.

import {
  addNode,
  newConversation,
  path,
  removeFrom,
  select,
  siblings,
  titleFrom,
} from "../conversations/conversation.js";
import { busy, FIELDS, GivenControls, idle, same } from "./controls.js";
import { painted, until } from "../parts/dom.js";
import { Log } from "./log.js";
import { added } from "./metrics.js";
import { Refused } from "../server/request.js";
import { streamTurn, takeFrame } from "../server/stream.js";
import { beginDecided, decide, isWaiting, openCalls, toolsOut } from "../tools/calls.js";
import { runHere, runsByItself } from "../tools/in_browser.js";
import { Draft, remember, remembered } from "./tab_memory.js";
import { makeTurn, questionOf } from "./turn.js";

const CURRENT = "glm-ui-conversation";
const TAIL = "glm-ui-tail";
const COMPOSERS = { chat: "#chat-input textarea", multimodal: "#mm-input textarea" };

export class Chat {
  constructor({ root, config, store, session, bridge, announce, tab = "chat", makeLog = logOf }) {
    Object.assign(this, { config, words: config.words, store, session, bridge, announce, tab });
    this.log = makeLog(root, config, (name, node, extra) => this.act(name, node, extra));
    this.running = null;
    this.wanted = null;
    this.returned = null;
    this.settings = {};
    this.given = new GivenControls();
    this.draft = new Draft(tab, COMPOSERS[tab]);
    this.conversation = newConversation({ tab });
    this.show();
    addEventListener("pagehide", () => this.running && layAside(this));
  }

  get current() {
    return CURRENT + (this.tab === "chat" ? "" : `-${this.tab}`);
  }

  get tail() {
    return TAIL + (this.tab === "chat" ? "" : `-${this.tab}`);
  }

  // --- conversations ---------------------------------------------------------------------------------------

  /** Shows what this browser tab showed before a reload, if it is still kept. */
  async restore() {
    const id = remembered(this.current);
    const kept = id && (await this.store.get(id));
    if (!kept || this.running || this.conversation.nodes.length) return;
    addTail(kept, this.tail);
    this.open(kept);
  }

  open(conversation) {
    this.stop();
    this.conversation = conversation;
    remember(this.current, conversation.id);
    this.show();
    this.log.toEnd(false);
    this.#giveControls(conversation.settings);
    this.onchange?.();
  }

  fresh() {
    this.open(newConversation({ tab: this.tab }));
    this.focus();
  }

  /** The conversation that is shown is gone: shows an empty one, and keeps no word of it. */
  leave() {
    this.stop();
    remember(this.tail, "null");
    this.open(newConversation({ tab: this.tab }));
  }

  /** Another browser tab changed something: follows, unless a reply comes in here, which is merged when it is saved. */
  async follow({ kind, id }) {
    if (kind === "cleared") return this.leave();
    if (id !== this.conversation.id || this.running) return undefined;
    if (kind === "removed") return this.leave();
    const kept = await this.store.get(id);
    if (!kept || this.running || this.conversation.id !== id) return undefined;
    for (const changed of this.store.adopt(this.conversation, kept)) this.log.forget?.(changed);
    return this.show();
  }

  // --- the controls of a conversation --------------------------------------------------------------------------

  #giveControls(settings) {
    if (this.given.give(settings)) this.restoreControls?.();
  }

  get pending() {
    return this.given.pending;
  }

  /** Fills controls and text in, for a link or a name from the Models tab; sends nothing. */
  fill({ text, ...controls }) {
    this.#giveControls(controls);
    if (text !== undefined) this.withSettings(() => idle(text));
  }

  /** Gradio may not listen yet while the page loads: its hidden buttons are pressed until it has taken what they give. */
  taken() {
    return until(() => {
      if (!this.pending && !this.wanted) return true;
      if (this.pending) this.restoreControls?.();
      if (this.wanted) this.bridge();
      return false;
    });
  }

  /** Gives the box the words that were not sent before a reload, unless something stands there. */
  restoreDraft() {
    const { text } = this.draft;
    if (text) this.withSettings(() => (this.settings.text ? idle() : idle(text)));
  }

  show() {
    this.tools?.draw();
    this.log.show(path(this.conversation), (node) => siblings(this.conversation, node.id));
  }

  keep(soon = false, conversation = this.conversation) {
    if (!conversation.nodes.length)
      return void (conversation.rev && this.store.remove(conversation.id).then(() => this.onchange?.()));
    if (conversation === this.conversation) remember(this.current, conversation.id);
    if (soon) this.store.saveSoon(conversation);
    else this.store.save(conversation).then(() => this.onchange?.());
  }

  // --- what the person does -----------------------------------------------------------------------------------

  /** From Gradio's textbox: returns the update of the textbox. */
  submit(values) {
    this.read(values);
    const text = this.settings.text ?? "";
    if (this.running || !text.trim()) return same();
    this.send(text);
    return this.box(busy(""));
  }

  /** From the bridge: every control's value has been read, now do what was wanted. */
  bridged(values) {
    this.read(values);
    const wanted = this.wanted;
    this.wanted = null;
    return this.box(wanted?.() ?? (this.running ? busy() : idle()));
  }

  /** An update of the box on its way to Gradio: what it will hold is its draft. */
  box(update) {
    if (update.value !== undefined) this.draft.keep(update.value);
    return update;
  }

  /** Asks Gradio for the controls' values, then runs `wanted`. */
  withSettings(wanted) {
    this.wanted = wanted;
    this.bridge();
  }

  read(values) {
    FIELDS.forEach((name, i) => (this.settings[name] = values[i]));
    Object.assign(this.settings, this.pending);
  }

  act(name, node, extra) {
    if (name === "select") return this.#branch(node, extra);
    if (name === "request") return this.onrequest?.(node.turn);
    if (this.running && name !== "key") this.stop();
    const run = (wanted) => this.withSettings(() => (wanted(), busy()));
    const table = {
      example: () => run(() => this.send(extra)),
      retry: () => run(() => this.reply(this.parentOf(node))),
      edit: () => run(() => this.send(extra, node.parent, { files: node.files })),
      decide: () => this.#decide(node, extra),
      continue: () =>
        run(() =>
          this.#goesOn(node)
            ? this.resume(node)
            : node.text || node.rounds?.length
              ? this.reply(this.parentOf(node), { into: node })
              : this.reply(this.parentOf(node)),
        ),
      no_thinking: () => run(() => this.reply(this.parentOf(node), { thinking: false })),
      more_tokens: () => run(() => this.reply(this.parentOf(node), { maxTokens: null })),
      undo: () => this.undo(node),
      new_chat: () => this.fresh(),
      shorten: () => this.log.edit(this.parentOf(node)),
      edit_question: () => this.log.edit(this.parentOf(node)),
      show_thinking: () => this.#showThinking(node),
      key: () => this.onfocus?.("key"),
      model: () => this.onfocus?.("model"),
      provider: () => this.onfocus?.("model"),
      settings: () => this.onfocus?.("settings"),
    };
    table[name]?.();
  }

  /** What the person said of a tool call; with the last answer the turn goes on. */
  #decide(node, { index, ...said }) {
    decide(this.conversation, node, index, said);
    this.log.view(node.id)?.finish();
    this.keep();
    if (!isWaiting(node)) this.withSettings(() => (this.resume(node), busy()));
  }

  /** Goes on with the calls of a turn. They count as begun before they are sent: no reload runs one twice. */
  async resume(node) {
    const fresh = structuredClone(node);
    beginDecided(node);
    await this.store.save(this.conversation);
    return this.reply(this.parentOf(node), { resumes: { node, fresh } });
  }

  #goesOn(node) {
    return openCalls(node).length > 0;
  }

  parentOf(node) {
    return this.conversation.nodes.find((other) => other.id === node.parent);
  }

  #branch(node, id) {
    if (this.running) return;
    select(this.conversation, id);
    this.keep();
    this.show();
  }

  #showThinking(node) {
    node.text = node.thinking;
    node.thinking = "";
    node.opaque = [];
    node.ending = { kind: "stop" };
    this.log.live(node).finish();
    this.show();
    this.keep();
  }

  /** Takes the last exchange away and gives its words back to the box. */
  undo(node) {
    const question = this.parentOf(node);
    removeFrom(this.conversation, question.id);
    this.keep();
    this.show();
    this.giveBack(question);
    this.withSettings(() => idle(this.settings.text ? undefined : question.text));
    this.focus();
  }

  stop() {
    this.running?.abort.abort();
    return idle();
  }

  // --- asking ---------------------------------------------------------------------------------------------------

  /** Adds the person's words, and what else `more` says of the node, below `parent` (by default the end of what is
   * shown) and asks for the reply. */
  send(text, parent = undefined, more = {}) {
    const below = parent !== undefined ? parent : this.end();
    if (!this.conversation.nodes.length) this.conversation.title = titleFrom(text || (more.files?.[0]?.name ?? ""));
    const question = addNode(this.conversation, { ...more, parent: below, role: "user", text });
    void this.reply(question);
  }

  /** Below which node the next question stands: a reply that failed with nothing is asked anew. */
  end() {
    const last = path(this.conversation).at(-1);
    return last && failedWithNothing(last) ? this.parentOf(last).parent : (last?.id ?? null);
  }

  /** Plays a turn again that was kept as a file (`replay.py`), in a conversation of its own. */
  play(file) {
    const text = questionOf(file);
    const conversation = newConversation({ tab: this.tab });
    conversation.title = `${this.words.list.replay_title}: ${titleFrom(text)}`;
    this.open(conversation);
    const question = addNode(conversation, { role: "user", text });
    if (file.partial)
      addNode(conversation, {
        parent: question.id,
        role: "assistant",
        text: file.partial,
        ending: { kind: "stopped" },
      });
    this.withSettings(() => (this.reply(question, { file, into: conversation.nodes[1] ?? null }), busy()));
  }

  /** Asks for an answer to `question`; `into` goes on with an answer that was cut; `file` is a turn to play again. */
  async reply(question, { into = null, resumes = null, thinking, maxTokens, file = null } = {}) {
    if (this.running) this.stop();
    const { conversation } = this;
    const node =
      into ??
      resumes?.node ??
      addNode(this.conversation, { parent: question.id, role: "assistant", text: "", thinking: "" });
    const job = {
      abort: new AbortController(),
      node,
      from: node.text.length,
      before: (into ?? resumes?.node)?.metrics,
      resumed: Boolean(resumes),
    };
    this.running = job;
    let view = null;
    try {
      const turn = file ?? this.turn(question, into, thinking, maxTokens, resumes?.fresh);
      Object.assign(node, {
        ending: { kind: "running" },
        model: turn.model,
        provider: turn.provider,
        turn: turn.id ?? null,
      });
      if (!file) conversation.settings = this.#kept();
      const frames = streamTurn(file ? "replay" : "chat", turn, job.abort.signal);
      this.show();
      view = this.log.live(node);
      this.keep();
      for await (const frame of frames) {
        if (frame.metrics) frame.metrics = added(job.before, frame.metrics);
        if (frame.k === "round") [job.resumed, job.from] = [false, 0];
        else if (job.resumed) delete frame.thinking; // that of the calls came with the turn that asked
        takeFrame(node, frame, into ? job.from : null);
        view.frame(frame);
        if (KEPT.has(frame.k)) this.keep(true, conversation);
      }
      if (await this.#goesOnHere(node, job, view, conversation)) return;
    } catch (reason) {
      if (job.abort.signal.aborted) node.ending = { kind: "stopped" };
      else node.ending = { kind: "error", error: reason instanceof Refused ? reason.error : this.#ours(reason) };
    }
    if (node.ending.kind === "running") node.ending = { kind: "stopped" };
    if (file) node.notes = [...(node.notes ?? []), this.words.list.replayed];
    view?.finish();
    await painted(); // the last words first, then what there is to do about them
    if (this.running === job) this.running = null;
    this.#settled(question, node, conversation);
  }

  /** Runs the calls that run in the browser and goes on with the turn. False where there are none, or after Stop. */
  async #goesOnHere(node, { abort: { signal } }, view, conversation) {
    if (node.ending?.kind !== "waiting" || !runsByItself(node)) return false;
    node.ending = { kind: "running" };
    const keep = () => this.store.save(conversation);
    await runHere(node, { signal, words: this.words.tools.python, draw: () => view.frame({ k: "call" }), keep });
    if (signal.aborted) return false;
    const fresh = structuredClone(node);
    beginDecided(node);
    await keep();
    if (signal.aborted) return (node.toolCalls = fresh.toolCalls) && false;
    view.finish();
    void this.reply(this.parentOf(node), { resumes: { node, fresh } });
    return true;
  }

  #settled(question, node, conversation) {
    this.keep(false, conversation);
    const shown = this.conversation.nodes.includes(node);
    if (shown) this.show();
    if (shown) this.announce(lastWord(node, this.words));
    if (this.running) return;
    if (!shown) return void this.withSettings(() => idle());
    if (failedWithNothing(node)) {
      this.giveBack(question);
      this.returned = question.text;
      return void this.withSettings(() => idle(this.settings.text ? undefined : question.text || undefined));
    }
    const { returned } = this;
    this.returned = null;
    if (returned !== null) this.takeBack(question);
    this.withSettings(() => idle(returned && this.settings.text === returned ? "" : undefined));
  }

  #ours(reason) {
    return {
      slug: "page",
      what: this.words.page_failed,
      why: String(reason?.message ?? ""),
      todo: this.words.page_failed_todo,
      way_out: "retry",
    };
  }

  /** The turn as `turn.py` reads it. */
  turn(question, into = null, thinking, maxTokens, resumes = null) {
    const shown = [...ancestors(this.conversation, question)];
    const { settings } = this;
    return {
      session: this.session(),
      ...makeTurn({ settings, providers: this.config.providers, shown, into, resumes, thinking, maxTokens }),
      ...toolsOut(this.conversation),
      ...this.besides(),
    };
  }

  /** What else the turn says. */
  besides() {
    return {};
  }

  /** A question that is to be asked anew: its words go back to the box by themselves. */
  giveBack() {}

  /** It was answered after all: what went back by itself goes again. */
  takeBack() {}

  #kept() {
    const { text, ...rest } = this.settings;
    return rest;
  }

  focus() {
    this.onfocus?.("input");
  }
}

/** Frames after which the conversation is kept. */
const KEPT = new Set(["d", "take", "call", "round", "sources"]);

/** What is said aloud when a reply is over. */
function lastWord({ ending }, words) {
  if (ending.kind === "error") return ending.error.what;
  return ending.kind === "waiting" ? words.tools.waits : words.finished;
}

const failedWithNothing = (node) =>
  node.role === "assistant" &&
  node.ending?.kind === "error" &&
  !node.text &&
  !node.thinking &&
  !node.rounds?.length &&
  !node.toolCalls?.length;

function* ancestors(conversation, node) {
  const byId = new Map(conversation.nodes.map((other) => [other.id, other]));
  const line = [];
  for (let at = node; at; at = byId.get(at.parent)) line.unshift(at);
  yield* line;
}

const logOf = (root, { words, examples }, act) => new Log(root, { words, examples, act });

/** A closing page has no time for the database: the reply on its way is laid aside at once, for this tab's reload. */
function layAside({ conversation, running, tail }) {
  const { id, text, thinking } = running.node;
  remember(tail, JSON.stringify({ conversation: conversation.id, id, text, thinking }));
}

function addTail(conversation, name) {
  const tail = JSON.parse(remembered(name) ?? "null");
  const node = tail?.conversation === conversation.id && conversation.nodes.find(({ id }) => id === tail.id);
  if (!node || node.text.length + node.thinking.length >= tail.text.length + tail.thinking.length) return;
  Object.assign(node, { text: tail.text, thinking: tail.thinking });
}
