// The picture that an answer speaks of, with its boxes: in the picture's own pixels, linked with the text both ways.
// Draws boxes that the server has found; finds none itself.

import { closest, el } from "../parts/dom.js";
import { draw, h } from "../parts/draw.js";
import { captionOf, tiles } from "./below_picture.js";
import { linkTexts } from "./linked_words.js";
import { RegionQuestion } from "./region_question.js";
import { ShownPicture } from "./shown_picture.js";

const SVG = "http://www.w3.org/2000/svg";
const HUES = [222, 12, 152, 282, 42, 190, 332, 96];

/**
 * @typedef {import("./sent_pictures.js").Owner} Owner
 * @typedef {import("./shown_picture.js").Size} Size
 * @typedef {{i: number, x1: number, y1: number, x2: number, y2: number, name: string, hue: number}} Shown
 */

export class GroundingView {
  /** @type {Owner | null} */
  owner = null;
  /** @type {Page.ChatNode | null} */
  node = null;
  /** @type {Array<Page.Picture>} */
  pictures = [];
  /** Which of the pictures is shown. */
  current = 0;
  /** @type {Array<Wire.BoxTold>} */
  boxes = [];
  /** @type {number | null} */
  marked = null;
  /** @type {number | null} */
  selected = null;
  /**
   * The answer whose words are linked with the boxes.
   * @type {HTMLElement | null}
   */
  answer = null;

  /**
   * `fetchPicture(owner, seen)` resolves to the picture; `act("region", null, {owner, seen, found, text})` and
   * `act("coco", …)` say what is wanted.
   * @param {HTMLElement} root
   * @param {{
   * words: Wire.MultimodalWords & {cancel: string},
   * act: Page.Act,
   * fetchPicture: import("./shown_picture.js").FetchPicture,
   * }} parts
   */
  constructor(root, { words, act, fetchPicture }) {
    this.root = root;
    this.words = words;
    this.act = act;
    this.picture = new ShownPicture(fetchPicture);
    this.overlay = overlay();
    this.tags = el("div", { class: "mm-tags" });
    this.frame = el("div", { class: "mm-frame" });
    this.strip = el("div", { class: "mm-strip", role: "tablist" });
    this.caption = el("figcaption", { class: "mm-caption" });
    this.question = new RegionQuestion({
      words,
      ask: (text) => this.#ask(text),
      cut: (region, signal) => this.#cut(region, signal),
      leave: () => this.#select(null),
    });
    const region = this.question.root;
    root.append(el("div", { class: "mm-canvas" }, this.frame), this.strip, region, this.caption);
    root.addEventListener("keydown", (event) => {
      if (event.key !== "Escape" || event.isComposing || (region.hidden && !root.classList.contains("large"))) return;
      event.preventDefault();
      event.stopPropagation();
      if (region.hidden) root.classList.remove("large");
      else this.#select(null);
    });
  }

  /**
   * `owner` is the question's node whose files the pictures are of; `node` the answer whose boxes are drawn.
   * @param {Owner | null} owner
   * @param {Page.ChatNode | null} node
   */
  show(owner, node) {
    const same = this.owner === owner && this.node === node;
    if (this.owner !== owner) this.#forget();
    this.owner = owner;
    this.node = node;
    this.pictures = owner?.pictures ?? [];
    this.root.hidden = !this.pictures.length;
    if (!same) {
      this.current = 0;
      this.#select(null);
    }
    if (!this.root.hidden) return this.draw(node?.boxes ?? []);
    this.picture.clear();
    this.frame.replaceChildren();
    delete this.frame.dataset.key;
  }

  #forget() {
    this.picture.forget();
    delete this.frame.dataset.key;
  }

  /** @param {Array<Wire.BoxTold>} boxes */
  draw(boxes) {
    const first = !this.boxes.length && boxes.length;
    this.boxes = boxes;
    const elsewhere = first && !boxes.some(({ picture }) => picture === this.current);
    if (elsewhere && !this.question.isDrawing) this.current = boxes[0].picture;
    this.#drawStrip();
    this.#drawPicture();
    this.#drawCaption();
  }

  #drawStrip() {
    this.strip.hidden = this.pictures.length < 2;
    if (this.strip.hidden) return;
    draw(this.strip, ...tiles(this, (i) => this.to(i)));
  }

  /** @param {number} index */
  to(index) {
    this.current = index;
    this.#select(null);
    this.draw(this.boxes);
  }

  #drawPicture() {
    const { owner } = this;
    if (!owner) return;
    const seen = this.pictures[this.current];
    const size = seen.size ?? [1000, 1000];
    const key = `${owner.id} ${this.current}`;
    if (this.frame.dataset.key !== key) {
      this.frame.dataset.key = key;
      this.overlay = overlay();
      this.tags = el("div", { class: "mm-tags" });
      this.frame.style.setProperty("--glm-ratio", `${size[0] / size[1]}`);
      const onload = () => this.frame.dataset.key === key && this.#drawCaption();
      this.frame.replaceChildren(this.picture.show(owner, seen, { key, size, onload }), this.overlay, this.tags);
    }
    this.overlay.setAttribute("viewBox", `0 0 ${size[0]} ${size[1]}`);
    this.#drawBoxes(size);
  }

  /** Boxes of one label have one colour; a box without one has its own. */
  #hues() {
    const labels = [...new Set(this.boxes.map(({ label }, i) => label || `#${i}`))];
    return this.boxes.map(({ label }, i) => HUES[labels.indexOf(label || `#${i}`) % HUES.length]);
  }

  /** @param {Size} size */
  #drawBoxes(size) {
    const hues = this.#hues();
    const shown = this.boxes.flatMap((found, i) => {
      if (found.picture !== this.current) return [];
      const [x1, y1, x2, y2] = found.pixels ?? found.box.map((each, at) => (each / 1000) * size[at % 2]);
      return [{ i, x1, y1, x2, y2, name: found.label || `${this.words.box} ${i + 1}`, hue: hues[i] }];
    });
    /** @param {Shown} shape */
    const area = ({ x1, y1, x2, y2 }) => (x2 - x1) * (y2 - y1);
    // Small boxes lie above large ones, so that each can be reached.
    draw(this.overlay, ...[...shown].sort((a, b) => area(b) - area(a)).map((each) => this.#shape(each)));
    draw(this.tags, ...shown.map((each) => this.#tag(each, size)));
  }

  /** @param {Shown} shape */
  #shape({ i, x1, y1, x2, y2, name, hue }) {
    /** @param {KeyboardEvent} event */
    const enter = (event) => (event.key === "Enter" || event.key === " ") && (event.preventDefault(), this.#select(i));
    return h("rect", {
      key: i,
      x: x1,
      y: y1,
      width: x2 - x1,
      height: y2 - y1,
      class: this.#classes("mm-box-shape", i, i === this.selected && "selected"),
      "data-box": i,
      tabindex: 0,
      role: "button",
      "aria-label": `${name}: ${[x1, y1, x2, y2].map(Math.round).join(", ")}`,
      style: `--glm-hue:${hue}`,
      onmouseenter: () => this.mark(i),
      onmouseleave: () => this.mark(null),
      onfocus: () => this.mark(i),
      onblur: () => this.mark(null),
      onclick: () => this.#select(i),
      onkeydown: enter,
    });
  }

  /**
   * @param {Shown} shape
   * @param {Size} size
   */
  #tag({ i, x1, y1, name, hue }, [width, height]) {
    const top = y1 / height;
    return h(
      "span",
      {
        key: i,
        class: this.#classes("mm-tag", i, top < 0.08 && "inside"),
        "data-box": i,
        style: `left:${(x1 / width) * 100}%;top:${top * 100}%;--glm-hue:${hue}`,
      },
      name,
    );
  }

  /**
   * @param {string} name
   * @param {number} i
   * @param {string | false} more
   */
  #classes(name, i, more) {
    return [name, i === this.marked && "marked", more].filter(Boolean).join(" ");
  }

  #drawCaption() {
    const { boxes, pictures, words } = this;
    const { small } = this.picture;
    const seen = { boxes, pictures, current: this.current, small, words };
    const act = {
      save: () => this.act("coco", null, { boxes, pictures }),
      select: (/** @type {MouseEvent} */ event) => this.#draw(event),
      enlarge: () => this.root.classList.toggle("large"),
    };
    draw(this.caption, ...captionOf(seen, act));
  }

  // --- the link with the text ----------------------------------------------------------------------------------

  /**
   * Marks the boxes' own text in the finished answer.
   * @param {HTMLElement} answer
   */
  link(answer) {
    this.answer = answer;
    linkTexts(
      answer,
      this.boxes.map(({ text }) => text),
    );
    if (answer.dataset.linked) return;
    answer.dataset.linked = "yes";
    /** @param {Event} event */
    const over = (event) => {
      const at = closest(event.target, ".mm-ref")?.dataset.box;
      if (at !== undefined) this.mark(Number(at), true);
      else if (this.marked !== null) this.mark(null);
    };
    for (const kind of ["mouseover", "focusin"]) answer.addEventListener(kind, over);
    for (const kind of ["mouseleave", "focusout"]) answer.addEventListener(kind, () => this.mark(null));
  }

  /**
   * Shows box `i` and its text as one; null shows none.
   * @param {number | null} i
   */
  mark(i, turn = false) {
    if (i !== null && turn && this.boxes[i] && this.boxes[i].picture !== this.current) this.to(this.boxes[i].picture);
    this.marked = i;
    this.frame.classList.toggle("marking", i !== null);
    for (const each of [
      ...this.frame.querySelectorAll("[data-box]"),
      ...(this.answer?.querySelectorAll(".mm-ref") ?? []),
    ])
      each.classList.toggle("marked", i !== null && Number(each.getAttribute("data-box")) === i);
  }

  // --- crop and ask ---------------------------------------------------------------------------------------------

  /**
   * Null leaves the region, and gives the focus back to where it came from.
   * @param {number | null} i
   */
  #select(i) {
    const { question } = this;
    const inside = question.hasFocus;
    const left = /** @type {SVGElement | null} */ (
      this.selected === null
        ? this.caption.querySelector(".mm-select")
        : this.frame.querySelector(".mm-box-shape.selected")
    );
    this.selected = i;
    for (const each of this.frame.querySelectorAll(".mm-box-shape"))
      each.classList.toggle("selected", i !== null && Number(each.getAttribute("data-box")) === i);
    if (i !== null) return question.about(this.boxes[i].label || `${this.words.box} ${i + 1}`);
    question.close();
    if (inside) left?.focus();
  }

  /** @param {MouseEvent} event a press of Enter has no place */
  #draw(event) {
    this.#select(null);
    this.question.draw(this.frame, () => this.#sizeShown(), !event.detail);
  }

  /** @returns {Size} */
  #sizeShown() {
    const { naturalWidth, naturalHeight } = this.frame.querySelector("img") ?? { naturalWidth: 0, naturalHeight: 0 };
    return this.pictures[this.current].size ?? [naturalWidth || 1000, naturalHeight || 1000];
  }

  /** @param {string} text */
  #ask(text) {
    const found = this.selected === null ? null : this.boxes[this.selected];
    this.#select(null);
    this.root.classList.remove("large");
    if (found) this.act("region", null, { owner: this.owner, seen: this.pictures[found.picture], found, text });
  }

  /**
   * @param {import("./region_question.js").Drawn} drawn
   * @param {AbortSignal} signal
   */
  async #cut(drawn, signal) {
    const found = { ...drawn, label: this.words.region };
    const done = await this.act("region", null, {
      owner: this.owner,
      seen: this.pictures[this.current],
      found,
      signal,
    });
    if (done) this.root.classList.remove("large");
    return done;
  }
}

function overlay() {
  const svg = document.createElementNS(SVG, "svg");
  svg.setAttribute("class", "mm-overlay");
  svg.setAttribute("preserveAspectRatio", "none");
  return svg;
}
