// One assistant turn on the page: thinking fold, answer, tool cards, metrics, the chip of a bad ending.
// It draws a node of the conversation and what is added to it; it decides nothing and stores nothing.

import { guarded } from "../parts/guarded.js";
import { copyText, el, icon, iconButton, turnHeading } from "../parts/dom.js";
import { count, seconds } from "../parts/locale.js";
import { thoughtOf } from "../tools/calls.js";
import { unmarked } from "../markdown/cite_mark.js";
import { marked } from "../tools/citations.js";
import { citedIn, drawSources, linkCited, linkNumbers } from "../tools/sources.js";
import { ToolCards } from "../tools/cards.js";
import { LiveMarkdown } from "../markdown/markdown.js";
import { chipOf, drawChip } from "./ending_chip.js";
import { GrowingText } from "./growing_text.js";
import { announce } from "../parts/voice.js";
import { metricLine } from "./metric_line.js";
import { Phases } from "./phases.js";
import { waitingLine } from "./waiting_line.js";

/** @typedef {import("./waiting_line.js").Waiting} Waiting */

/**
 * Elements that stand where the thinking and the answer of a turn shall be, where they are not in one column.
 * @typedef {{thinking: HTMLElement, answer: HTMLElement}} Places
 */

export class TurnView {
  /** The person has opened or closed the thinking: it is left as it is. */
  touched = false;
  /** The reply came in while it was looked at. */
  seen = false;
  /** @type {LiveMarkdown | null} */
  markdown = null;
  /** @type {Waiting | null} */
  waiting = null;
  /** @type {ReturnType<typeof setInterval> | undefined} */
  clock;
  /** @type {number | undefined} */
  thinkingSince;
  /** @type {number | undefined} */
  thinkingFor;
  /** Index of the last citation that has come. */
  lastCited = -1;

  /**
   * `node` is the conversation's node, whose text is drawn at once; `act(name, node)` is told what the person wants:
   * retry, continue, ... `words` are the page's sentences; `above` gives the sources of the turns before.
   * @param {Page.ChatNode} node
   * @param {{act: Page.Act, words: Wire.Words, live?: boolean, places?: Places | null, above?: () => Array<Page.Source>}} parts */
  constructor(node, { act, words, live = false, places = null, above = () => [] }) {
    this.node = node;
    this.act = act;
    this.words = words;
    this.above = above;
    this.panels = Boolean(places);
    this.phases = new Phases(words, announce);
    this.status = el("div", { class: "turn-status", "aria-live": "off" });
    this.rounds = el("div", { class: "rounds" });
    this.part = this.#makePart();
    this.chip = el("div", { class: "ending", hidden: true });
    this.sources = el("div", { class: "sources" });
    this.notes = el("div", { class: "notes" });
    this.metrics = el("div", { class: "metrics" });
    this.actions = el("div", { class: "turn-actions" });
    this.root = el(
      "article",
      { class: "turn assistant", "data-testid": "bot", "aria-label": words.assistant },
      turnHeading(words.assistant),
    );
    this.#arrange(places);
    guarded(
      () => (node.rounds ?? []).forEach((round) => this.#drawRound(round)),
      () => node.thinking && this.#think(node.thinking),
      () => node.text && this.#say(marked(node.text, node.cited)),
    );
    if (live) this.#startClock();
    else this.finish();
  }

  /** @param {Places | null} places */
  #arrange(places) {
    const { part } = this;
    const foot = el("footer", { class: "turn-foot" }, this.metrics, this.actions);
    const below = [this.status, part.answer, part.tools, this.chip, this.sources, this.notes, foot];
    if (places) {
      places.thinking.replaceChildren(part.thinking);
      places.answer.replaceChildren(this.rounds, ...below);
    } else {
      this.root.append(this.rounds, part.thinking, ...below);
    }
  }

  /** The parts of one reply: a turn with tools has several, one a round. */
  #makePart() {
    const { words, node } = this;
    const label = el("span", { class: "thinking-label" }, words.thinking);
    const body = el("div", { class: "thinking-body", dir: "auto" });
    const copy = iconButton("copy", words.copy_thinking, (event) => copyText(body.textContent, event.currentTarget));
    const opened = (/** @type {Event} */ event) => event.isTrusted && (this.touched = true);
    const summary = el("summary", { onclick: opened }, icon("right"), label);
    const fold = el("details", { class: "thinking", hidden: true }, summary, body);
    const tools = el("div", { class: "tools" });
    return {
      label,
      body,
      fold,
      // Beside the summary, for a button cannot stand inside what is a button itself.
      thinking: el("div", { class: "thinking-row" }, fold, copy),
      thought: new GrowingText(body),
      answer: el("div", { class: "answer md" }),
      tools,
      cards: new ToolCards(tools, {
        words: words.tools,
        answer: (index, said) => this.act("decide", node, { index, ...said }),
      }),
    };
  }

  /** Where the answer of the reply that comes in is drawn. */
  get answer() {
    return this.part.answer;
  }

  /**
   * What is drawn is a whole round: it moves up as it stands, and the next reply is drawn below it.
   * @param {Page.Round} round
   */
  #nextRound(round) {
    const { part: done, words } = this;
    this.#finishAnswer(round);
    done.fold.open = false;
    const taken = round.seconds ?? this.thinkingFor;
    done.label.textContent = taken === undefined ? words.thought : `${words.thought_for} ${seconds(taken)}`;
    this.part = this.#makePart();
    for (const name of /** @type {const} */ (["thinking", "answer", "tools"])) done[name].replaceWith(this.part[name]);
    this.rounds.append(el("div", { class: "round" }, done.thinking, done.answer, done.tools));
    const fresh = { markdown: null, touched: false, thinkingSince: undefined, thinkingFor: undefined, lastCited: -1 };
    Object.assign(this, fresh);
  }

  /** @param {Page.Round} round */
  #drawRound(round) {
    const thought = thoughtOf(round);
    if (thought) this.#think(thought);
    if (round.text) this.#say(marked(round.text, round.cited));
    this.part.cards.show(round.calls ?? [], true);
    this.#nextRound(round);
  }

  // --- what streams ---------------------------------------------------------------------------------------

  /**
   * Draws one frame of `live.py`; the node has been updated already. Never throws.
   * @param {Wire.Frame} frame
   */
  frame(frame) {
    guarded(() => this.#draw(frame));
    this.phases.frame(frame);
  }

  /** @param {Wire.Frame} frame */
  #draw(frame) {
    if (frame.k === "take") this.#take();
    if (frame.t) this.#think(frame.t);
    if (frame.a) this.#say(frame.a);
    if (frame.k === "wait") this.#wait(frame.phase);
    if (frame.k === "files") this.#wait("files", { done: frame.done, total: frame.total });
    if (frame.k === "retry") {
      const { attempt, of, delay, why } = frame;
      this.#wait("retry", { attempt, of, delay, why });
    }
    if (frame.k === "tool" || frame.k === "call") this.#showTools();
    if (frame.k === "cite") this.#cite();
    if (frame.k === "round") this.#nextRound(this.node.rounds?.at(-1) ?? {});
    if (frame.k === "start" || frame.k === "note") this.#showNotes();
    if (frame.metrics) this.#showMetrics(frame.metrics);
  }

  /** @param {string} text */
  #think(text) {
    const { fold, body, thought } = this.part;
    if (fold.hidden) {
      fold.hidden = false;
      fold.open = this.panels || this.clock !== undefined;
      this.thinkingSince = performance.now();
    }
    this.#clearStatus();
    const atEnd = body.scrollHeight - body.scrollTop - body.clientHeight < 24;
    thought.append(text);
    if (atEnd && fold.open) body.scrollTop = body.scrollHeight;
  }

  /** @param {string} text */
  #say(text) {
    this.#clearStatus();
    if (!this.markdown) {
      const { node, answer } = this;
      const onDraw = () => linkCited(answer, node.cited, node.sources);
      this.markdown = new LiveMarkdown(answer, { words: this.words, onDraw });
      if (this.thinkingSince !== undefined) {
        if (this.clock) this.thinkingFor = (performance.now() - this.thinkingSince) / 1000;
        else this.thinkingSince = undefined; // an earlier page knew it
        this.#thoughtLabel();
      }
      if (!this.touched && !this.panels) this.part.fold.open = false;
    }
    this.markdown.append(text);
  }

  /** A source is cited: at the end of what has come its chip is drawn now, elsewhere when all has. */
  #cite() {
    const { text, cited = [] } = this.node;
    const index = cited.length - 1;
    if (index > this.lastCited && cited[index].at === text.length) this.markdown?.mark(index);
    this.lastCited = index;
  }

  /** @param {{text?: string, cited?: Array<Page.Cited>}} reply whose answer is drawn, and whole */
  #finishAnswer({ text = "", cited }) {
    const { sources } = this.node;
    this.markdown?.finish(cited?.length ? marked(text, cited) : undefined);
    linkCited(this.answer, cited, sources);
    linkNumbers(this.answer, citedIn(this.node, this.rounds.childElementCount, this.above()));
  }

  /** What was shown as answer was thinking in truth: a closing tag has come that nothing had opened. */
  #take() {
    const shown = unmarked(this.markdown?.text ?? "");
    const { text } = this.node;
    this.markdown?.leave();
    this.markdown = null;
    this.answer.replaceChildren();
    this.thinkingFor = undefined;
    if (!this.part.fold.hidden) this.thinkingSince ??= performance.now();
    if (shown.length > text.length) this.#think(shown.slice(text.length));
    if (text) this.#say(text);
  }

  /**
   * @param {string} phase
   * @param {Omit<Waiting, "phase" | "since">} [more]
   */
  #wait(phase, more = {}) {
    this.waiting = { phase, since: performance.now(), ...more };
    this.#tick();
  }

  #clearStatus() {
    if (!this.waiting) return;
    this.waiting = null;
    this.status.textContent = "";
  }

  #startClock() {
    this.clock = setInterval(() => this.#tick(), 100);
    this.root.classList.add("live", "fresh");
    if (this.node.text) this.touched = true;
  }

  #tick() {
    const { waiting, words } = this;
    const line = waiting && waitingLine(waiting, words);
    if (line !== null && this.status.textContent !== line) this.status.textContent = line;
    this.part.cards.tick();
    if (this.thinkingSince !== undefined && this.thinkingFor === undefined) {
      this.part.label.textContent = `${words.thinking} ${seconds((performance.now() - this.thinkingSince) / 1000)}`;
    }
  }

  // --- the end ---------------------------------------------------------------------------------------------

  /** The node's calls have changed. Never throws. */
  drawCalls() {
    guarded(() => this.#showTools());
  }

  /** More comes, but it is not drawn here any more. */
  leave() {
    clearInterval(this.clock);
    this.clock = undefined;
    this.markdown?.leave();
  }

  /** No more comes: the last form of everything, as it also looks after a reload. Never throws. */
  finish() {
    this.seen = this.clock !== undefined;
    clearInterval(this.clock);
    this.clock = undefined;
    this.root.classList.remove("live");
    guarded(
      () => this.#clearStatus(),
      () => this.#finishAnswer(this.node),
      () => drawSources(this.sources, this.node.sources, this.words.tools),
      () => this.#showTools(),
      () => this.#showNotes(),
      () => this.#thoughtLabel(),
      () => this.#showMetrics(this.node.metrics),
      () => this.#showEnding(this.node.ending),
    );
  }

  #thoughtLabel() {
    const { node, words } = this;
    if (!node.thinking) return;
    const time = node.metrics?.thinking_seconds ?? this.thinkingFor;
    const tokens = node.metrics?.thinking;
    const parts = [time === undefined || time === null ? words.thought : `${words.thought_for} ${seconds(time)}`];
    if (tokens?.value) parts.push(`${tokens.estimated ? "≈" : ""}${count(tokens.value)} ${words.tokens}`);
    this.part.label.textContent = parts.join(" · ");
  }

  #showTools() {
    const calls = this.node.toolCalls ?? [];
    if (calls.length) this.#clearStatus();
    this.part.cards.show(calls, this.clock === undefined);
  }

  /** What was left out or changed on the way, and that the demo is one: at the end, for most of its answers say so. */
  #showNotes() {
    const { node, words } = this;
    const lines = [
      ...(isDemo(node) &&
      this.clock === undefined &&
      !words.demo_openings.some((opening) => node.text.includes(opening))
        ? [words.demo_mark]
        : []),
      ...(node.notes ?? []),
    ];
    this.notes.replaceChildren(...lines.map((line) => el("p", {}, line)));
  }

  /** @param {Page.Metrics | null | undefined} metrics */
  #showMetrics(metrics) {
    if (!metrics || metrics.ttft === null) return this.metrics.replaceChildren(); // nothing came: nothing to pay for
    this.metrics.replaceChildren(...metricLine(metrics, this.words));
  }

  /** @param {Page.Ending | null} ending */
  #showEnding(ending) {
    const chip = ending && chipOf(ending, this.words, this.node);
    this.chip.hidden = !chip;
    if (!chip) return;
    drawChip(this.chip, chip, (action) => this.act(action, this.node));
    // An error is said aloud when it happens, not when its conversation is opened again.
    this.chip.setAttribute("role", chip.tone === "bad" && this.seen ? "alert" : "note");
  }
}

/** @param {Page.ChatNode} node */
const isDemo = (node) => node.provider === "demo" || node.metrics?.provider === "demo";
