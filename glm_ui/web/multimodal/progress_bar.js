// A bar for work that may take over a second, with a button that stops it. Knows words and elements, not the work.

import { el } from "../parts/dom.js";

const LATE = 350;

export class ProgressBar {
  /**
   * `late` in milliseconds: what is done sooner needs no bar.
   * @param {{stop: string, onstop: () => void, late?: number}} options
   */
  constructor({ stop, onstop, late = LATE }) {
    this.after = late;
    this.stop = stop;
    this.onstop = onstop;
    this.root = el("div", { class: "mm-progress", hidden: true });
    this.text = el("span", {});
    this.meter = el("progress", {});
    /** @type {{said: string, done?: number, total?: number}} */
    this.state = { said: "" };
  }

  /**
   * Work has begun: after a moment the bar says so.
   * @param {string} said
   */
  working(said) {
    clearTimeout(this.late);
    this.state = { said };
    this.late = setTimeout(() => this.#draw(), this.after);
  }

  /**
   * @param {string} said
   * @param {number} done
   * @param {number} total
   */
  progress(said, done, total) {
    this.state = { said, done, total };
    if (!this.root.hidden) this.#draw();
  }

  /** The same elements stay while it moves: a button that is drawn anew loses the finger that is on it. */
  #draw() {
    const { said, done, total } = this.state;
    if (!this.text.isConnected) {
      this.root.replaceChildren(this.text, this.meter, button(this.stop, this.onstop));
    }
    this.text.textContent = said;
    this.meter.setAttribute("aria-label", said);
    if (total) Object.assign(this.meter, { max: total, value: done });
    else this.meter.removeAttribute("value");
    this.root.hidden = false;
  }

  done() {
    clearTimeout(this.late);
    this.root.hidden = true;
  }

  /**
   * It was stopped, or it failed: one sentence, and a button for what can be done.
   * @param {string} sentence
   * @param {string} [todo]
   * @param {() => void} [ontodo]
   */
  halted(sentence, todo, ontodo) {
    clearTimeout(this.late);
    this.root.replaceChildren(el("span", {}, sentence), ...(todo ? [button(todo, ontodo)] : []));
    this.root.hidden = false;
  }
}

/**
 * @param {string} text
 * @param {(() => void) | undefined} onclick
 */
const button = (text, onclick) => el("button", { type: "button", class: "small-button chip-action", onclick }, text);
