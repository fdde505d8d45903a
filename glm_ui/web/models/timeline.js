// @ts-nocheck
// When what came: one reply's events as a bar of phases and a list with times. It measures nothing but the clock.

import { el, seconds } from "../parts/dom.js";

const PHASES = ["waiting", "thinking", "answer"];

export class Timeline {
  constructor(words) {
    this.words = words;
    this.bars = Object.fromEntries(
      PHASES.map((phase) => [phase, el("span", { class: `bar-${phase}`, title: words[phase] })]),
    );
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
    this.seen = {};
    this.phase = "waiting";
    this.spans = { waiting: 0, thinking: 0, answer: 0 };
    this.last = 0;
    this.frames = 0;
    this.list.replaceChildren();
    this.#note("sent");
  }

  frame(frame) {
    this.#pass();
    this.frames += 1;
    if (frame.k === "wait") this.#note(frame.phase);
    if (frame.k === "retry") this.#note("retry", ` ${frame.attempt}/${frame.of}: ${frame.why}`);
    if (frame.k === "start") this.#note("start", frame.model ? ` ${frame.model}` : "");
    if (frame.t) this.#enter("thinking");
    if (frame.a) this.#enter("answer");
    if (frame.k === "tool" && !this.seen.tool) this.#note("tool");
  }

  /** Nothing more comes. `ending` as the node has it. */
  end(ending) {
    this.#pass();
    this.#note("end", ` ${ending.kind === "error" ? ending.error.what : ending.kind}`);
    this.draw(this.seconds);
  }

  draw(longest) {
    const share = (value) => `${longest ? (100 * value) / longest : 0}%`;
    for (const phase of PHASES) this.bars[phase].style.width = share(this.spans[phase]);
    const told = PHASES.filter((phase) => this.spans[phase]).map(
      (phase) => `${this.words[phase]} ${seconds(this.spans[phase])} s`,
    );
    this.bar.setAttribute("aria-label", told.join(", "));
  }

  #pass() {
    const now = (performance.now() - this.began) / 1000;
    this.spans[this.phase] += now - this.last;
    this.last = this.seconds = now;
  }

  #enter(phase) {
    if (!this.seen[phase]) this.#note(phase);
    this.phase = phase;
  }

  #note(event, more = "") {
    this.seen[event] = true;
    this.list.append(
      el(
        "li",
        { "data-event": event },
        el("span", { class: "at" }, `${this.seconds.toFixed(2)} s`),
        `${this.words[event]}${more}`,
      ),
    );
  }
}
