// Asks two models what was typed: the one that is picked, in the conversation, and a second one, side by side with it.

import { busy } from "../chat/controls.js";
import { ModelPicker } from "./model_picker.js";

export class AskToo {
  /**
   * `over` finds what the list of models opens over; `note` says what is lacking, and `focus` goes to the box then.
   * @param {{
   * chat: Page.AnyChat,
   * words: Wire.Words["composer"],
   * id: string,
   * over: string,
   * note: import("./note.js").Note,
   * focus: () => unknown,
   * }} parts
   */
  constructor({ chat, words, id, over, note, focus }) {
    this.chat = chat;
    this.words = words;
    this.note = note;
    this.focus = focus;
    const { config, announce } = chat;
    const pick = (/** @type {string} */ value, /** @type {boolean} */ lacksKey) => this.#ask(value, lacksKey);
    const looks = { sign: "compare", label: words.ask_too };
    this.picker = new ModelPicker({ config, words, id, over, picked: "", pick, announce, ...looks });
  }

  get button() {
    return this.picker.chip;
  }

  /**
   * Sends what was typed and attached, and asks the second model the same. Where nothing is sent, nobody is asked.
   * @param {string} model
   * @param {boolean} lacksKey
   */
  #ask(model, lacksKey) {
    const { chat, words } = this;
    const { composer } = chat;
    const lacks = (/** @type {string} */ text) => void (this.note.say(text), this.focus());
    if (lacksKey) return lacks(words.ask_too_key);
    if (chat.running) return lacks(words.ask_too_later);
    return composer.withSettings(() => {
      if (!composer.text.trim() && !chat.extras.files?.().length) return lacks(words.ask_too_empty);
      const own = chat.extras.submit?.();
      if (own) return void this.#askWithFiles(own, model);
      chat.send(composer.text);
      void this.#show(model);
      return busy("");
    });
  }

  /**
   * @param {Promise<Page.Update>} sent once the question is, unless something speaks against a file
   * @param {string} model
   */
  async #askWithFiles(sent, model) {
    const update = await sent;
    this.chat.composer.withSettings(() => update);
    await this.#show(model);
  }

  /**
   * The answer that comes in, with that of the second model beside it.
   * @param {string} model
   */
  async #show(model) {
    const { chat } = this;
    const { node } = chat.running ?? {};
    if (!node) return;
    const { OtherAnswer } = await import("../reading/other_answer.js");
    new OtherAnswer(node, { chat, announce: chat.announce }).askBoth(model);
  }
}
