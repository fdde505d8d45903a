// The chip that names the model of the next question, and the list behind it. Typing filters, the arrow keys move, Enter
// takes; leaving changes nothing. Gradio's dropdown stays the owner of the choice: this only tells it what was taken.

import { composing } from "../chat/keys.js";
import { closest, el, find, icon } from "../parts/dom.js";
import { listed } from "../parts/locale.js";
import { frame } from "../parts/menu.js";
import { usable } from "../page/places.js";
import { favourites, toggleFavourite } from "./favourites.js";
import { arranged, choicesOf, factsOf, lacksKey } from "./models.js";
import { placeOver } from "./place.js";

const WIDE = 520;
const TALLEST = 560;
const touch = matchMedia("(pointer: coarse)");

export class ModelPicker {
  /** @type {HTMLElement | null} */
  #panel = null;
  /** @type {Array<{choice: import("./models.js").Choice, row: HTMLElement}>} */
  #rows = [];
  #active = -1;
  #value = "";
  #outside = (/** @type {PointerEvent} */ { target }) => {
    if (![this.#panel, this.chip].some((part) => target instanceof Node && part?.contains(target))) this.close(false);
  };
  #placed = () => this.#place();

  /**
   * `over` finds what the list opens over, `picked` is what is picked now; `pick(value, lacksKey)` takes another.
   * `label` is what the chip is called; with a `sign` it is a button with that icon, which names no model. `hint` stands
   * below the list; so does `noKey`, in place of picking a model that lacks a key. Without `over` the list opens at its
   * opener.
   * @param {{
   * config: Wire.Config,
   * words: Wire.Words["composer"],
   * id: string,
   * over?: string,
   * picked: string,
   * pick: (value: string, lacksKey: boolean) => unknown,
   * announce: (text: string) => void,
   * label?: string,
   * sign?: string | null,
   * hint?: string,
   * noKey?: string,
   * }} parts
   */
  constructor({ config, words, id, over = "", picked, pick, announce, ...looks }) {
    const { label = words.model, sign = null, hint = words.models_hint, noKey = "" } = looks;
    this.words = words;
    this.label = label;
    this.id = id;
    this.over = over;
    this.pick = pick;
    this.announce = announce;
    this.noKey = noKey;
    this.hint = el("p", { class: looks.hint ? "model-hint always" : "model-hint", role: "status" });
    this.hinted = hint;
    this.choices = choicesOf(config);
    this.name = el("span", { class: "chip-name" });
    this.chip = el(
      "button",
      { type: "button", class: "bar-button", "aria-haspopup": "dialog", "aria-expanded": "false" },
      ...(sign ? [icon(sign)] : [this.name, icon("chevron")]),
    );
    this.chip.classList.toggle("model-chip", !sign);
    /** @type {HTMLElement} what the list was opened at */
    this.opener = this.chip;
    this.chip.addEventListener("click", () => (this.#panel ? this.close() : this.open()));
    this.show(picked);
  }

  /** @param {string} value of the model that is picked: one of the choices, or a name that was typed */
  show(value) {
    this.#value = value;
    const choice = this.choices.find((each) => each.value === value);
    this.name.textContent = choice?.name ?? value;
    const whole = choice ? `${choice.name} · ${choice.providerName}` : value;
    const label = this.label.replace("{name}", () => whole);
    this.chip.setAttribute("aria-label", label);
    this.chip.title = this.chip.contains(this.name) ? whole : label;
  }

  /** The model that is picked. */
  get value() {
    return this.#value;
  }

  /** @param {HTMLElement} [opener] what the list opens at, and what has the focus again afterwards */
  open(opener = this.chip) {
    const { words, id } = this;
    this.opener = opener;
    this.search = el("input", {
      type: "text",
      class: "model-search",
      role: "combobox",
      placeholder: words.filter_models,
      "aria-label": words.filter_models,
      "aria-expanded": "true",
      "aria-autocomplete": "list",
      "aria-controls": `${id}-list`,
      autocomplete: "off",
      spellcheck: "false",
      oninput: () => this.#draw(0),
    });
    this.list = el("div", { class: "model-list", role: "listbox", id: `${id}-list`, "aria-label": words.choose_model });
    this.#hint(this.hinted);
    const panel = el(
      "div",
      { class: "glm model-panel", role: "dialog", "aria-label": words.choose_model, popover: "manual", tabindex: "-1" },
      this.search,
      this.list,
      this.hint,
    );
    panel.addEventListener("keydown", (event) => this.#key(event));
    (closest(opener, "dialog") ?? frame()).append(panel); // beside an open dialog nothing can be reached
    panel.showPopover?.();
    this.#panel = panel;
    this.chip.setAttribute("aria-expanded", "true");
    addEventListener("pointerdown", this.#outside, true);
    addEventListener("resize", this.#placed);
    globalThis.visualViewport?.addEventListener("resize", this.#placed);
    this.#place();
    this.#draw();
    (touch.matches ? panel : this.search).focus({ preventScroll: true }); // no keyboard over a phone's list
  }

  /** @param {boolean} [focus] whether the chip gets the focus back */
  close(focus = true) {
    if (!this.#panel) return;
    removeEventListener("pointerdown", this.#outside, true);
    removeEventListener("resize", this.#placed);
    globalThis.visualViewport?.removeEventListener("resize", this.#placed);
    this.#panel.remove();
    this.#panel = null;
    this.chip.setAttribute("aria-expanded", "false");
    if (focus) this.opener.focus();
  }

  #place() {
    const { left, width } = this.opener.getBoundingClientRect();
    const over = (this.over ? find(this.over) : this.opener)?.getBoundingClientRect();
    if (!this.#panel || !over) return;
    placeOver(this.#panel, new DOMRect(left, over.top, width, over.height), { width: WIDE, tallest: TALLEST });
  }

  /** @param {number} [active] the row that is pointed at; without it the model that is picked */
  #draw(active) {
    const { words, list, search } = this;
    if (!list || !search) return;
    const [marked, keys] = [favourites(), usable()];
    const query = search.value.trim();
    const groups = arranged(this.choices, { favourites: marked, usable: keys, query }, words);
    this.#rows = [];
    if (this.hint.dataset.state) this.#hint(this.hinted);
    const drawn = groups.map(({ label, choices }, i) => {
      const heading = el(
        "div",
        { class: "suggestion-heading", id: `${this.id}-group-${i}`, role: "presentation" },
        label,
      );
      const rows = choices.map((choice) => this.#row(choice, marked.includes(choice.value), lacksKey(choice, keys)));
      return el("div", { role: "group", "aria-labelledby": heading.id }, heading, ...rows);
    });
    list.replaceChildren(...drawn, ...(query ? [this.#asTyped(query)] : []));
    if (active === undefined) this.#showPicked(list);
    else this.#point(active, "nearest");
  }

  /**
   * Points at the model that is picked, below the heading of its family.
   * @param {HTMLElement} list
   */
  #showPicked(list) {
    const at = this.#rows.findIndex(({ choice }) => choice.value === this.#value);
    const group = this.#rows[at]?.row.parentElement;
    if (group) list.scrollTop += group.getBoundingClientRect().top - list.getBoundingClientRect().top;
    this.#point(Math.max(at, 0), "nearest");
  }

  /**
   * @param {import("./models.js").Choice} choice
   * @param {boolean} marked
   * @param {boolean} lacking
   */
  #row(choice, marked, lacking) {
    const { words } = this;
    const star = el(
      "span",
      { class: "model-star", "data-on": String(marked), "aria-hidden": "true", title: words.favourite },
      icon("star"),
    );
    star.addEventListener("click", (event) => (event.stopPropagation(), this.#mark(choice)));
    const said = [marked ? words.favourite : "", choice.value === this.#value ? words.picked : ""].filter(Boolean);
    return this.#add(choice, [
      star,
      el(
        "span",
        { class: "suggestion-text" },
        el("span", {}, choice.name),
        el("small", {}, factsOf(choice, words)),
        said.length ? el("span", { class: "off-screen" }, listed(said)) : null,
      ),
      lacking ? el("small", { class: "suggestion-tag key-tag" }, words.needs_key) : null,
      choice.value === this.#value ? icon("check") : null,
    ]);
  }

  /** @param {string} query a name that is taken as it stands: of an alias, or of a model that no list has */
  #asTyped(query) {
    const choice = { ...this.choices[0], value: query, name: query, needsKey: false, mustHaveKey: false };
    return this.#add(choice, [
      icon("right"),
      el(
        "span",
        { class: "suggestion-text" },
        this.words.as_typed.replace("{name}", () => query),
      ),
    ]);
  }

  /**
   * @param {import("./models.js").Choice} choice
   * @param {Array<Node | null>} parts
   */
  #add(choice, parts) {
    const i = this.#rows.length;
    const row = el("div", { class: "suggestion", role: "option", id: `${this.id}-${i}` }, ...parts);
    row.addEventListener("click", () => this.#take(choice));
    row.addEventListener("pointermove", () => this.#active !== i && this.#point(i, null));
    this.#rows.push({ choice, row });
    return row;
  }

  /**
   * @param {number} at
   * @param {ScrollLogicalPosition | null} scroll
   */
  #point(at, scroll) {
    this.#active = Math.min(at, this.#rows.length - 1);
    this.#rows.forEach(({ row }, i) => row.setAttribute("aria-selected", String(i === this.#active)));
    const row = this.#rows[this.#active]?.row;
    if (row && scroll) row.scrollIntoView({ block: scroll });
    this.search?.setAttribute("aria-activedescendant", row?.id ?? "");
  }

  /** @param {KeyboardEvent} event */
  #key(event) {
    if (composing(event) || event.ctrlKey || event.metaKey || event.altKey) return;
    const { length } = this.#rows;
    const choice = this.#rows[this.#active]?.choice;
    /** @type {Record<string, () => unknown>} */
    const acts = {
      ArrowDown: () => this.#point((this.#active + 1) % length, "nearest"),
      ArrowUp: () => this.#point((this.#active + length - 1) % length, "nearest"),
      PageDown: () => this.#point(Math.min(this.#active + 8, length - 1), "nearest"),
      PageUp: () => this.#point(Math.max(this.#active - 8, 0), "nearest"),
      Enter: () => choice && (event.shiftKey ? this.#mark(choice) : this.#take(choice)),
      Escape: () => this.close(),
      Tab: () => this.close(),
    };
    const act = acts[event.key];
    if (!act) return;
    event.preventDefault();
    event.stopPropagation();
    act();
  }

  /** @param {import("./models.js").Choice} choice */
  #mark(choice) {
    const marked = toggleFavourite(choice.value);
    const { words } = this;
    this.announce((marked ? words.marked : words.unmarked).replace("{name}", () => choice.name));
    const top = this.list?.scrollTop ?? 0;
    this.#draw(this.#active);
    const at = this.#rows.findLastIndex((row) => row.choice.value === choice.value);
    this.list?.scrollTo({ top });
    if (at >= 0) this.#point(at, "nearest");
  }

  /**
   * @param {string} text
   * @param {string} [state] "said" of what was not there from the start
   */
  #hint(text, state = "") {
    this.hint.textContent = text;
    this.hint.dataset.state = state;
  }

  /** @param {import("./models.js").Choice} choice */
  #take(choice) {
    const lacking = choice.mustHaveKey && lacksKey(choice, usable());
    if (lacking && this.noKey) return this.#hint(this.noKey, "said");
    this.close(false);
    this.show(choice.value);
    return this.pick(choice.value, lacking);
  }
}
