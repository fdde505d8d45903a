// One line over a message box, said aloud: what was just done and can be taken back, or what is to be done next.

import { el, find } from "../parts/dom.js";

/** @typedef {{label: string, run: () => unknown}} Action */

export class Note {
  /** @param {string} box Gradio's box, above which it stands */
  constructor(box) {
    this.text = el("span", { role: "status" });
    this.actions = el("span", { class: "composer-note-actions" });
    this.root = el("div", { class: "glm composer-note", hidden: true }, this.text, this.actions);
    find(box)?.before(this.root);
  }

  /**
   * @param {string} text
   * @param {...Action} actions
   */
  say(text, ...actions) {
    this.text.textContent = text;
    this.actions.replaceChildren(
      ...actions.map(({ label, run }) => {
        const button = el("button", { type: "button", class: "small-button" }, label);
        button.addEventListener("mousedown", (event) => event.preventDefault()); // the focus stays in the box
        button.addEventListener("click", run);
        return button;
      }),
    );
    this.root.hidden = !text;
  }

  clear() {
    this.say("");
  }
}
