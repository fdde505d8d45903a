// When what came: one reply's events as a bar of phases and a list with times. It measures nothing but the clock.

import { el } from "../parts/dom.js";
import { listed, seconds } from "../parts/locale.js";

/** @typedef {"waiting" | "thinking" | "answer"} Phase */

/** @type {Array<Phase>} */
const PHASES = ["waiting", "thinking", "answer"];

export class Timeline {
  /** When the reply was asked for, of performance.now(). */
  began = 0;
  /** Up to when it is drawn, in seconds. */
  seconds = 0;
  /**
   * Events that are in the list.
   * @type {Set<string>}
   */
  seen = new Set();
  /** @type {Phase} */
  phase = "waiting";
  /** Seconds of each phase. */
  spans = { waiting: 0, thinking: 0, answer: 0 };

  /** @param {Wire.Words["models"]["tryout"]["events"]} words */
  constructor(words) {
    this.words = words;
    /** @param {Phase} phase */
    const bar = (phase) => el("span", { class: `bar-${phase}`, title: words[phase] });
    this.bars = { waiting: bar("waiting"), thinking: bar("thinking"), answer: bar("answer") };
    this.bar = el("div", { class: "timeline-bar", role: "img" }, ...Object.values(this.bars));
    this.list = el("ol", { class: "timeline-events" });
    this.root = el(
      "details",
      { class: "timeline" },
      el("summary", {}, this.bar, el("span", { class: "timeline-label" }, words.title)),
      this.list,
    );
  }

  start() {
    this.began = performance.now();
    this.seconds = 0;
    this.seen.clear();
    this.phase = "waiting";
    this.spans = { waiting: 0, thinking: 0, answer: 0 };
    this.list.replaceChildren();
    this.#note("sent");
  }

  /** @param {Wire.Frame} frame */
  frame(frame) {
    this.#pass();
    if (frame.k === "wait") this.#note(frame.phase);
    if (frame.k === "retry") this.#note("retry", ` ${frame.attempt}/${frame.of}: ${frame.why}`);
    if (frame.k === "start") this.#note("start", frame.model ? ` ${frame.model}` : "");
    if (frame.t) this.#enter("thinking");
    if (frame.a) this.#enter("answer");
    if (frame.k === "tool" && !this.seen.has("tool")) this.#note("tool");
  }

  /**
   * Nothing more comes.
   * @param {Page.Ending} ending
   */
  end(ending) {
    this.#pass();
    this.#note("end", ` ${ending.error?.what ?? ending.kind}`);
    this.draw(this.seconds);
  }

  /** @param {number} longest how many seconds are the whole width */
  draw(longest) {
    /** @param {number} value */
    const share = (value) => `${longest ? (100 * value) / longest : 0}%`;
    for (const phase of PHASES) this.bars[phase].style.width = share(this.spans[phase]);
    const told = PHASES.filter((phase) => this.spans[phase]).map(
      (phase) => `${this.words[phase]} ${seconds(this.spans[phase])}`,
    );
    this.bar.setAttribute("aria-label", listed(told));
  }

  #pass() {
    const now = (performance.now() - this.began) / 1000;
    this.spans[this.phase] += now - this.seconds;
    this.seconds = now;
  }

  /** @param {Phase} phase */
  #enter(phase) {
    if (!this.seen.has(phase)) this.#note(phase);
    this.phase = phase;
  }

  /** @param {string} event */
  #note(event, more = "") {
    this.seen.add(event);
    this.list.append(
      el(
        "li",
        { "data-event": event },
        el("span", { class: "at" }, seconds(this.seconds, 2)),
        `${this.words[event]}${more}`,
      ),
    );
  }
}
