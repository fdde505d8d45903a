// Cards for the tool calls of one round: what is called, on whose server, with which arguments, how it goes, what came
// of it, and the question whether it may run. It draws; what an answer means is decided in the chat.

import { el, icon } from "../parts/dom.js";
import { seconds } from "../parts/locale.js";
import { codeOf } from "./in_browser.js";

/**
 * What the person says of a call; `always`: of this tool, for the rest of the conversation.
 * @typedef {{verdict: "once" | "no", reason?: string, always?: boolean}} Said
 */

export class ToolCards {
  /**
   * `answer(index, {verdict, reason, always})` receives what the person says of a call.
   * @param {HTMLElement} root
   * @param {{words: Wire.Words["tools"], answer: (index: number, said: Said) => void}} parts
   */
  constructor(root, { words, answer }) {
    this.root = root;
    this.words = words;
    this.answer = answer;
    /** @type {Array<Card>} */
    this.cards = [];
  }

  /**
   * Draws `calls`; a card that is there already keeps what is open in it. `ended`: nothing runs any more.
   * @param {Array<Page.ToolCall>} calls
   */
  show(calls, ended = false) {
    calls.forEach((call, index) => {
      this.cards[index] ??= this.#add(index);
      this.cards[index].draw(call, ended);
    });
  }

  tick() {
    for (const card of this.cards) card?.tick();
  }

  /** @param {number} index */
  #add(index) {
    const card = new Card(this.words, (said) => this.answer(index, said));
    this.root.append(card.root);
    return card;
  }
}

class Card {
  /** @type {Page.ToolCall} */
  call = {};
  /**
   * When the call began to run, of performance.now().
   * @type {number | undefined}
   */
  since;
  /**
   * The state that is drawn.
   * @type {string | undefined}
   */
  drawn;
  /**
   * The result that is drawn.
   * @type {string | null | undefined}
   */
  shown;
  /** Whether the question is drawn. */
  asks = false;

  /**
   * @param {Wire.Words["tools"]} words
   * @param {(said: Said) => void} answer
   */
  constructor(words, answer) {
    this.words = words;
    this.answer = answer;
    this.title = el("span", { class: "tool-title" });
    this.server = el("span", { class: "tool-server" });
    this.brief = el("span", { class: "tool-brief" });
    this.state = el("span", { class: "tool-state" });
    this.given = el("pre", { class: "tool-text", tabindex: "0", "aria-label": words.arguments });
    this.result = el("div", { class: "tool-result" });
    const summary = el("summary", {}, icon("right"), this.title, this.server, this.brief, this.state);
    this.fold = el("details", { class: "tool-fold" }, summary, this.given, this.result);
    this.pictures = el("div", { class: "tool-pictures" });
    this.ask = el("div", { class: "tool-ask" });
    this.root = el("section", { class: "tool" }, this.fold, this.pictures, this.ask);
  }

  /**
   * @param {Page.ToolCall} call
   * @param {boolean} ended
   */
  draw(call, ended) {
    const { words } = this;
    const state = stateOf(call, ended);
    this.call = call;
    if (state === "running" && !this.since) this.since = performance.now();
    this.root.dataset.state = state;
    this.title.textContent = call.title || call.name || words.call;
    this.server.textContent = call.server && call.server !== "built-in" ? call.server : "";
    this.given.textContent = codeOf(call.arguments) ?? pretty(call.arguments ?? "");
    this.brief.textContent = brief(call.arguments ?? "");
    this.root.setAttribute("aria-label", `${this.title.textContent}: ${words.states[state]}`);
    this.tick();
    this.#showResult(call);
    const here = call.why === "browser";
    if (here && this.drawn !== state) this.fold.open = state !== "done";
    this.drawn = state;
    const asks = state === "waiting" && (!here || ended); // one that is not ended runs by itself
    if (asks !== this.asks) this.#showQuestion(call, asks);
    this.asks = asks;
  }

  tick() {
    const { call, words } = this;
    const { state = "none" } = this.root.dataset;
    const taken = state === "running" && this.since ? (performance.now() - this.since) / 1000 : call.seconds;
    const { progress } = call;
    const far = state === "running" && progress ? farOf(progress) : "";
    const said = state === "running" && call.why === "browser" ? words.python.running : words.states[state];
    const line = [said, far, typeof taken === "number" && taken >= 0.1 ? seconds(taken) : ""];
    const whole = line.filter(Boolean).join(" · ");
    if (this.state.textContent !== whole) this.state.textContent = whole;
  }

  /** @param {Page.ToolCall} call */
  #showResult({ result, pictures = [] }) {
    if (result === this.shown) return;
    this.shown = result;
    const images = pictures.filter(isPicture).map((src) => el("img", { class: "tool-picture", src, alt: "" }));
    const label = el("div", { class: "tool-label" }, this.words.result);
    const text = el("pre", { class: "tool-text", tabindex: "0", "aria-label": this.words.result }, result ?? "");
    this.result.replaceChildren(...(result === undefined || result === null ? [] : [label, text]));
    this.pictures.replaceChildren(...images);
  }

  /**
   * The arguments stand open above the question: nobody agrees to what is folded away.
   * @param {Page.ToolCall} call
   * @param {boolean} asks
   */
  #showQuestion(call, asks) {
    const { words } = this;
    if (!asks) return void this.ask.replaceChildren();
    this.fold.open = true;
    /**
     * @param {string} label
     * @param {boolean} main
     * @param {() => void} onclick
     */
    const button = (label, main, onclick) =>
      el("button", { type: "button", class: main ? "tool-answer main" : "tool-answer", onclick }, label);
    const reason = el("input", { class: "tool-reason", placeholder: words.reason, "aria-label": words.reason });
    const refuse = () => this.answer({ verdict: "no", reason: reason.value.trim() });
    reason.addEventListener("keydown", (event) => event.key === "Enter" && !event.isComposing && refuse());
    const { why = "" } = call;
    this.ask.replaceChildren(
      el("p", { class: "tool-why" }, words.why[why] ?? words.why.writes),
      el(
        "div",
        { class: "tool-answers" },
        button(words.once, true, () => this.answer({ verdict: "once" })),
        ["tainted", "inline", "browser", "visitors", "away"].includes(why)
          ? null
          : button(words.always, false, () => this.answer({ verdict: "once", always: true })),
        button(words.no, false, refuse),
        reason,
      ),
    );
  }
}

/** @param {Wire.Progress} progress */
const farOf = ({ done, total, text }) => (total ? `${Math.round((100 * done) / total)} %` : text);

/**
 * @param {Page.ToolCall} call
 * @param {boolean} ended
 */
function stateOf({ state, verdict }, ended) {
  if (state === "waiting" && verdict) return verdict === "no" ? "refused" : "allowed";
  if (state === "running" && ended) return "unknown";
  return state ?? "none";
}

/** @param {string} src */
const isPicture = (src) => /^data:image\/(png|jpeg|gif|webp);base64,[\w+/=]+$/.test(src);

/**
 * JSON as a person reads it.
 * @param {string} text
 */
export function pretty(text) {
  try {
    return JSON.stringify(JSON.parse(text), null, 2);
  } catch {
    return text;
  }
}

/**
 * The arguments in one short line.
 * @param {string} text
 */
function brief(text) {
  try {
    const values = Object.values(JSON.parse(text));
    return values
      .map((value) => (typeof value === "string" ? value : JSON.stringify(value)))
      .join(", ")
      .slice(0, 200);
  } catch {
    return "";
  }
}
