// The files of the next question as chips above its words, and what speaks against them. Draws what it is given and tells
// what the person wants; asks no server.

import { el, find } from "../parts/dom.js";
import { draw, h, iconButtonOf, iconOf } from "../parts/draw.js";
import { iconOfFile } from "../parts/file_icon.js";
import { button, refusal } from "./file_card.js";
import { wholeOf } from "./plan_view.js";
import { ProgressBar } from "./progress_bar.js";
import { unseenIn } from "./unseen.js";

const LATE = 1500; // milliseconds; a chip that is not ready is pale, and most are ready before

/**
 * `box` finds what the chips stand above, which Gradio may make anew; `look()` shows the files large, `left()` takes the focus
 * when the last chip is gone, `framed(on)` is told whether anything stands above the words.
 * @typedef {import("./plan_view.js").Options & {box: string, look: () => void, left: () => void,
 * framed: (on: boolean) => void}} Options
 */

export class Chips {
  /** What the last plan said of each file: it stands there while another is made. @type {Map<string, Wire.FileTold>} */
  known = new Map();

  /** @param {Options} options */
  constructor(options) {
    const { words } = options;
    this.options = options;
    this.bar = new ProgressBar({ stop: words.stop, onstop: () => options.act("stop"), late: LATE });
    this.list = el("ul", { class: "file-chips", "aria-label": words.files.list });
    this.said = el("div", { class: "file-problems" });
    this.ways = el("div", { class: "file-ways" });
    this.root = el("div", { class: "glm attached", hidden: true }, this.list, this.said, this.ways, this.bar.root);
    new MutationObserver(() => this.#frame()).observe(this.root, {
      childList: true,
      subtree: true,
      attributes: true,
      attributeFilter: ["hidden"],
    });
    this.#place();
  }

  /** It is there while it holds anything. */
  #frame() {
    const { root, list, ways, bar } = this;
    const none = !list.childElementCount && [...ways.children, bar.root].every((each) => each.hasAttribute("hidden"));
    if (root.hidden === none) return;
    root.hidden = none;
    this.options.framed(!none);
  }

  /** Above the words. Not in their label: a click on that would press the first chip. */
  #place() {
    if (!this.root.isConnected) find(this.options.box)?.before(this.root);
  }

  /**
   * Shows the ways in which files come.
   * @param {...HTMLElement} parts
   */
  hold(...parts) {
    this.ways.replaceChildren(...parts);
  }

  /** @param {Page.DrawnPlan} given */
  draw({ files, plan, consent }) {
    const { options, known } = this;
    this.#place();
    for (const key of [...known.keys()]) if (!files.some((file) => file.key === key)) known.delete(key);
    plan?.files.forEach((ready, i) => files[i] && known.set(files[i].key, ready));
    draw(this.list, ...files.map((file, i) => this.#chip(file, i, !plan)));
    draw(this.said, ...this.#problems(files), ...(plan ? wholeOf(plan, consent, options) : []));
  }

  /**
   * @param {Page.Chosen} file
   * @param {number} i
   * @param {boolean} waiting
   */
  #chip(file, i, waiting) {
    const { words, act, look } = this.options;
    const ready = this.known.get(file.key);
    const name = file.name || file.url || "";
    const picture = ready?.items.find(({ thumbnail }) => thumbnail)?.thumbnail;
    const state = ready?.refusal ? "refused" : waiting || !ready ? "waiting" : "ready";
    const wrong = ready?.refusal ? words.files.cannot_go : "";
    return h(
      "li",
      { key: file.key, class: "file-chip", "data-state": state },
      h(
        "button",
        {
          type: "button",
          class: "chip-open",
          title: `${name}\n${words.files.closely}`,
          "aria-label": [name, wrong, words.files.closely].filter(Boolean).join(". "),
          onclick: look,
        },
        h("span", { class: "chip-picture" }, picture ? h("img", { src: picture, alt: "" }) : iconOf(iconOfFile(name))),
        h("span", { class: "chip-file" }, name),
      ),
      iconButtonOf(
        "close",
        `${words.remove}: ${name}`,
        () => {
          act("remove", file);
          this.#focusNear(i);
        },
        { class: "icon-button chip-remove" },
      ),
    );
  }

  /** @param {number} i of the chip that was removed */
  #focusNear(i) {
    const buttons = [...this.list.querySelectorAll("button.chip-remove")];
    const next = buttons[Math.min(i, buttons.length - 1)];
    if (next instanceof HTMLElement) next.focus();
    else this.options.left();
  }

  /**
   * What speaks against files: one line for all that the model does not take, one for each other.
   * @param {Array<Page.Chosen>} files
   */
  #problems(files) {
    const { words, act, otherModel, hears } = this.options;
    const told = files.map(({ key }) => this.known.get(key));
    const { unseen, others } = unseenIn(told, otherModel);
    return [
      ...unseen.map(({ why, model }) =>
        h(
          "div",
          { key: why, class: "file-unseen", role: "alert" },
          h("span", {}, why),
          button(`${words.use} ${model.label}`, () => act("model", null, model.value)),
        ),
      ),
      ...others.map(({ ready, at }) => {
        const card = {
          file: files[at],
          words,
          act: (/** @type {string} */ name, /** @type {any} */ value) => act(name, files[at], value),
          otherModel,
          hears: hears(),
        };
        return h("div", { key: files[at].key }, refusal(card, ready));
      }),
    ];
  }

  // --- while it is being made ------------------------------------------------------------------------------------

  working() {
    this.bar.working(`${this.options.words.prepare}…`);
  }

  /**
   * @param {string} name
   * @param {number} done
   * @param {number} total
   */
  progress(name, done, total) {
    const { words } = this.options;
    if (total) this.bar.progress(`${words.prepare} ${name}, ${done} ${words.of} ${total}`, done, total);
  }

  done() {
    this.bar.done();
  }

  /**
   * @param {string} sentence what went wrong
   * @param {boolean} [again] whether to prepare the files again may help
   */
  halted(sentence, again = true) {
    this.#place();
    const { words, act } = this.options;
    if (again && this.known.size) this.bar.halted(sentence, words.again, () => act("again"));
    else this.bar.halted(sentence);
  }
}
