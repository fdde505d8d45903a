// The list that opens over a message box while a sign is typed ("/" or "@"): typing filters, the arrow keys move, Enter
// and Tab take, Escape leaves all as it was. The focus stays in the box, which names the row that is pointed at. What is
// listed and what taking it does is the sources' to say.

import { composing } from "../chat/keys.js";
import { el, icon } from "../parts/dom.js";
import { frame } from "../parts/menu.js";
import { boxAt, write } from "./box.js";
import { placeOver } from "./place.js";

const TALLEST = 420;
/** What the box says of the list while it is open. HTML gives a box of several lines no role but its own. */
const OPENED = { "aria-haspopup": "listbox", "aria-autocomplete": "list" };
const NARROWEST = 340;

/**
 * What is being typed: the sign stands at `from`, the caret at `to`, `query` is what stands between them.
 * @typedef {{from: number, to: number, query: string}} Token
 *
 * @typedef {{label: string, detail?: string, tag?: string, icon?: string, take: () => unknown}} Option
 * @typedef {{label: string, options: Array<Option>}} Group
 *
 * `tokenIn` finds what is being typed, `groups` gives what is listed for it; without an option the list stays closed,
 * and `none` is said of the sign alone.
 * @typedef {object} Source
 * @property {string} sign
 * @property {string} label
 * @property {string} [none]
 * @property {(text: string, caret: number) => Token | null} tokenIn
 * @property {(token: Token, text: string) => Array<Group>} groups
 */

export class Suggestions {
  /** @type {{source: Source, token: Token, options: Array<Option>, rows: Array<HTMLElement>, root: HTMLElement} | null} */
  #open = null;
  #active = 0;
  /** Whether Escape was pressed for what still stands there. */
  #left = false;
  /** Whether a button wrote the sign: then leaving takes it away again. */
  #written = false;
  /** What is said of a sign for which there is nothing to list. */
  #hint = "";

  /**
   * `box` finds the textarea; `say` puts a line over it.
   * @param {{
   * box: string,
   * sources: Array<Source>,
   * words: Wire.Words["composer"],
   * announce: (text: string) => void,
   * say: (text: string) => void,
   * }} parts
   */
  constructor({ box, sources, words, announce, say }) {
    this.say = say;
    this.box = box;
    this.sources = sources;
    this.words = words;
    this.announce = announce;
    this.id = `${box.slice(1).split(" ")[0]}-suggestions`;
    /** @param {Event} event */
    const mine = ({ target }) => target instanceof Element && target.matches(box);
    document.addEventListener("input", (event) => mine(event) && this.#look());
    document.addEventListener("keydown", (event) => mine(event) && this.#key(event), { capture: true });
    document.addEventListener(
      "keyup",
      (event) => mine(event) && /^(Arrow(Left|Right)|Home|End)$/.test(event.key) && this.#look(),
    );
    document.addEventListener("click", (event) => mine(event) && this.#open && this.#look());
    document.addEventListener("focusout", (event) => mine(event) && this.close());
    if (boxAt(box) === document.activeElement) this.#look(); // a sign that was typed while the page began
    addEventListener("resize", () => this.#place());
    globalThis.visualViewport?.addEventListener("resize", () => this.#place());
  }

  /**
   * Opens the list of a sign as if it had been typed where it opens.
   * @param {string} sign
   */
  begin(sign) {
    const box = boxAt(this.box);
    if (!box) return;
    if (this.#open) return this.leave();
    const at = sign === "/" ? 0 : box.selectionEnd;
    const space = at && !/\s/.test(box.value[at - 1]) ? " " : "";
    write(box, at, at, space + sign);
    this.#look();
    this.#written = Boolean(this.#open);
  }

  /** Draws the list for what stands before the caret, or takes it away. */
  #look() {
    const box = boxAt(this.box);
    if (!box) return;
    const { value, selectionStart: from, selectionEnd: caret } = box;
    const found = from === caret ? this.#find(value, caret) : null;
    if (!found) this.#left = false;
    const groups =
      found && !this.#left ? found.source.groups(found.token, value).filter(({ options }) => options.length) : [];
    this.#sayOf(found && !groups.length && !found.token.query ? (found.source.none ?? "") : "");
    if (!found || !groups.length) return this.close();
    this.#draw(found.source, found.token, groups, box);
  }

  /** @param {string} hint */
  #sayOf(hint) {
    if (hint !== this.#hint) this.say((this.#hint = hint));
  }

  /**
   * @param {string} text
   * @param {number} caret
   */
  #find(text, caret) {
    for (const source of this.sources) {
      const token = source.tokenIn(text, caret);
      if (token) return { source, token };
    }
    return null;
  }

  /**
   * @param {Source} source
   * @param {Token} token
   * @param {Array<Group>} groups
   * @param {HTMLTextAreaElement} box
   */
  #draw(source, token, groups, box) {
    const root = this.#open?.root ?? this.#makeRoot(box);
    const options = groups.flatMap((group) => group.options);
    const rows = options.map((option, i) => this.#row(option, i));
    let next = 0;
    root.setAttribute("aria-label", source.label);
    root.replaceChildren(
      ...groups.map(({ label, options: mine }, i) => {
        const heading = { class: "suggestion-heading", id: `${this.id}-group-${i}`, role: "presentation" };
        const group = { role: "group", "aria-labelledby": heading.id };
        return el("div", group, el("div", heading, label), ...rows.slice(next, (next += mine.length)));
      }),
    );
    const changed = this.#open?.token.query !== token.query || this.#open?.source !== source;
    this.#open = { source, token, options, rows, root };
    if (changed) {
      this.announce(this.words.found.replace("{n}", String(options.length)));
      this.#active = 0;
    }
    this.#place();
    this.#point(Math.min(this.#active, rows.length - 1));
  }

  /** @param {HTMLTextAreaElement} box */
  #makeRoot(box) {
    const root = el("div", { class: "glm suggestions", id: this.id, role: "listbox", popover: "manual" });
    root.addEventListener("mousedown", (event) => event.preventDefault()); // the focus stays in the box
    frame().append(root);
    root.showPopover?.();
    for (const [name, value] of Object.entries({ ...OPENED, "aria-controls": this.id })) box.setAttribute(name, value);
    return root;
  }

  /**
   * @param {Option} option
   * @param {number} i
   */
  #row({ label, detail, tag, icon: sign }, i) {
    const text = el("span", { class: "suggestion-text" }, el("span", { dir: "auto" }, label));
    if (detail) text.append(el("small", { dir: "auto" }, detail));
    const row = el(
      "div",
      { class: "suggestion", role: "option", id: `${this.id}-${i}`, onclick: () => this.#take(i) },
      sign ? icon(sign) : null,
      text,
      tag ? el("small", { class: "suggestion-tag" }, tag) : null,
    );
    row.addEventListener("pointermove", () => this.#active !== i && this.#point(i, false));
    return row;
  }

  /**
   * @param {number} at
   * @param {boolean} [scroll]
   */
  #point(at, scroll = true) {
    this.#active = at;
    this.#open?.rows.forEach((row, i) => row.setAttribute("aria-selected", String(i === at)));
    const row = this.#open?.rows[at];
    if (row && scroll) row.scrollIntoView({ block: "nearest" });
    boxAt(this.box)?.setAttribute("aria-activedescendant", row?.id ?? "");
  }

  #place() {
    const frameOf = boxAt(this.box)?.closest(".input-container");
    if (!this.#open || !frameOf) return;
    const at = frameOf.getBoundingClientRect();
    placeOver(this.#open.root, at, { width: Math.max(at.width, NARROWEST), tallest: TALLEST });
  }

  /** @param {KeyboardEvent} event */
  #key(event) {
    if (!this.#open || composing(event) || event.ctrlKey || event.metaKey || event.altKey) return;
    const { length } = this.#open.rows;
    /** @type {Record<string, () => unknown>} */
    const acts = {
      ArrowDown: () => this.#point((this.#active + 1) % length),
      ArrowUp: () => this.#point((this.#active + length - 1) % length),
      Escape: () => this.leave(),
    };
    if (!event.shiftKey) acts.Enter = acts.Tab = () => this.#take(this.#active);
    const act = acts[event.key];
    if (!act) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    act();
  }

  /** @param {number} i */
  #take(i) {
    const { token, options } = this.#open ?? {};
    const box = boxAt(this.box);
    this.close();
    if (!box || !token || !options) return;
    write(box, token.from, token.to, "");
    options[i].take();
  }

  /** The person wants nothing of it: what was typed stays, what a button wrote goes. */
  leave() {
    const [token, box] = [this.#open?.token, boxAt(this.box)];
    this.#left = !this.#written;
    if (this.#written && token && box) write(box, token.from, token.to, "");
    this.close();
  }

  close() {
    this.#open?.root.remove();
    this.#open = null;
    this.#written = false;
    const box = boxAt(this.box);
    for (const name of [...Object.keys(OPENED), "aria-controls", "aria-activedescendant"]) box?.removeAttribute(name);
  }
}
