// Filling in the places of a saved prompt, one after another: each is selected in the box, Tab and Enter go to the next,
// and what was typed stands in every place of the same name. Nothing is sent before they are filled in; Escape ends it.

import { composing, sends } from "../chat/keys.js";
import { closest } from "../parts/dom.js";
import { filledIn, placesIn } from "../prompts/prompt.js";
import { boxAt, write } from "./box.js";

export class Filling {
  /**
   * The place that is being filled in, and what stands before and after it.
   * @type {{name: string, before: string, after: string} | null}
   */
  #at = null;

  /**
   * `box` finds Gradio's textarea, `place` its element.
   * @param {{box: string, place: string, note: import("./note.js").Note, words: Wire.Words["composer"]}} parts
   */
  constructor({ box, place, note, words }) {
    this.box = box;
    this.note = note;
    this.words = words;
    /** @param {Event} event */
    const mine = ({ target }) => target instanceof Element && target.matches(box);
    document.addEventListener("keydown", (event) => mine(event) && this.#key(event), { capture: true });
    document.addEventListener("input", (event) => mine(event) && this.check(boxAt(box)?.value ?? ""));
    document.addEventListener(
      "click",
      (event) => {
        if (!this.#at || !closest(event.target, `${place} .submit-button`) || !this.#step(1)) return;
        event.stopPropagation();
        event.preventDefault();
      },
      { capture: true },
    );
  }

  /**
   * Begins with the first place that stands between `from` and `to`, if there is one.
   * @param {number} from
   * @param {number} to
   */
  start(from, to) {
    const box = boxAt(this.box);
    const first = box && placesIn(box.value).find((place) => place.from >= from && place.to <= to);
    if (box && first) this.#select(box, first);
  }

  /** @param {string} text what the box holds now: it may be another one, with nothing to fill in */
  check(text) {
    if (this.#at && !placesIn(text).length && !this.#isIn(text)) this.#end();
  }

  /**
   * Whether what stands around the place is as it was when the place was selected.
   * @param {string} text
   */
  #isIn(text) {
    const { before, after } = this.#at ?? { before: "", after: "" };
    return (
      text !== "" && text.length >= before.length + after.length && text.startsWith(before) && text.endsWith(after)
    );
  }

  /**
   * @param {HTMLTextAreaElement} box
   * @param {import("../prompts/prompt.js").Place} place
   */
  #select(box, { name, from, to }) {
    const left = new Set(placesIn(box.value).map((place) => place.name)).size - 1;
    this.#at = { name, before: box.value.slice(0, from), after: box.value.slice(to) };
    box.focus();
    box.setSelectionRange(from, to);
    const { words } = this;
    const said = left ? words.fill_more.replace("{n}", String(left)) : words.fill_last;
    this.note.say(said.replace("{name}", name), { label: left ? words.next : words.done, run: () => this.#step(1) });
  }

  #end() {
    this.#at = null;
    this.note.clear();
  }

  /** @param {KeyboardEvent} event */
  #key(event) {
    if (!this.#at || composing(event) || event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key === "Escape") this.#end();
    else if (event.key === "Tab") this.#step(event.shiftKey ? -1 : 1);
    else if (!sends(event) || !this.#step(1)) return;
    event.preventDefault();
    event.stopImmediatePropagation();
  }

  /**
   * Goes to the next place, or to the one before. After the last one the caret stands behind the text.
   * @param {1 | -1} way
   * @returns {boolean} whether there was a place left
   */
  #step(way) {
    const box = boxAt(this.box);
    if (!box) return false;
    const caret = this.#spread(box);
    const places = placesIn(box.value);
    const next =
      way > 0
        ? (places.find(({ from }) => from >= caret) ?? places[0])
        : (places.findLast(({ to }) => to < caret) ?? places.at(-1));
    if (next) this.#select(box, next);
    else {
      this.#end();
      box.setSelectionRange(box.value.length, box.value.length);
      box.focus();
    }
    return Boolean(next);
  }

  /**
   * Writes what was typed into the other places of its name; gives where the caret stands then.
   * @param {HTMLTextAreaElement} box
   */
  #spread(box) {
    const caret = box.selectionEnd;
    if (!this.#at || !this.#isIn(box.value)) return caret;
    const { name, before, after } = this.#at;
    const typed = box.value.slice(before.length, box.value.length - after.length);
    if (placesIn(typed).length || !typed) return caret;
    const filled = filledIn(box.value, name, typed, before.length + typed.length);
    if (filled.text !== box.value) write(box, 0, box.value.length, filled.text);
    return filled.at;
  }
}
