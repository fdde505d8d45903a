// Models, the first view of the tab: a card for each model that can be asked, under its family. It draws what the rows
// and the server say of a model; what a click means is decided by the tab.

import { el, icon } from "../parts/dom.js";
import { holds, inputsAt, priceAt, tokens, usd, wordsOf } from "./rows.js";

/**
 * @typedef {import("./rows.js").Row} Row
 * @typedef {import("./figures.js").Words} Words
 *
 * @typedef {object} Parts
 * @property {Words} words
 * @property {Wire.Table} table
 * @property {Wire.Config["providers"]} providers with the account that each shares
 * @property {Array<string>} tabs of the page
 * @property {(tab: string, setup: import("./element.js").Setup) => unknown} use
 * @property {(name: string) => unknown} explain opens a name among the names
 */

const MOST_NAMED = 3; // who serves it: more are counted

export class Cards {
  /** @param {Parts} parts */
  constructor(parts) {
    this.parts = parts;
    this.words = parts.words.cards;
    const rows = new Map(
      parts.table.rows.flatMap((row) => (row.kind === "model" && row.model ? [[row.model, row]] : [])),
    );
    /** @type {Array<{row: Row, card: HTMLElement}>} */
    this.made = [];
    this.search = el("input", {
      type: "search",
      placeholder: this.words.search,
      "aria-label": this.words.search,
      autocomplete: "off",
      spellcheck: "false",
    });
    this.search.addEventListener("input", () => this.refresh());
    this.none = el("p", { class: "cards-none", hidden: true, role: "status" });
    this.families = this.#families(rows);
    this.root = el(
      "div",
      { class: "view cards-view", "data-view": "models" },
      el(
        "div",
        { class: "cards-column" },
        el("label", { class: "cards-search" }, icon("search"), this.search),
        this.none,
        ...this.families,
      ),
    );
  }

  /**
   * A section for each family, in the order of the server.
   * @param {Map<string, Row>} rows
   */
  #families(rows) {
    /** @type {Map<string, Array<HTMLElement>>} */
    const families = new Map();
    for (const [key, { family, purpose }] of Object.entries(this.parts.table.cards)) {
      const row = rows.get(key);
      if (!row) continue;
      const card = this.#card(row, purpose);
      this.made.push({ row, card });
      families.set(family, [...(families.get(family) ?? []), card]);
    }
    return [...families].map(([family, cards], at) =>
      el(
        "section",
        { class: "family", "aria-labelledby": `family-${at}` },
        el("h2", { id: `family-${at}` }, family),
        el("div", { class: "family-cards" }, ...cards),
      ),
    );
  }

  /**
   * @param {Row} row
   * @param {string} purpose
   */
  #card(row, purpose) {
    return el(
      "article",
      { class: "model-card", "data-model": row.model },
      el("h3", {}, row.name),
      el("p", { class: "purpose" }, purpose),
      this.#facts(row),
      this.#abilities(row),
      this.#served(row),
      this.#buttons(row),
    );
  }

  /** @param {Row} row */
  #facts(row) {
    const { words } = this;
    const whole = this.parts.words;
    /** @param {string} figure */
    const size = (figure) => tokens(row.figures[figure]?.value ?? null) || whole.unknown;
    const [input, output] = ["price_input", "price_output"].map((side) => priceAt(row, side, "").value);
    const known = input !== null && output !== null;
    const free = input === 0 && output === 0;
    const price = free
      ? whole.free
      : known
        ? words.price_of.replace("{input}", usd(input)).replace("{output}", usd(output))
        : whole.unknown;
    /**
     * @param {string} name
     * @param {string} value
     * @param {string | null} [title]
     */
    const fact = (name, value, title) => el("div", { title }, el("dt", {}, name), el("dd", {}, value));
    return el(
      "dl",
      { class: "card-facts" },
      fact(words.window, size("window"), whole.column_titles.window),
      fact(words.output, size("max_output"), whole.column_titles.output),
      fact(words.price, price, known && !free ? words.per_million : null),
    );
  }

  /** @param {Row} row */
  #abilities(row) {
    const { words } = this;
    const { kinds } = this.parts.words;
    const thinking = String(row.figures.thinking?.value ?? "");
    const able = [
      ...inputsAt(row, "")
        .filter((kind) => kind !== "text")
        .map((kind) => kinds[String(kind)] ?? String(kind)),
      ...(thinking && !["none", "unknown"].includes(thinking) ? [words.thinks] : []),
      ...(row.figures.tools?.value === true ? [words.tools] : []),
      ...(row.figures.structured?.value === true ? [words.structured] : []),
    ];
    return el("ul", { class: "abilities", "aria-label": words.abilities }, ...able.map((one) => el("li", {}, one)));
  }

  /** @param {Row} row */
  #served(row) {
    const { providers, table } = this.parts;
    const keys = Object.keys(row.wire_ids).filter((key) => (providers[key]?.shares ?? key) === key);
    const names = keys.map((key) => table.providers[key]?.name ?? key);
    const more = names.length - MOST_NAMED;
    const shown = names.slice(0, MOST_NAMED).join(" · ") + (more > 0 ? ` +${more}` : "");
    return el(
      "p",
      { class: "served", title: more > 0 ? names.join(" · ") : null },
      el("span", { class: "served-label" }, `${this.words.served_by} `),
      shown,
    );
  }

  /** @param {Row} row */
  #buttons(row) {
    const { words } = this;
    const { tabs, use, explain } = this.parts;
    /**
     * @param {string} look
     * @param {string} text
     * @param {() => unknown} onclick
     */
    const button = (look, text, onclick) =>
      el("button", { type: "button", class: look, "aria-label": `${text}: ${row.name}`, onclick }, text);
    const sees = tabs.includes("multimodal") && inputsAt(row, "").includes("image");
    return el(
      "div",
      { class: "card-buttons" },
      button("plain use", words.use, () => use("chat", { model: row.name })),
      sees ? button("plain", words.use_multimodal, () => use("multimodal", { model: row.name })) : null,
      button("link", words.details, () => explain(row.name)),
      row.conflicts ? el("span", { class: "mark" }, `≠ ${words.disagree}`) : null,
    );
  }

  /** Shows the cards that hold every word of the search. */
  refresh() {
    const query = this.search.value;
    const wanted = wordsOf(query);
    for (const { row, card } of this.made) card.hidden = !holds(row, wanted);
    for (const family of this.families) family.hidden = !family.querySelector("article:not([hidden])");
    this.none.hidden = this.made.some(({ card }) => !card.hidden);
    const onclick = () => this.parts.explain(query);
    if (!this.none.hidden)
      this.none.replaceChildren(
        this.words.none,
        " ",
        el("button", { type: "button", class: "link", onclick }, this.words.look_up),
      );
  }
}
