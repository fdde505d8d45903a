// The chip that says how the model of the next question thinks, and the menu of what it can do. Gradio's controls beside
// the conversation stay the owners of the choice: this shows what they hold, and gives them what was chosen.

import { el, icon } from "../parts/dom.js";
import { openMenu } from "../parts/menu.js";

/** @typedef {{label: string, isPicked: boolean, settings: Page.Settings}} Way */

/**
 * What can be chosen for a model, and what is; null for a model that does not think.
 * @param {Page.ControlStates} states of the model's controls
 * @param {Page.Settings} settings what the controls hold; without a value they hold that of `states`
 * @param {Pick<Wire.Words["composer"], "thinking_on" | "thinking_off" | "thinking_effort">} words
 * @returns {{said: string, isOn: boolean, ways: Array<Way>} | null}
 */
export function thinkingOf(states, settings, words) {
  const { value, interactive: isFree } = states.thinking ?? {};
  if (!value && !isFree) return null;
  const isOn = !isFree || Boolean(settings.thinking ?? value);
  /** @type {Array<string>} */
  const efforts = (states.effort?.choices ?? []).map((/** @type {[string, string]} */ [, effort]) => effort);
  const held = String((settings.effort === undefined ? states.effort?.value : settings.effort) ?? "");
  const effort = efforts.includes(held) ? held : "";
  /** @param {string} each */
  const named = (each) => (each ? words.thinking_effort.replace("{effort}", () => each) : words.thinking_on);
  const off = { label: words.thinking_off, isPicked: !isOn, settings: { thinking: false } };
  const on = (efforts.length ? efforts : [""]).map((each) => ({
    label: named(each),
    isPicked: isOn && each === effort,
    settings: { thinking: true, ...(each && { effort: each }) },
  }));
  return { said: isOn ? named(effort) : words.thinking_off, isOn, ways: isFree ? [off, ...on] : on };
}

export class ThinkingChip {
  /** @type {Page.ControlStates} */
  #states = {};

  /**
   * `chosen` is called once something was chosen.
   * @param {{composer: import("../chat/composer.js").Composer, words: Wire.Words["composer"], chosen: () => unknown}} parts
   */
  constructor({ composer, words, chosen }) {
    this.composer = composer;
    this.words = words;
    this.chosen = chosen;
    this.name = el("span", { class: "chip-name" });
    this.sign = el("span", { class: "thinking-sign" });
    this.button = el(
      "button",
      { type: "button", class: "bar-button thinking-chip", "aria-haspopup": "menu", onclick: () => this.#open() },
      this.sign,
      this.name,
    );
    composer.offers = (states) => {
      this.#states = states;
      this.draw();
    };
    composer.changed = () => this.draw();
    this.draw();
  }

  /** @param {Page.ControlStates} states of the model that the page began with */
  begin(states) {
    if (!this.#states.thinking) this.composer.offers(states);
  }

  get #thinking() {
    return thinkingOf(this.#states, this.composer.settings, this.words);
  }

  draw() {
    const now = this.#thinking;
    this.button.hidden = !now;
    if (!now) return;
    this.sign.replaceChildren(icon(now.isOn ? "thinking" : "no_thinking"));
    this.name.textContent = now.said;
    this.button.title = now.said;
    this.button.setAttribute(
      "aria-label",
      this.words.thinking_choose.replace("{state}", () => now.said),
    );
  }

  #open() {
    const ways = this.#thinking?.ways ?? [];
    const items = ways.map(({ label, isPicked, settings }) => ({
      label,
      icon: "check",
      checked: isPicked,
      run: () => this.#choose(settings),
    }));
    const { info } = this.#states.thinking;
    openMenu(this.button, [{ heading: String(info ?? "") }, ...items], this.words.thinking_menu);
  }

  /** @param {Page.Settings} settings */
  #choose(settings) {
    const { composer } = this;
    composer.give({ ...composer.given.pending, ...settings });
    this.chosen();
  }
}
