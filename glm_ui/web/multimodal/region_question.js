// Below the picture: the question about a box of the answer, or the region that a person draws there. Finds no box and
// sends nothing.

import { el, iconButton } from "../parts/dom.js";
import { RegionDrawing } from "./region_drawing.js";
import { onPixels, pixelsOf } from "./region_shape.js";

/**
 * @typedef {import("./region_shape.js").Pair} Pair
 * @typedef {{box: [number, number, number, number], drawn: true}} Drawn
 */

const KEYS = "mm-region-keys";

export class RegionQuestion {
  /** The picture's size while a region is drawn. @type {(() => Pair) | null} */
  #size = null;
  /** The cut that is waited for. @type {AbortController | null} */
  #cutting = null;

  /**
   * `ask(text)` asks about the box; `cut(region, signal)` resolves to whether the drawn region was cut out; `leave()` is
   * called where it is given up.
   * @param {{
   * words: Wire.MultimodalWords & {cancel: string},
   * ask: (text: string) => void,
   * cut: (region: Drawn, signal: AbortSignal) => unknown,
   * leave: () => void,
   * }} parts
   */
  constructor({ words, ask, cut, leave }) {
    this.words = words;
    this.ask = ask;
    this.cut = cut;
    this.leave = leave;
    this.root = el("form", { class: "mm-region", hidden: true });
    this.root.addEventListener("submit", (event) => {
      event.preventDefault();
      if (this.isDrawing) void this.#take();
      else this.ask(this.root.querySelector("input")?.value.trim() || words.region_question);
    });
    this.told = el("span", { class: "mm-region-told" });
    this.said = el("span", { class: "off-screen", role: "status" });
    this.drawing = new RegionDrawing({
      label: words.region_select,
      explained: KEYS,
      size: () => this.#size?.() ?? [1, 1],
      changed: (settled) => this.#tell(settled),
      take: () => this.#take(),
    });
  }

  get isDrawing() {
    return Boolean(this.#size);
  }

  /** Whether the focus is on what goes away when this is left. */
  get hasFocus() {
    const at = document.activeElement;
    return this.root.contains(at) || this.drawing.root === at;
  }

  /** @param {string} done what the first one does */
  #buttons(done) {
    this.go = el("button", { type: "submit", class: "small-button chip-action go" }, done);
    return [this.go, iconButton("close", this.words.cancel, () => this.leave())];
  }

  /** @param {string} name of a box of the answer */
  about(name) {
    const { words } = this;
    this.close();
    const box = el("input", {
      class: "mm-box",
      placeholder: words.region_question,
      "aria-label": `${words.ask_region}: ${name}`,
    });
    this.root.replaceChildren(el("strong", {}, name), box, ...this.#buttons(words.crop));
    this.root.hidden = false;
    box.focus();
  }

  /**
   * A region is drawn in `frame`; by the keys it begins in the middle.
   * @param {Element} frame
   * @param {() => Pair} size the picture's, in pixels
   * @param {boolean} byKeys
   */
  draw(frame, size, byKeys) {
    const { words } = this;
    this.close();
    this.#size = size;
    this.said.textContent = "";
    const keys = el("span", { id: KEYS, class: "mm-region-keys" }, words.region_keys);
    this.root.replaceChildren(this.told, keys, this.said, ...this.#buttons(words.region_take));
    this.root.hidden = false;
    this.drawing.start(frame, byKeys);
  }

  close() {
    this.#cutting?.abort();
    this.#cutting = null;
    this.#size = null;
    this.drawing.stop();
    this.root.removeAttribute("aria-busy");
    this.root.hidden = true;
  }

  /** @param {boolean} settled */
  #tell(settled) {
    const { words, told, said } = this;
    const { box } = this.drawing;
    if (!this.#size || !this.go) return;
    this.go.hidden = !box;
    const pixels = box && pixelsOf(box, this.#size());
    told.textContent = pixels ? `${pixels.width} × ${pixels.height}` : words.region_drag;
    if (settled && pixels)
      said.textContent = words.region_at.replace(/\{(\w+)\}/g, (_, name) => `${pixels[/** @type {"left"} */ (name)]}`);
  }

  async #take() {
    const { box } = this.drawing;
    if (!box || !this.#size || this.#cutting) return;
    const cutting = (this.#cutting = new AbortController());
    this.root.setAttribute("aria-busy", "true");
    const done = await this.cut({ box: onPixels(box, this.#size()), drawn: true }, cutting.signal);
    if (this.#cutting !== cutting) return;
    this.#cutting = null;
    this.root.removeAttribute("aria-busy");
    if (done) this.leave();
  }
}
