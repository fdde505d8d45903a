// @ts-nocheck
// Try: one prompt through one route, or through two side by side; each lane streams, fails and is measured alone.
// Lanes go through the same route as the chat (`streamTurn`) and are drawn by the same TurnView.

import { copyText, count, el, iconButton, seconds, usd } from "../parts/dom.js";
import { newId } from "../parts/id.js";
import { sends } from "./keys.js";
import { drawDifference } from "../models/difference.js";
import { Timeline } from "../models/timeline.js";
import { Refused } from "../server/request.js";
import { streamTurn, takeFrame } from "../server/stream.js";
import { TurnView } from "./turn_view.js";

const THINKING = { "": null, on: true, off: false };

/** One route with its reply. */
class Lane {
  constructor(key, compare) {
    Object.assign(this, { key, compare, words: compare.words, node: null, abort: null });
    this.name = el("input", {
      type: "text",
      id: `try-name-${key}`,
      list: "try-names",
      "aria-label": this.words.name,
      placeholder: this.words.name,
      autocomplete: "off",
      spellcheck: "false",
      autocapitalize: "off",
    });
    const options = Object.entries(compare.providers).map(([value, { name }]) => el("option", { value }, name));
    this.provider = el(
      "select",
      { id: `try-provider-${key}`, "aria-label": this.words.provider },
      el("option", { value: "" }, this.words.any_provider),
      ...options,
    );
    const ways = Object.entries(this.words.thinking_ways).map(([value, label]) => el("option", { value }, label));
    this.thinking = el("select", { id: `try-thinking-${key}`, "aria-label": this.words.thinking_label }, ...ways);
    this.setup = el(
      "div",
      { class: "lane-setup", role: "group", "aria-label": this.words.lanes[key] },
      this.name,
      this.provider,
      this.thinking,
    );
    this.figures = el("dl", { class: "lane-figures" });
    this.reply = el("div", { class: "lane-reply" });
    this.route = el("p", { class: "lane-route" });
    this.timeline = new Timeline(this.words.events);
    this.root = el(
      "section",
      { class: "lane", id: `try-lane-${key}`, "aria-label": this.words.lanes[key] },
      this.route,
      this.reply,
      this.figures,
      this.timeline.root,
    );
    this.root.hidden = true;
  }

  set({ model, provider, thinking }) {
    this.name.value = model ?? "";
    this.provider.value = provider ?? "";
    this.thinking.value = thinking ?? "";
  }

  stop() {
    this.abort?.abort();
  }

  /** Asks, and resolves when the reply is over, however it ended. */
  async run(prompt) {
    this.stop();
    const abort = (this.abort = new AbortController());
    const turn = this.#turn(prompt);
    const node = {
      id: turn.id,
      turn: turn.id,
      role: "assistant",
      text: "",
      thinking: "",
      ending: { kind: "running" },
      model: turn.model,
      provider: turn.provider,
    };
    this.node = node;
    this.root.hidden = false;
    this.route.textContent = [turn.model, turn.provider && this.compare.providers[turn.provider].name]
      .filter(Boolean)
      .join(" · ");
    this.figures.replaceChildren();
    const view = new TurnView(node, {
      act: (name) => this.compare.act(name, this),
      words: this.compare.pageWords,
      live: true,
    });
    this.reply.replaceChildren(view.root);
    await this.#read(node, view, turn, abort);
    if (this.node !== node) return;
    view.finish();
    view.metrics.replaceChildren();
    view.actions.replaceChildren(
      iconButton("copy", this.compare.pageWords.copy, (event) => copyText(node.text, event.currentTarget)),
      iconButton("code", this.compare.pageWords.exact.open, () => this.compare.openRequest(node.turn)),
    );
    this.#showFigures(node.metrics);
  }

  /** Reads the reply into `node` and its view, to the end. */
  async #read(node, view, turn, abort) {
    this.timeline.start();
    try {
      for await (const frame of streamTurn("chat", turn, abort.signal)) {
        takeFrame(node, frame);
        view.frame(frame);
        this.timeline.frame(frame);
        this.compare.rescale();
      }
    } catch (reason) {
      node.ending = abort.signal.aborted
        ? { kind: "stopped" }
        : {
            kind: "error",
            error:
              reason instanceof Refused
                ? reason.error
                : { what: this.words.stumbled, why: String(reason?.message ?? ""), todo: "" },
          };
    }
    if (node.ending.kind === "running") node.ending = { kind: "stopped" };
    this.timeline.end(node.ending);
    if (this.abort === abort) this.abort = null;
  }

  #turn(prompt) {
    return {
      session: this.compare.session(),
      id: newId().slice(0, 18),
      model: this.name.value.trim(),
      provider: this.provider.value || null,
      thinking: THINKING[this.thinking.value],
      messages: [{ role: "user", text: prompt }],
    };
  }

  /** The figures of the reply, the model that really answered first. */
  #showFigures(metrics) {
    if (!metrics) return;
    const { figures } = this.words;
    const about = (figure, format) =>
      figure?.value === undefined || figure?.value === null
        ? null
        : (figure.estimated ? "≈ " : "") + format(figure.value);
    const second = (value) => (typeof value === "number" ? `${seconds(value)} s` : null);
    const rows = {
      answered: metrics.model,
      first: typeof metrics.ttft === "number" ? `${metrics.ttft.toFixed(2)} s` : null,
      total: second(metrics.seconds),
      input: about(metrics.input, count),
      output: about(metrics.output, count),
      thinking: about(metrics.thinking, count),
      speed: about(
        metrics.tokens_per_second,
        (value) => `${value.toFixed(value < 10 ? 1 : 0)} ${this.compare.pageWords.per_second}`,
      ),
      cost: about(metrics.cost, usd),
    };
    const pairs = Object.entries(rows).map(([name, value]) =>
      el(
        "div",
        {},
        el("dt", {}, figures[name]),
        el("dd", { "data-figure": name, class: value ? null : "unknown" }, value ?? this.words.unknown),
      ),
    );
    this.figures.replaceChildren(...pairs);
  }
}

export class Compare {
  constructor({ root, words, pageWords, providers, names, session, openRequest, announce, goTo }) {
    Object.assign(this, { root, words, pageWords, providers, session, openRequest, announce, goTo });
    this.lanes = { a: new Lane("a", this), b: new Lane("b", this) };
    this.two = el("input", { type: "checkbox", id: "try-two" });
    this.two.addEventListener("change", () => this.#showLanes());
    this.prompt = el("textarea", { id: "try-prompt", rows: 3, "aria-label": words.prompt, placeholder: words.prompt });
    this.button = el("button", { type: "submit", class: "main-button", id: "try-send" }, words.send);
    this.note = el("p", { class: "quiet try-note", role: "status" });
    const form = el(
      "form",
      { class: "try-form" },
      el("datalist", { id: "try-names" }, ...names.map((name) => el("option", { value: name }))),
      el("div", { class: "lane-setups" }, this.lanes.a.setup, this.lanes.b.setup),
      this.prompt,
      el("div", { class: "try-bar" }, el("label", { class: "check" }, this.two, words.two), this.note, this.button),
    );
    form.addEventListener("submit", (event) => (event.preventDefault(), this.running ? this.stop() : this.run()));
    this.prompt.addEventListener("keydown", (event) => {
      if (sends(event)) {
        event.preventDefault();
        form.requestSubmit();
      }
    });
    this.difference = el("section", { class: "difference", id: "try-difference", hidden: true });
    this.root.replaceChildren(
      form,
      el("div", { class: "lanes" }, this.lanes.a.root, this.lanes.b.root),
      this.difference,
    );
    this.#showLanes();
  }

  /** Fills a lane in; `two` asks for both. */
  set(key, setup, two = false) {
    if (two) this.two.checked = true;
    this.lanes[key].set(setup);
    this.#showLanes();
    const empty = this.#used().find((lane) => !lane.name.value.trim());
    (empty?.name ?? this.prompt).focus();
  }

  act(name, lane) {
    if (["key", "provider", "model", "settings"].includes(name)) this.goTo(name);
    else lane.run(this.asked ?? this.prompt.value).then(() => this.#settled());
  }

  #used() {
    return this.two.checked ? [this.lanes.a, this.lanes.b] : [this.lanes.a];
  }

  #showLanes() {
    const two = this.two.checked;
    this.lanes.b.setup.hidden = !two;
    this.root.classList.toggle("two", two);
    if (!two) this.lanes.b.stop();
    this.lanes.b.root.hidden = !two || !this.lanes.b.node;
    this.difference.hidden = !two || !this.difference.childElementCount;
  }

  async run() {
    const lanes = this.#used();
    const lacking = !this.prompt.value.trim()
      ? this.prompt
      : lanes.map((lane) => lane.name).find((box) => !box.value.trim());
    if (lacking) {
      this.note.textContent = lacking === this.prompt ? this.words.no_prompt : this.words.no_name;
      return lacking.focus();
    }
    this.note.textContent = "";
    this.asked = this.prompt.value;
    this.difference.hidden = true;
    this.difference.replaceChildren();
    this.#busy(true);
    await Promise.all(lanes.map((lane) => lane.run(this.asked)));
    this.#busy(false);
    this.announce(this.pageWords.finished);
    await this.#settled();
  }

  stop() {
    for (const lane of Object.values(this.lanes)) lane.stop();
  }

  #busy(running) {
    this.running = running;
    this.button.textContent = running ? this.words.stop : this.words.send;
  }

  /** Both timelines on one scale, so that equal lengths are equal times. */
  rescale() {
    const lines = this.#used().map((lane) => lane.timeline);
    const longest = Math.max(...lines.map((line) => line.seconds));
    for (const line of lines) line.draw(longest);
  }

  async #settled() {
    this.rescale();
    const [one, other] = this.#used().map((lane) => lane.node);
    if (!one?.text || !other?.text) return;
    await drawDifference(this.difference, one.text, other.text, this.words);
    this.difference.hidden = !this.two.checked;
  }
}
