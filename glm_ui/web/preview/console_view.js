// What a previewed page said on its console: a fold with the number of lines, the last ones kept. All of it is a stranger's text.

import { el } from "../parts/dom.js";

const MOST = 300;
const LEVELS = new Set(["log", "info", "warn", "error", "debug", "blocked"]);

export class ConsoleView {
  #count = 0;
  #bad = 0;

  /** @param {Wire.Words["reading"]} words */
  constructor(words) {
    this.words = words;
    this.label = el("span", {}, words.console);
    this.number = el("span", { class: "preview-count", hidden: true });
    this.list = el("ol", { class: "preview-lines", tabindex: "0", "aria-label": words.console });
    this.root = el("details", { class: "preview-console" }, el("summary", {}, this.label, this.number), this.list);
    this.clear();
  }

  clear() {
    this.#count = this.#bad = 0;
    this.list.replaceChildren(el("li", { class: "quiet" }, this.words.console_empty));
    this.number.hidden = true;
  }

  /**
   * @param {Array<{level: string, text: string}>} lines
   * @param {number} left how many more there were
   */
  add(lines, left) {
    if (!this.#count) this.list.replaceChildren();
    for (const line of lines) this.list.append(this.#line(line));
    this.#count += lines.length;
    while (this.list.childElementCount > MOST) this.list.firstElementChild?.remove();
    this.number.hidden = false;
    this.number.textContent = String(this.#count + left);
    this.number.classList.toggle("bad", this.#bad > 0);
    this.list.querySelector(".preview-left")?.remove();
    if (left)
      this.list.append(el("li", { class: "quiet preview-left" }, this.words.console_left.replace("{n}", String(left))));
    this.list.scrollTop = this.list.scrollHeight;
  }

  /** @param {{level: string, text: string}} line */
  #line({ level, text }) {
    const known = LEVELS.has(level) ? level : "log";
    if (known === "error") this.#bad += 1;
    const said = known === "blocked" ? this.words.console_blocked.replace("{address}", text) : text;
    return el("li", { "data-level": known }, said);
  }
}
