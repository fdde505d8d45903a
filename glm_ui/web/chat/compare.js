// Try: one prompt through one route, or through two side by side.

import { drawDifference } from "../models/difference.js";
import { el } from "../parts/dom.js";
import { sends } from "./keys.js";
import { Lane } from "./lane.js";

/** @typedef {import("../models/element.js").Setup} Setup */

export class Compare {
  running = false;
  /**
   * The prompt that was asked last.
   * @type {string | null}
   */
  asked = null;

  /**
   * `names` are those that the boxes propose; `openRequest(turn)` shows what was sent, `goTo(what)` the key or the settings.
   * @param {{
   * root: HTMLElement,
   * words: Wire.Words["models"]["tryout"],
   * pageWords: Wire.Words,
   * providers: Wire.Table["providers"],
   * names: Array<string>,
   * session: Page.Session,
   * openRequest: (turn: string | null | undefined) => unknown,
   * announce: (text: string) => void,
   * goTo: (what: string) => unknown,
   * }} parts
   */
  constructor({ root, words, pageWords, providers, names, session, openRequest, announce, goTo }) {
    this.root = root;
    this.words = words;
    this.pageWords = pageWords;
    this.providers = providers;
    this.session = session;
    this.openRequest = openRequest;
    this.announce = announce;
    this.goTo = goTo;
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

  /**
   * Fills a lane in; `two` asks for both.
   * @param {"a" | "b"} key
   * @param {Setup} setup
   */
  set(key, setup, two = false) {
    if (two) this.two.checked = true;
    this.lanes[key].set(setup);
    this.#showLanes();
    const empty = this.#used().find((lane) => !lane.name.value.trim());
    (empty?.name ?? this.prompt).focus();
  }

  /**
   * What a person wants of a reply: to mend what it failed by, or to have it again.
   * @param {string} name
   * @param {Lane} lane
   */
  act(name, lane) {
    if (["key", "provider", "model", "settings"].includes(name)) this.goTo(name);
    else void lane.run(this.asked ?? this.prompt.value).then(() => this.#settled());
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
    const asked = (this.asked = this.prompt.value);
    this.difference.hidden = true;
    this.difference.replaceChildren();
    this.#busy(true);
    await Promise.all(lanes.map((lane) => lane.run(asked)));
    this.#busy(false);
    this.announce(this.pageWords.finished);
    await this.#settled();
  }

  stop() {
    for (const lane of Object.values(this.lanes)) lane.stop();
  }

  /** @param {boolean} running */
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
