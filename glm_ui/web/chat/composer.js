// Gradio's box and the controls beside it, as one tab has them: their values, what they are given, the draft of the box.
// Decides nothing and sends nothing.

import { until } from "../parts/dom.js";
import { FIELDS, GivenControls, idle } from "./controls.js";
import { Draft } from "./tab_memory.js";

/** @type {Record<string, string>} */
const BOXES = { chat: "#chat-input textarea", multimodal: "#mm-input textarea" };

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
   * `bridge` presses the hidden button whose event tells the values.
   * @param {string} tab
   * @param {() => void} bridge
   */
  constructor(tab, bridge) {
    this.bridge = bridge;
    this.draft = new Draft(tab, BOXES[tab]);
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
   * An update of the box on its way to Gradio: what it will hold is its draft.
   * @param {Page.Update} update
   */
  box(update) {
    if (update.value !== undefined) this.draft.keep(update.value);
    return update;
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

  /** Gives the box the words that were not sent before a reload, unless something stands there. */
  restoreDraft() {
    const { text } = this.draft;
    if (text) this.withSettings(() => (this.text ? idle() : idle(text)));
  }
}
