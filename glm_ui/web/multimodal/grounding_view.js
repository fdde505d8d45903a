// @ts-nocheck
// The picture that an answer speaks of, with its boxes: in the picture's own pixels, linked with the text both ways.
// Draws boxes that the server has found; finds none itself.

import { el, iconButton } from "../parts/dom.js";
import { draw, h, iconButtonOf, iconOf } from "../parts/draw.js";

const SVG = "http://www.w3.org/2000/svg";
const HUES = [222, 12, 152, 282, 42, 190, 332, 96];

export class GroundingView {
  /** `fetchPicture(owner, seen)` resolves to a Blob; `act("region", null, {owner, seen, found, text})` and `act("coco", …)` say what is wanted. */
  constructor(root, { words, act, fetchPicture }) {
    Object.assign(this, { root, words, act, fetchPicture });
    this.cache = new Map();
    this.current = 0;
    this.boxes = [];
    this.frame = el("div", { class: "mm-frame" });
    this.strip = el("div", { class: "mm-strip", role: "tablist" });
    this.caption = el("figcaption", { class: "mm-caption" });
    this.region = el("form", { class: "mm-region", hidden: true });
    root.append(el("div", { class: "mm-canvas" }, this.frame), this.strip, this.region, this.caption);
    this.region.addEventListener("submit", (event) => this.#askRegion(event));
    root.addEventListener("keydown", (event) => {
      if (event.key !== "Escape" || event.isComposing || (this.region.hidden && !root.classList.contains("large")))
        return;
      event.preventDefault();
      event.stopPropagation();
      if (this.region.hidden) root.classList.remove("large");
      else this.#select(null);
    });
  }

  /** `owner` is the question's node whose files the pictures are of; `node` the answer whose boxes are drawn. */
  show(owner, node) {
    const same = this.owner === owner && this.node === node;
    if (this.owner && this.owner !== owner) this.#forget();
    Object.assign(this, { owner, node });
    this.pictures = owner?.pictures ?? [];
    this.root.hidden = !this.pictures.length;
    if (!same) {
      this.current = 0;
      this.#select(null);
    }
    if (this.root.hidden) return this.frame.replaceChildren();
    this.draw(node?.boxes ?? []);
  }

  /** The pictures of the last question: a browser holds each until its address is given up. */
  #forget() {
    for (const made of this.cache.values()) made.then(URL.revokeObjectURL, () => {});
    this.cache.clear();
    delete this.frame.dataset.key;
  }

  draw(boxes) {
    const first = !this.boxes.length && boxes.length;
    this.boxes = boxes;
    if (first && !boxes.some(({ picture }) => picture === this.current)) this.current = boxes[0].picture;
    this.#drawStrip();
    void this.#drawPicture();
    this.#drawCaption();
  }

  #drawStrip() {
    this.strip.hidden = this.pictures.length < 2;
    if (this.strip.hidden) return;
    draw(
      this.strip,
      ...this.pictures.map((seen, i) => {
        const many = this.boxes.filter(({ picture }) => picture === i).length;
        return h(
          "button",
          {
            key: i,
            type: "button",
            class: "mm-strip-tile",
            role: "tab",
            "aria-selected": String(i === this.current),
            title: seen.name,
            "aria-label": seen.name,
            onclick: () => this.to(i),
          },
          seen.thumb ? h("img", { src: seen.thumb, alt: "" }) : h("span", {}, String(i + 1)),
          many > 0 && h("span", { class: "mm-count" }, String(many)),
        );
      }),
    );
  }

  to(index) {
    this.current = index;
    this.#select(null);
    this.draw(this.boxes);
  }

  async #drawPicture() {
    const seen = this.pictures[this.current];
    const size = seen.size ?? [1000, 1000];
    const key = `${this.owner.id} ${this.current}`;
    if (this.frame.dataset.key !== key) {
      this.frame.dataset.key = key;
      const image = el("img", {
        class: "mm-picture",
        alt: seen.name,
        width: size[0],
        height: size[1],
        draggable: "false",
      });
      if (seen.thumb) image.src = seen.thumb;
      image.classList.toggle("waiting", true);
      this.overlay = document.createElementNS(SVG, "svg");
      this.overlay.setAttribute("class", "mm-overlay");
      this.overlay.setAttribute("preserveAspectRatio", "none");
      this.tags = el("div", { class: "mm-tags" });
      this.frame.style.setProperty("--glm-ratio", `${size[0] / size[1]}`);
      this.frame.replaceChildren(image, this.overlay, this.tags);
      void this.#load(image, seen, key);
    }
    this.overlay.setAttribute("viewBox", `0 0 ${size[0]} ${size[1]}`);
    this.#drawBoxes(size);
  }

  async #load(image, seen, key) {
    try {
      if (!this.cache.has(key))
        this.cache.set(
          key,
          this.fetchPicture(this.owner, seen).then((blob) => URL.createObjectURL(blob)),
        );
      image.src = await this.cache.get(key);
      this.small = false;
    } catch {
      this.cache.delete(key);
      this.small = true;
    }
    image.classList.remove("waiting");
    if (this.frame.dataset.key === key) this.#drawCaption();
  }

  /** Boxes of one label have one colour; a box without one has its own. */
  #hues() {
    const labels = [...new Set(this.boxes.map(({ label }, i) => label || `#${i}`))];
    return this.boxes.map(({ label }, i) => HUES[labels.indexOf(label || `#${i}`) % HUES.length]);
  }

  #drawBoxes(size) {
    const hues = this.#hues();
    const shown = this.boxes.flatMap((found, i) => {
      if (found.picture !== this.current) return [];
      const [x1, y1, x2, y2] = found.pixels ?? found.box.map((each, at) => (each / 1000) * size[at % 2]);
      return [{ i, x1, y1, x2, y2, name: found.label || `${this.words.box} ${i + 1}`, hue: hues[i] }];
    });
    const area = ({ x1, y1, x2, y2 }) => (x2 - x1) * (y2 - y1);
    // Small boxes lie above large ones, so that each can be reached.
    draw(this.overlay, ...[...shown].sort((a, b) => area(b) - area(a)).map((each) => this.#shape(each)));
    draw(this.tags, ...shown.map((each) => this.#tag(each, size)));
  }

  #shape({ i, x1, y1, x2, y2, name, hue }) {
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

  #classes(name, i, more) {
    return [name, i === this.marked && "marked", more].filter(Boolean).join(" ");
  }

  #drawCaption() {
    const { words } = this;
    const seen = this.pictures[this.current];
    const many = this.boxes.length;
    const said = [
      seen.name,
      seen.size && `${seen.size[0]}×${seen.size[1]}`,
      many && `${many} ${many === 1 ? words.box : words.boxes}`,
    ]
      .filter(Boolean)
      .join(" · ");
    draw(
      this.caption,
      h("span", { class: "mm-said" }, this.small ? `${said} · ${words.small_only}` : said),
      many > 0 &&
        h(
          "button",
          {
            key: "export",
            type: "button",
            class: "mm-way",
            onclick: () => this.act("coco", null, { boxes: this.boxes, pictures: this.pictures }),
          },
          iconOf("download"),
          words.export,
        ),
      iconButtonOf("enlarge", words.enlarge, () => this.root.classList.toggle("large"), { key: "enlarge" }),
    );
  }

  // --- the link with the text ----------------------------------------------------------------------------------

  /** Marks the boxes' own text in the finished answer. */
  link(answer) {
    this.answer = answer;
    linkTexts(
      answer,
      this.boxes.map(({ text }) => text),
    );
    if (answer.dataset.linked) return;
    answer.dataset.linked = "yes";
    const over = (event) => {
      const at = event.target.closest?.(".mm-ref")?.dataset.box;
      if (at !== undefined) this.mark(Number(at), true);
      else if (this.marked !== null) this.mark(null);
    };
    for (const kind of ["mouseover", "focusin"]) answer.addEventListener(kind, over);
    for (const kind of ["mouseleave", "focusout"]) answer.addEventListener(kind, () => this.mark(null));
  }

  /** Shows box `i` and its text as one; null shows none. */
  mark(i, turn = false) {
    if (i !== null && turn && this.boxes[i] && this.boxes[i].picture !== this.current) this.to(this.boxes[i].picture);
    this.marked = i;
    this.frame.classList.toggle("marking", i !== null);
    for (const each of [
      ...this.frame.querySelectorAll("[data-box]"),
      ...(this.answer?.querySelectorAll(".mm-ref") ?? []),
    ])
      each.classList.toggle("marked", i !== null && Number(each.dataset.box) === i);
  }

  // --- crop and ask ---------------------------------------------------------------------------------------------

  #select(i) {
    const { words } = this;
    this.selected = i;
    this.region.hidden = i === null;
    for (const each of this.frame.querySelectorAll(".mm-box-shape"))
      each.classList.toggle("selected", i !== null && Number(each.dataset.box) === i);
    if (i === null) return;
    const name = this.boxes[i].label || `${words.box} ${i + 1}`;
    const box = el("input", {
      class: "mm-box",
      placeholder: words.region_question,
      "aria-label": `${words.ask_region}: ${name}`,
    });
    this.region.replaceChildren(
      el("strong", {}, name),
      box,
      el("button", { type: "submit", class: "chip-action go" }, words.crop),
      iconButton("close", words.cancel ?? "Cancel", () => this.#select(null)),
    );
    box.focus();
  }

  #askRegion(event) {
    event.preventDefault();
    const found = this.boxes[this.selected];
    const text = this.region.querySelector("input").value.trim() || this.words.region_question;
    this.#select(null);
    this.root.classList.remove("large");
    if (found) this.act("region", null, { owner: this.owner, seen: this.pictures[found.picture], found, text });
  }
}

/** Wraps the texts, each after the one before it, in marks that can be pointed at; a text that is not found is left out. */
export function linkTexts(root, texts) {
  if (root.querySelectorAll(".mm-ref").length) return;
  const nodes = [];
  let whole = "";
  const walker = document.createTreeWalker(root, NodeFilter.SHOW_TEXT);
  for (let node = walker.nextNode(); node; node = walker.nextNode()) {
    nodes.push({ node, start: whole.length });
    whole += node.data;
  }
  const spans = [];
  let from = 0;
  texts.forEach((text, i) => {
    const at = whole.indexOf(text, from);
    if (at < 0) return;
    from = at + text.length;
    spans.push({ i, start: at, end: from });
  });
  for (const { i, start, end } of spans.reverse()) {
    for (const { node, start: begins } of [...nodes].reverse()) {
      const a = Math.max(start, begins) - begins;
      const b = Math.min(end, begins + node.length) - begins;
      if (a >= b) continue;
      const piece = a ? node.splitText(a) : node;
      if (b - a < piece.length) piece.splitText(b - a);
      const mark = el("mark", { class: "mm-ref", "data-box": i, tabindex: 0 });
      piece.replaceWith(mark);
      mark.append(piece);
    }
  }
}
