// @ts-nocheck
// One assistant turn on the page: thinking fold, answer, tool cards, metrics, the chip of a bad ending.
// It draws a node of the conversation and what is added to it; it decides nothing and stores nothing.

import { copyText, count, el, icon, iconButton, seconds, usd } from "../parts/dom.js";
import { thoughtOf } from "../tools/calls.js";
import { drawSources, linkNumbers } from "../tools/sources.js";
import { ToolCards } from "../tools/cards.js";
import { LiveMarkdown } from "../markdown/markdown.js";

const CHUNK = 2000;

/** Plain text that only grows: appended to the last short block, so that a delta costs the same at any length. */
class GrowingText {
  constructor(root) {
    this.root = root;
    this.tail = null;
    this.size = 0;
  }

  append(text) {
    while (text) {
      if (!this.tail || this.size > CHUNK) {
        this.tail = document.createTextNode("");
        this.size = 0;
        this.root.append(el("span", { class: "grown" }, this.tail));
      }
      const cut = this.size + text.length > CHUNK ? text.indexOf("\n", Math.max(0, CHUNK - this.size)) + 1 : 0;
      const piece = cut > 0 ? text.slice(0, cut) : text;
      this.tail.appendData(piece);
      this.size += cut > 0 ? CHUNK + 1 : piece.length;
      text = text.slice(piece.length);
    }
  }
}

export class TurnView {
  /**
   * `node` is the conversation's node (its text and thinking are drawn at once), `act(name, node)` is told what
   * the person wants: retry, continue, undo, show_thinking, ... `words` are the page's sentences.
   */
  constructor(node, { act, words, live = false, places = null }) {
    this.node = node;
    this.act = act;
    this.words = words;
    this.touched = false;
    this.panels = Boolean(places);
    this.#build(places);
    guarded(
      () => (node.rounds ?? []).forEach((round) => this.#drawRound(round)),
      () => node.thinking && this.#think(node.thinking),
      () => node.text && this.#say(node.text),
    );
    if (live) this.#startClock();
    else this.finish();
  }

  #build(places) {
    const { words } = this;
    this.status = el("div", { class: "turn-status", "aria-live": "off" });
    this.rounds = el("div", { class: "rounds" });
    this.#buildReply();
    this.chip = el("div", { class: "ending", hidden: true });
    this.sources = el("div", { class: "sources" });
    this.notes = el("div", { class: "notes" });
    this.metrics = el("div", { class: "metrics" });
    this.actions = el("div", { class: "turn-actions" });
    this.root = el("article", { class: "turn assistant", "data-testid": "bot", "aria-label": words.assistant });
    const foot = el("footer", { class: "turn-foot" }, this.metrics, this.actions);
    const below = [this.status, this.answer, this.tools, this.chip, this.sources, this.notes, foot];
    if (places) {
      places.thinking.replaceChildren(this.thinking);
      places.answer.replaceChildren(this.rounds, ...below);
    } else {
      this.root.append(this.rounds, this.thinking, ...below);
    }
  }

  /** The parts of one reply: a turn with tools has several, one a round. */
  #buildReply() {
    const { words } = this;
    this.label = el("span", { class: "thinking-label" }, words.thinking);
    this.copyThinking = iconButton("copy", words.copy_thinking, (event) =>
      copyText(thinkingBody.textContent, event.currentTarget),
    );
    const thinkingBody = el("div", { class: "thinking-body", dir: "auto" });
    const summary = el("summary", { onclick: (e) => e.isTrusted && (this.touched = true) }, icon("right"), this.label);
    this.fold = el("details", { class: "thinking", hidden: true }, summary, thinkingBody);
    // Beside the summary, for a button cannot stand inside what is a button itself.
    this.thinking = el("div", { class: "thinking-row" }, this.fold, this.copyThinking);
    this.thought = new GrowingText(thinkingBody);
    this.thinkingBody = thinkingBody;
    this.answer = el("div", { class: "answer md" });
    this.markdown = null;
    this.tools = el("div", { class: "tools" });
    const { cards, turn } = { cards: words.tools, turn: this.node };
    this.cards = new ToolCards(this.tools, {
      words: cards,
      answer: (index, verdict) => this.act("decide", turn, { index, ...verdict }),
    });
    Object.assign(this, { touched: false, thinkingSince: undefined, thinkingFor: undefined });
  }

  /** What is drawn is a whole round: it moves up as it stands, and the next reply is drawn below it. */
  #nextRound(time) {
    const { thinking, answer, tools, words } = this;
    this.markdown?.finish();
    this.fold.open = false;
    const taken = time ?? this.thinkingFor;
    this.label.textContent = taken === undefined ? words.thought : `${words.thought_for} ${seconds(taken)} s`;
    const places = [thinking, answer, tools].map((part) => ({ part, hole: document.createComment("") }));
    for (const { part, hole } of places) part.replaceWith(hole);
    this.rounds.append(el("div", { class: "round" }, thinking, answer, tools));
    this.#buildReply();
    [this.thinking, this.answer, this.tools].forEach((part, i) => places[i].hole.replaceWith(part));
  }

  #drawRound(round) {
    const thought = thoughtOf(round);
    if (thought) this.#think(thought);
    if (round.text) this.#say(round.text);
    this.cards.show(round.calls ?? [], true);
    this.#nextRound(round.seconds);
  }

  // --- what streams ---------------------------------------------------------------------------------------

  /** Draws one frame of `live.py`; the node has been updated already. Never throws. */
  frame(frame) {
    guarded(() => this.#draw(frame));
  }

  #draw(frame) {
    if (frame.k === "take") this.#take();
    if (frame.t) this.#think(frame.t);
    if (frame.a) this.#say(frame.a);
    if (frame.k === "wait") this.#wait(frame.phase);
    if (frame.k === "files") this.#wait("files", frame);
    if (frame.k === "retry") this.#retrying(frame);
    if (frame.k === "tool" || frame.k === "call") this.#showTools();
    if (frame.k === "round") this.#nextRound(frame.seconds);
    if (frame.k === "start" || frame.k === "note") this.#showNotes();
    if (frame.metrics) this.#showMetrics(frame.metrics);
  }

  #think(text) {
    if (this.fold.hidden) {
      this.fold.hidden = false;
      this.fold.open = this.panels || this.clock !== undefined;
      this.thinkingSince = performance.now();
    }
    this.#clearStatus();
    const body = this.thinkingBody;
    const atEnd = body.scrollHeight - body.scrollTop - body.clientHeight < 24;
    this.thought.append(text);
    if (atEnd && this.fold.open) body.scrollTop = body.scrollHeight;
  }

  #say(text) {
    this.#clearStatus();
    if (!this.markdown) {
      this.markdown = new LiveMarkdown(this.answer, { words: this.words });
      if (this.thinkingSince !== undefined) this.thinkingFor = (performance.now() - this.thinkingSince) / 1000;
      if (!this.touched && !this.panels) this.fold.open = false;
    }
    this.markdown.append(text);
  }

  /** What was shown as answer was thinking in truth: a closing tag has come that nothing had opened. */
  #take() {
    const shown = this.markdown?.text ?? "";
    const { text } = this.node;
    this.markdown?.leave();
    this.markdown = null;
    this.answer.replaceChildren();
    this.thinkingFor = undefined;
    if (shown.length > text.length) this.#think(shown.slice(text.length));
    if (text) this.#say(text);
  }

  #wait(phase, { done, total } = {}) {
    this.waiting = { phase, since: performance.now(), done, total };
    this.#tick();
  }

  #retrying({ attempt, of, delay, why }) {
    this.waiting = { phase: "retry", since: performance.now(), delay, attempt, of, why };
    this.#tick();
  }

  #clearStatus() {
    if (!this.waiting) return;
    this.waiting = null;
    this.status.textContent = "";
  }

  #startClock() {
    this.clock = setInterval(() => this.#tick(), 100);
    this.root.classList.add("live");
    if (this.node.text) this.touched = true;
  }

  #tick() {
    const { waiting, words } = this;
    if (waiting) {
      const passed = (performance.now() - waiting.since) / 1000;
      const line = {
        files: () => `${words.preparing} ${waiting.done}/${waiting.total}`,
        connecting: () => words.connecting,
        first_byte: () => (passed < 1 ? words.waiting : `${words.waiting}, ${Math.floor(passed)} s`),
        retry: () =>
          `${waiting.why} ${words.retrying} ${Math.max(0, Math.ceil(waiting.delay - passed))} s (${waiting.attempt}/${waiting.of})`,
      }[waiting.phase]();
      if (this.status.textContent !== line) this.status.textContent = line;
    }
    this.cards.tick();
    if (this.thinkingSince !== undefined && this.thinkingFor === undefined) {
      this.label.textContent = `${words.thinking} ${seconds((performance.now() - this.thinkingSince) / 1000)} s`;
    }
  }

  // --- the end ---------------------------------------------------------------------------------------------

  /** No more comes: the last form of everything, as it also looks after a reload. Never throws. */
  finish() {
    this.seen = this.clock !== undefined;
    clearInterval(this.clock);
    this.clock = undefined;
    this.root.classList.remove("live");
    guarded(
      () => this.#clearStatus(),
      () => this.markdown?.finish(),
      () => linkNumbers(this.answer, this.node.sources),
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
    const parts = [time === undefined || time === null ? words.thought : `${words.thought_for} ${seconds(time)} s`];
    if (tokens?.value) parts.push(`${tokens.estimated ? "≈" : ""}${count(tokens.value)} ${words.tokens}`);
    this.label.textContent = parts.join(" · ");
  }

  #showTools() {
    const calls = this.node.toolCalls ?? [];
    if (calls.length) this.#clearStatus();
    this.cards.show(calls, this.clock === undefined);
  }

  /** What was left out or changed on the way, and that the demo is one: at the end, for most of its answers say so. */
  #showNotes() {
    const { node, words } = this;
    const lines = [
      ...(isDemo(node) && this.clock === undefined && !node.text.includes(words.demo_opening) ? [words.demo_mark] : []),
      ...(node.notes ?? []),
    ];
    this.notes.replaceChildren(...lines.map((line) => el("p", {}, line)));
  }

  #showMetrics(metrics) {
    if (!metrics || (metrics.ttft === null && this.clock === undefined)) return this.metrics.replaceChildren();
    this.metrics.replaceChildren(...metricLine(metrics, this.words));
  }

  #showEnding(ending) {
    const chip = ending && chipOf(ending, this.words);
    this.chip.hidden = !chip;
    if (!chip) return;
    const button =
      chip.action &&
      el(
        "button",
        { type: "button", class: "chip-action", onclick: () => this.act(chip.action, this.node) },
        chip.button,
      );
    this.chip.className = `ending ${chip.tone}`;
    // An error is said aloud when it happens, not when its conversation is opened again.
    this.chip.setAttribute("role", chip.tone === "bad" && this.seen ? "alert" : "note");
    const lines = [
      ["chip-what", chip.what],
      ["chip-more", chip.more],
      ["chip-id", chip.id],
    ].filter(([, text]) => text);
    const text = el("div", { class: "chip-text" }, ...lines.map(([name, line]) => el("p", { class: name }, line)));
    this.chip.replaceChildren(text, ...(button ? [button] : []));
  }
}

/** Does each step whatever the others do: a part that cannot be drawn must not take the rest of a turn with it. */
function guarded(...steps) {
  for (const step of steps) {
    try {
      step();
    } catch (reason) {
      console.error("A part of a turn cannot be drawn:", reason);
    }
  }
}

const isDemo = (node) => node.provider === "demo" || node.metrics?.provider === "demo";

const about = (metric, format) =>
  metric?.value === undefined || metric?.value === null ? null : (metric.estimated ? "≈ " : "") + format(metric.value);

/** The muted line below an answer: what answered, how fast, what it took. */
function metricLine(m, words) {
  const items = [
    [words.m_model, m.model],
    [words.m_first, typeof m.ttft === "number" ? `${m.ttft.toFixed(2)} s` : null],
    [words.m_speed, about(m.tokens_per_second, (v) => `${v.toFixed(v < 10 ? 1 : 0)} ${words.per_second}`)],
    [words.m_in, about(m.input, (v) => `${count(v)} ${words.in}`)],
    [words.m_out, about(m.output, (v) => `${count(v)} ${words.out}`)],
    [words.m_thinking, m.thinking?.value ? about(m.thinking, (v) => `${count(v)} ${words.m_thinking_short}`) : null],
    [words.m_cached, m.cached?.value ? about(m.cached, (v) => `${count(v)} ${words.cached}`) : null],
    [words.m_cost, about(m.cost, usd)],
  ];
  const line = items
    .filter(([, value]) => value)
    .map(([title, value]) => el("span", { class: "metric", title }, value));
  const used = m.window_used?.value;
  if (m.window && used) {
    const share = Math.min(1, used / m.window);
    const title = `${words.m_window}: ${count(used)} / ${count(m.window)} ${words.tokens}`;
    const fill = el("span", { class: share > 0.9 ? "fill full" : "fill" });
    fill.style.width = `${Math.max(2, share * 100)}%`;
    line.push(el("span", { class: "gauge", title, role: "img", "aria-label": title }, fill));
  }
  return line;
}

/** Which chip an ending gets: a word, and the way out. null for a good ending. */
function chipOf(ending, words) {
  if (["stop", "tool_calls", "waiting"].includes(ending.kind)) return null;
  if (ending.kind === "error") {
    const { what, why, todo, way_out: wayOut, details } = ending.error;
    const id = details?.turn;
    const action = wayOut && words.actions[wayOut] ? wayOut : "retry";
    return {
      tone: "bad",
      what,
      more: [why, todo].filter(Boolean).join(" "),
      id: id && `${words.request} ${id}`,
      action,
      button: words.actions[action],
    };
  }
  const row = words.endings[ending.kind] ?? words.endings.other;
  return {
    tone: "note",
    what: row.what,
    more: [ending.why, row.more].filter(Boolean).join(" "),
    action: row.action,
    button: words.actions[row.action],
  };
}
