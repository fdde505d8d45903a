// The table of names: a real table with headers that sort; on a phone each row is laid out as a card by the style.
// It shows the rows that it is given and tells which one was picked; it neither filters nor fetches.

import { closest, el } from "../parts/dom.js";
import { count, listed } from "../parts/locale.js";
import { COLUMNS, columnsOf, priceAt, shownAt } from "./rows.js";

/**
 * @typedef {import("./rows.js").Row} Row
 * @typedef {import("./rows.js").Value} Value
 */

export class Table {
  /**
   * Which columns are drawn.
   * @type {Array<string>}
   */
  columns = [];
  /**
   * The lines that were drawn for these columns, and for which provider, by the row's key.
   * @type {Map<string, {line: HTMLTableRowElement, provider: string}>}
   */
  lines = new Map();
  /** @type {WeakMap<HTMLElement, Row>} */
  rowOf = new WeakMap();

  /**
   * `pick(row)` is told what the person chose, `order(column)` which header was pressed.
   * @param {HTMLElement} root
   * @param {{
   * words: import("./figures.js").Words,
   * providers: Wire.Table["providers"],
   * sources: Wire.Table["sources"],
   * pick: (row: Row) => unknown,
   * order: (column: string) => unknown,
   * }} parts
   */
  constructor(root, { words, providers, sources, pick, order }) {
    this.words = words;
    this.providers = providers;
    this.sources = sources;
    this.order = order;
    this.head = el("thead");
    this.body = el("tbody");
    this.table = el("table", { class: "names", "aria-label": words.title }, this.head, this.body);
    this.none = el("p", { class: "names-none", hidden: true }, words.none);
    root.replaceChildren(this.table, this.none);
    this.body.addEventListener("click", ({ target }) => {
      const line = closest(target, "tr");
      const row = line && this.rowOf.get(line);
      if (row && !closest(target, "a")) pick(row);
    });
  }

  /**
   * @param {Array<Row>} rows
   * @param {{group: string, provider: string, column: string, down: boolean, picked: string | null}} how
   */
  show(rows, { group, provider, column, down, picked }) {
    this.table.dataset.group = group;
    this.#columns(columnsOf(group), column, down);
    this.#put(rows.map((row) => this.#line(row, provider)));
    this.none.hidden = rows.length > 0;
    this.table.hidden = !rows.length;
    this.mark(picked);
  }

  /**
   * Makes these the rows of the body, in this order, and leaves alone what is in its place: each move is a new layout.
   * @param {Array<HTMLTableRowElement>} lines
   */
  #put(lines) {
    const wanted = new Set(lines);
    for (const line of [...this.body.rows]) if (!wanted.has(line)) line.remove();
    let at = this.body.firstElementChild;
    for (const line of lines) {
      if (line === at) at = line.nextElementSibling;
      else this.body.insertBefore(line, at);
    }
  }

  /**
   * Marks the picked row without drawing anything again.
   * @param {string | null} key
   */
  mark(key) {
    this.body.querySelector("[aria-current]")?.removeAttribute("aria-current");
    if (key)
      [...this.body.rows].find((line) => this.rowOf.get(line)?.key === key)?.setAttribute("aria-current", "true");
  }

  /**
   * @param {Array<string>} columns
   * @param {string} sorted
   * @param {boolean} down
   */
  #columns(columns, sorted, down) {
    if (columns.join() !== this.columns.join()) {
      this.columns = columns;
      this.lines.clear();
      const heads = columns.map((name) => {
        const button = el("button", { type: "button", onclick: () => this.order(name) }, this.words.columns[name]);
        return el(
          "th",
          {
            scope: "col",
            "data-column": name,
            class: COLUMNS[name].number ? "number" : null,
            title: this.words.column_titles[name],
          },
          button,
        );
      });
      this.head.replaceChildren(el("tr", {}, ...heads));
    }
    for (const head of this.head.rows[0].cells) {
      const mine = head.dataset.column === sorted;
      head.setAttribute("aria-sort", mine ? (down ? "descending" : "ascending") : "none");
    }
  }

  /**
   * @param {Row} row
   * @param {string} provider
   */
  #line(row, provider) {
    const known = this.lines.get(row.key);
    if (known && known.provider === provider) return known.line;
    const line = el("tr", {}, ...this.columns.map((name) => this.#cell(row, name, provider)));
    this.rowOf.set(line, row);
    this.lines.set(row.key, { line, provider });
    return line;
  }

  /**
   * @param {Row} row
   * @param {string} name
   * @param {string} provider
   */
  #cell(row, name, provider) {
    const column = COLUMNS[name];
    const value = column.of(row, provider);
    const shown = name === "name" ? this.#name(row) : this.#shown(column, value, shownAt(row, provider));
    const known = value !== null && !(Array.isArray(value) && !value.length);
    const kind = [column.number && "number", column.wide && "wide", !known && "unknown"].filter(Boolean).join(" ");
    const tag = name === "name" ? "th" : "td";
    return el(
      tag,
      {
        class: kind || null,
        scope: tag === "th" ? "row" : null,
        "data-column": name,
        "data-label": this.words.columns[name],
        title: this.#title(row, name, value, provider),
      },
      shown,
    );
  }

  /** @param {Row} row */
  #name(row) {
    const { words } = this;
    const conflicts = row.conflicts
      ? el("span", { class: "mark", title: words.disagree_title, "aria-label": words.disagree_title }, "≠")
      : null;
    return el(
      "span",
      { class: "name-cell" },
      el("button", { type: "button", class: "name" }, row.name),
      el("span", { class: "group" }, words.groups[row.group], conflicts),
    );
  }

  /**
   * @param {import("./rows.js").Column} column
   * @param {Value} value
   * @param {string} provider whose id or price it is
   */
  #shown(column, value, provider) {
    const { words } = this;
    if (value === null) return "–";
    if (Array.isArray(value)) return listed(value.map((kind) => words.kinds[kind] ?? kind)) || "–";
    const said = String(value);
    if (column.code)
      return el(
        "span",
        { class: "id-cell" },
        el("code", {}, said),
        el("span", { class: "group" }, this.providers[provider].name),
      );
    if (column.word) return words.thinking[said] ?? said;
    if (column.yes) return value === true ? words.yes : value === false ? words.no : said;
    if (column.source) return this.sources[said]?.title ?? said;
    return column.show ? column.show(value, words.free) : said;
  }

  /**
   * @param {Row} row
   * @param {string} name
   * @param {Value} value
   * @param {string} provider
   */
  #title(row, name, value, provider) {
    if (value === null) return this.words.unknown;
    if (name === "window" || name === "output") return `${count(Number(value))} ${this.words.tokens}`;
    if (name.startsWith("price_")) {
      const at = priceAt(row, name, provider).provider ?? "";
      const [key, host] = at.split(":");
      return `${this.words.price_at} ${this.providers[key]?.name ?? key}${host ? ` (${host})` : ""}, ${this.words.per_million}`;
    }
    return null;
  }
}
