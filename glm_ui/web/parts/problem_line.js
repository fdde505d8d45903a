// The one line that says why conversations do not last here, with the way out. It lies over the page, so that nothing
// moves when it comes.

import { el, iconButton } from "./dom.js";
import { frame } from "./menu.js";

export class ProblemLine {
  /**
   * @param {{
   * store: import("../conversations/store.js").Store,
   * words: Wire.Words["list"],
   * onexport: () => unknown,
   * }} parts
   */
  constructor({ store, words, onexport }) {
    this.text = el("span", {});
    const dismiss = iconButton("close", words.dismiss, () => (this.root.hidden = true));
    this.root = el(
      "div",
      { class: "glm problem-line", role: "alert", hidden: true },
      this.text,
      el("button", { type: "button", class: "small-button chip-action", onclick: onexport }, words.export_all),
      dismiss,
    );
    frame().append(this.root);
    store.onProblem((problem) => this.#show(problem));
    this.#show(store.problem);
  }

  /** @param {string | null} problem */
  #show(problem) {
    this.text.textContent = problem ?? "";
    this.root.hidden = !problem;
  }
}
