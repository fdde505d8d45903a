// One route of Try with its reply. It goes through the same route as the chat (`streamTurn`) and is drawn by the same
// TurnView; it streams, fails and is measured alone.

import { newNode } from "../conversations/conversation.js";
import { Timeline } from "../models/timeline.js";
import { copyText, el, iconButton } from "../parts/dom.js";
import { newId } from "../parts/id.js";
import { count, seconds, speed, usd } from "../parts/locale.js";
import { messageOf, Refused } from "../server/request.js";
import { streamTurn, takeFrame } from "../server/stream.js";
import { numbered } from "../tools/citations.js";
import { TurnView } from "./turn_view.js";

/** @type {Record<string, boolean | null>} */
const THINKING = { "": null, on: true, off: false };

/** @typedef {import("../models/element.js").Setup} Setup */

export class Lane {
  /**
   * The reply that is shown.
   * @type {Page.ChatNode | null}
   */
  node = null;
  /**
   * The reply that comes in.
   * @type {AbortController | null}
   */
  abort = null;

  /**
   * @param {"a" | "b"} key
   * @param {import("./compare.js").Compare} compare
   */
  constructor(key, compare) {
    this.compare = compare;
    this.words = compare.words;
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

  /** @param {Setup} setup */
  set({ model, provider, thinking }) {
    this.name.value = model ?? "";
    this.provider.value = provider ?? "";
    this.thinking.value = thinking ?? "";
  }

  stop() {
    this.abort?.abort();
  }

  /**
   * Asks, and resolves when the reply is over, however it ended.
   * @param {string} prompt
   */
  async run(prompt) {
    this.stop();
    const abort = (this.abort = new AbortController());
    const turn = this.#turn(prompt);
    const { id, model, provider = null } = turn;
    const node = newNode({ id, turn: id, role: "assistant", ending: { kind: "running" }, model, provider });
    this.node = node;
    this.root.hidden = false;
    this.route.textContent = [model, provider && this.compare.providers[provider].name].filter(Boolean).join(" · ");
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
      iconButton("copy", this.compare.pageWords.copy, (event) =>
        copyText(numbered(node, node.sources), event.currentTarget),
      ),
      iconButton("code", this.compare.pageWords.exact.open, () => this.compare.openRequest(node.turn)),
    );
    this.#showFigures(node.metrics);
  }

  /**
   * Reads the reply into `node` and its view, to the end.
   * @param {Page.ChatNode} node
   * @param {TurnView} view
   * @param {Wire.Turn} turn
   * @param {AbortController} abort
   */
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
                : { what: this.words.stumbled, why: messageOf(reason), todo: "" },
          };
    }
    if (!node.ending || node.ending.kind === "running") node.ending = { kind: "stopped" };
    this.timeline.end(node.ending);
    if (this.abort === abort) this.abort = null;
  }

  /**
   * @param {string} prompt
   * @returns {Wire.Turn & {id: string}}
   */
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

  /**
   * The figures of the reply, the model that really answered first.
   * @param {Page.Metrics | null} metrics
   */
  #showFigures(metrics) {
    if (!metrics) return;
    const { figures } = this.words;
    /**
     * @param {Wire.MeasuredFigure | null | undefined} figure
     * @param {(value: number) => string} format
     */
    const about = (figure, format) =>
      figure?.value === undefined || figure?.value === null
        ? null
        : (figure.estimated ? "≈ " : "") + format(figure.value);
    /** @param {number | undefined} value */
    const second = (value) => (typeof value === "number" ? seconds(value) : null);
    const rows = {
      answered: metrics.model,
      first: typeof metrics.ttft === "number" ? seconds(metrics.ttft, 2) : null,
      total: second(metrics.seconds),
      input: about(metrics.input, count),
      output: about(metrics.output, count),
      thinking: about(metrics.thinking, count),
      speed: about(metrics.tokens_per_second, (value) => `${speed(value)} ${this.compare.pageWords.per_second}`),
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
