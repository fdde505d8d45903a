// Drawing a region on the picture: by mouse, by finger and by the keys. Cuts nothing out; where the region lies is
// computed in region_shape.js.

import { el } from "../parts/dom.js";
import { between, dragged, gripAt, isTooSmall, MIDDLE, nudged, pointOf } from "./region_shape.js";

/**
 * @typedef {import("./region_shape.js").Box} Box
 * @typedef {import("./region_shape.js").Grip} Grip
 * @typedef {import("./region_shape.js").Pair} Pair
 */

/** Pixels from a side that still hold it: half of what a mouse and what a finger needs. */
const REACH = { mouse: 12, touch: 22 };
/** @type {Record<string, Pair>} */
const ARROWS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };

export class RegionDrawing {
  /** @type {Box | null} */
  box = null;
  /** @type {{pointer: number, from: Pair, grip: Grip | null, before: Box | null} | null} */
  #drag = null;

  /**
   * `size()` is the picture's, in pixels; `changed(settled)` is called with each change, `settled` where no finger or mouse
   * is down; `take()` once the region is to be cut out. `explained` is the id of what says the keys.
   * @param {{
   * label: string,
   * explained: string,
   * size: () => Pair,
   * changed: (settled: boolean) => void,
   * take: () => unknown,
   * }} parts
   */
  constructor({ label, explained, size, changed, take }) {
    this.size = size;
    this.changed = changed;
    this.take = take;
    this.shade = el("div", { class: "mm-draw-shade" });
    const corners = ["nw", "ne", "sw", "se"].map((each) => el("span", { class: `mm-draw-corner ${each}` }));
    this.region = el("div", { class: "mm-drawn", hidden: true }, ...corners);
    this.picture = el(
      "div",
      { class: "mm-draw-picture" },
      el("div", { class: "mm-draw-rest" }, this.shade),
      this.region,
    );
    this.root = el(
      "div",
      { class: "mm-draw", role: "application", tabindex: 0, "aria-label": label, "aria-describedby": explained },
      this.picture,
    );
    const { root } = this;
    root.addEventListener("pointerdown", (event) => this.#down(event));
    root.addEventListener("pointermove", (event) => this.#move(event));
    root.addEventListener("pointerup", (event) => this.#up(event));
    for (const kind of ["pointercancel", "lostpointercapture"]) root.addEventListener(kind, () => this.#giveUp());
    // Else the browser takes the drag for a swipe, and a tap on a button right after it does nothing.
    root.addEventListener("touchstart", (event) => event.preventDefault(), { passive: false });
    root.addEventListener("keydown", (event) => this.#key(event));
  }

  /**
   * Lies over the picture in `frame` from now on; `there`: with a region in the middle.
   * @param {Element} frame
   * @param {boolean} there
   */
  start(frame, there) {
    this.#drag = null;
    frame.append(this.root);
    this.#set(there ? MIDDLE : null, true);
    this.root.focus({ preventScroll: true });
  }

  stop() {
    this.#drag = null;
    this.root.remove();
  }

  /**
   * @param {Box | null} box
   * @param {boolean} settled
   */
  #set(box, settled) {
    this.box = box;
    this.region.hidden = this.shade.hidden = !box;
    if (box)
      for (const { style } of [this.region, this.shade]) {
        style.left = `${box[0] / 10}%`;
        style.top = `${box[1] / 10}%`;
        style.width = `${(box[2] - box[0]) / 10}%`;
        style.height = `${(box[3] - box[1]) / 10}%`;
      }
    this.changed(settled);
  }

  // --- mouse and finger -----------------------------------------------------------------------------------------------

  /** @param {PointerEvent} event */
  #at(event) {
    const frame = this.picture.getBoundingClientRect();
    const reach = event.pointerType === "touch" ? REACH.touch : REACH.mouse;
    const at = pointOf(event, frame);
    const grip = gripAt(this.box, at, [(reach / frame.width) * 1000, (reach / frame.height) * 1000]);
    return { frame, at, grip };
  }

  /** @param {PointerEvent} event */
  #down(event) {
    if (!event.isPrimary || event.button !== 0) return;
    event.preventDefault(); // else the words around are marked
    const { root } = this;
    root.focus({ preventScroll: true });
    root.setPointerCapture(event.pointerId);
    const { at, grip } = this.#at(event);
    this.#drag = { pointer: event.pointerId, from: at, grip, before: this.box };
  }

  /** @param {PointerEvent} event */
  #move(event) {
    const { frame, at, grip } = this.#at(event);
    if (!this.#drag) return this.#point(grip);
    const { pointer, from, grip: held, before } = this.#drag;
    if (event.pointerId !== pointer) return;
    const box = held && before ? dragged(before, held, from, at) : between(from, at);
    this.#set(!held && isTooSmall(box, frame) ? before : box, false);
  }

  /** @param {PointerEvent} event */
  #up(event) {
    if (event.pointerId !== this.#drag?.pointer) return;
    this.#move(event);
    const { before } = this.#drag;
    this.#drag = null;
    const { box } = this;
    this.#set(box && isTooSmall(box, this.picture.getBoundingClientRect()) ? before : box, true);
  }

  /** The browser took the pointer away. */
  #giveUp() {
    if (!this.#drag) return;
    const { before } = this.#drag;
    this.#drag = null;
    this.#set(before, true);
  }

  /**
   * Says by the pointer's form what it would hold.
   * @param {Grip | null} grip
   */
  #point(grip) {
    this.root.dataset.grip = grip ? grip.map((side) => ["low", "", "high"][side + 1]).join(" ") : "none";
  }

  // --- keys -------------------------------------------------------------------------------------------------------------

  /** @param {KeyboardEvent} event */
  #key(event) {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const way = ARROWS[event.key];
    if (!way && event.key !== "Enter" && event.key !== " ") return;
    event.preventDefault();
    event.stopPropagation();
    if (this.#drag) return;
    if (!this.box) this.#set(MIDDLE, true);
    else if (way) {
      const how = { size: this.size(), sizes: event.shiftKey, fast: event.repeat };
      this.#set(nudged(this.box, way, how), true);
    } else if (event.key === "Enter" && !event.repeat) this.take();
  }
}
