// Gradio's box and the controls beside it, as one tab has them: their values, and what they are given.
// Decides nothing and sends nothing.

import { until } from "../parts/dom.js";
import { FIELDS, GivenControls, idle } from "./controls.js";

/** @typedef {() => Page.Update | undefined} Wanted what to do once the values are read; gives an update of the box */

export class Composer {
  /**
   * Values of the controls, by name, as Gradio last told them.
   * @type {Page.Settings}
   */
  settings = {};
  /** @type {Wanted | null} */
  wanted = null;
  given = new GivenControls();
  /** Presses the hidden button whose event takes what is given. */
  restoreControls = () => {};
  /**
   * Is told what the box holds from now on.
   * @type {(text: string) => void}
   */
  heard = () => {};
  /**
   * Is told which model is picked from now on.
   * @type {(model: string) => void}
   */
  picked = () => {};
  /**
   * Is told the states of the controls for the model that is picked, when another is.
   * @type {(states: Page.ControlStates) => void}
   */
  offers = () => {};
  /** Is told that the controls hold other values. */
  changed = () => {};
  /**
   * What the bar below the box hides where it is narrow, for a menu that opens at a button.
   * @type {(at: HTMLElement) => Array<import("../parts/menu.js").MenuItem>}
   */
  folded = () => [];
  /**
   * What the box shall hold, until Gradio has taken it.
   * @type {string | undefined}
   */
  #shown;

  /** @param {() => void} bridge presses the hidden button whose event tells the values */
  constructor(bridge) {
    this.bridge = bridge;
  }

  get text() {
    return String(this.settings.text ?? "");
  }

  /** What a conversation keeps of the values. */
  get kept() {
    const { text, ...rest } = this.settings;
    return rest;
  }

  /** @param {Array<unknown>} values in the order of FIELDS */
  read(values) {
    FIELDS.forEach((name, i) => (this.settings[name] = values[i]));
    Object.assign(this.settings, this.given.pending);
  }

  /**
   * From Gradio: controls hold other values than before.
   * @param {Page.Settings} values
   */
  hear(values) {
    Object.assign(this.settings, values);
    this.changed();
  }

  /**
   * Asks Gradio for the controls' values, then runs `wanted`.
   * @param {Wanted} wanted
   */
  withSettings(wanted) {
    this.wanted = wanted;
    this.bridge();
  }

  /**
   * From the bridge: every control's value has been read, now do what was wanted.
   * @param {Array<unknown>} values
   * @param {() => Page.Update} otherwise
   */
  bridged(values, otherwise) {
    this.read(values);
    const { wanted } = this;
    this.wanted = null;
    return this.box(wanted?.() ?? otherwise());
  }

  /**
   * An update of the box on its way to Gradio.
   * @param {Page.Update} update
   */
  box(update) {
    const value = update.value ?? this.#shown;
    this.#shown = undefined;
    if (value === undefined) return update;
    this.settings.text = value;
    this.heard(value);
    return { ...update, value };
  }

  /**
   * Puts words into the box.
   * @param {string} text
   */
  show(text) {
    this.#shown = text;
    this.withSettings(this.wanted ?? (() => undefined));
  }

  /** @param {Page.Settings} settings */
  give(settings) {
    if (this.given.give(settings)) this.restoreControls();
  }

  /**
   * Fills controls and text in, for a link or a name from the Models tab; sends nothing.
   * @param {Page.Settings} values
   */
  fill({ text, ...controls }) {
    this.give(controls);
    if (text !== undefined) this.withSettings(() => idle(text));
  }

  /** Gradio may not listen yet while the page loads: its hidden buttons are pressed until it has taken what they give. */
  taken() {
    return until(() => {
      if (!this.given.pending && !this.wanted) return true;
      if (this.given.pending) this.restoreControls();
      if (this.wanted) this.bridge();
      return false;
    });
  }
}
