// How files come to the Chat tab: by the button beside the message box, by paste, by drop. What becomes of them is fetched
// with the first of them: multimodal/chat_files.js.

import { el, find, iconButton, until } from "../parts/dom.js";
import { takeDrops, takePastes } from "../parts/file_drops.js";
import { besides } from "./turn.js";

const finger = matchMedia("(pointer: coarse)");

/**
 * `look(files, text)` shows files on the Multimodal tab.
 * @typedef {{
 * chat: import("./chat.js").Chat,
 * tab: HTMLElement,
 * look: (files: Array<Page.FileRef>, text: string) => unknown,
 * }} Parts
 */

export class Attach {
  /** @type {Promise<import("../multimodal/chat_files.js").ChatFiles> | null} */
  #files = null;

  /** @param {Parts} parts */
  constructor(parts) {
    const { chat, tab } = parts;
    this.parts = parts;
    chat.extras = this.#extras();
    this.input = el("input", { type: "file", multiple: true, hidden: true, onchange: () => this.#chosen() });
    this.button = iconButton("plus", chat.words.files.attach, async () => (await this.#open()).openMenu(this.button));
    this.button.className = "bar-button";
    this.button.setAttribute("aria-haspopup", "menu");
    takePastes(tab, (files) => this.#give(files));
    takeDrops(tab, (files) => this.#give(files));
    void until(() => find("#chat-tools .composer-bar")).then((bar) => bar?.prepend(this.button, this.input));
  }

  /**
   * What a chat needs of its files until there are any.
   * @returns {Page.Extras}
   */
  #extras() {
    const { chat, look } = this.parts;
    /** @param {() => unknown} run what the extras do that have then taken the place of these */
    const late = (run) => void this.#open().then(run);
    return {
      opened: (files) => (files.length || this.#files) && late(() => chat.extras.opened?.(files)),
      attach: (file) => late(() => chat.extras.attach?.(file)),
      besides: () => besides(chat),
      submit: () => this.#files?.then((files) => files.submit()),
      giveBack: (question) => question.files?.length && late(() => chat.extras.giveBack?.(question)),
      acts: {
        closely: (_, files) => look(files, ""),
        files: (node) => late(() => chat.extras.acts?.files(node, null)),
        consent: (node) => late(() => chat.extras.acts?.consent(node, null)),
      },
    };
  }

  /** Fetches what deals with files, once; another time where the server was away. */
  #open() {
    const { chat, ...parts } = this.parts;
    this.#files ??= import("../multimodal/chat_files.js").then(
      ({ ChatFiles }) => new ChatFiles({ chat, ...parts, choose: () => this.input.click() }),
      (reason) => {
        this.#files = null;
        chat.log.say?.(chat.config.multimodal.words.failed);
        throw reason;
      },
    );
    return this.#files;
  }

  /** @param {Array<File>} given */
  async #give(given) {
    const { intake } = await this.#open();
    intake.give(given);
    if (!finger.matches) this.parts.chat.focus();
  }

  #chosen() {
    const files = [...(this.input.files ?? [])];
    this.input.value = ""; // so that the same file can be chosen again
    if (files.length) void this.#give(files);
  }
}
