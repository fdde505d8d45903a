// The microphone below a message box: shown where there is a way to write down what is said. What listens is loaded at the
// first press.

import { usable } from "../page/places.js";
import { el, find, icon } from "../parts/dom.js";
import { seconds } from "../parts/locale.js";

/**
 * Who writes it down: the provider `by`, by its key and name, or the browser itself.
 * @typedef {{by: string, name: string} | {by: null}} Way
 *
 * `tab` is the selector that the elements of a tab begin with, such as "#chat".
 * @typedef {{
 * chat: Page.AnyChat,
 * note: import("./note.js").Note,
 * tab: string,
 * box: () => HTMLTextAreaElement | null,
 * }} Parts
 */

export class Microphone {
  /** @type {import("./dictation.js").Dictation | null} */
  dictation = null;

  /** @param {Parts} parts */
  constructor(parts) {
    this.parts = parts;
    this.words = parts.chat.words.composer;
    this.seconds = el("span", { class: "bar-seconds", "aria-hidden": "true" });
    this.button = el("button", { type: "button", class: "bar-button" }, icon("microphone"), this.seconds);
    this.button.addEventListener("mousedown", (event) => event.preventDefault()); // the focus stays in the box
    this.button.addEventListener("click", () => void this.#press());
    const changed = new MutationObserver(() => this.show());
    const [tabs, facts] = [find("#tabs"), find(`${parts.tab}-facts`)];
    if (tabs) changed.observe(tabs, { attributeFilter: ["data-keys"] });
    if (facts) changed.observe(facts, { childList: true, subtree: true, attributeFilter: ["data-provider"] });
    this.show();
  }

  /** @returns {Way | null} */
  get way() {
    const { chat, tab } = this.parts;
    const { providers, multimodal } = chat.config;
    const { provider = "" } = find(`${tab}-facts glm-facts`)?.dataset ?? {};
    const picked = providers[provider]?.shares ?? "";
    const canRecord = Boolean(navigator.mediaDevices) && "MediaRecorder" in globalThis;
    if (canRecord && multimodal.hears.includes(picked) && usable().includes(picked))
      return { by: picked, name: providers[picked].name };
    return recognition() ? { by: null } : null;
  }

  show() {
    const { button, words, dictation } = this;
    const label = dictation ? words.dictate_stop : words.dictate;
    button.hidden = !dictation && !this.way;
    button.setAttribute("aria-label", label);
    button.setAttribute("aria-pressed", String(Boolean(dictation)));
    button.title = label;
    if (!dictation) this.seconds.textContent = "";
  }

  /** Nothing of what is said now is written any more. */
  cancel() {
    this.dictation?.cancel();
  }

  async #press() {
    if (this.dictation) return this.dictation.stop();
    const { way, words } = this;
    const { note, chat, box } = this.parts;
    if (!way) return undefined;
    const { Dictation } = await import("./dictation.js");
    if (this.dictation) return undefined;
    const { id } = chat.conversation; // what is said is meant for it alone
    const isShown = () => chat.conversation.id === id;
    const second = (/** @type {number} */ n) =>
      isShown() ? (this.seconds.textContent = seconds(n, 0)) : this.cancel();
    const here = () => (isShown() ? box() : null);
    this.dictation = new Dictation({ way, words, note, box: here, second, session: chat.session });
    this.show();
    try {
      await this.dictation.run();
    } finally {
      this.dictation = null;
      this.show();
    }
  }
}

/**
 * The browser's own recognition of speech.
 * @returns {(new () => any) | undefined}
 */
export const recognition = () =>
  /** @type {any} */ (globalThis).SpeechRecognition ?? /** @type {any} */ (globalThis).webkitSpeechRecognition;
