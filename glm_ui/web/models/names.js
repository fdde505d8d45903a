// Names, the first view of the Models tab: search, filters, the table, and the trace of one name beside it. Each draws
// itself; here is decided what a click means.

import { el, icon } from "../parts/dom.js";
import { messageOf, postJson } from "../server/request.js";
import { Detail } from "./detail.js";
import { FILTERS, select, sort } from "./rows.js";
import { Table } from "./table.js";

const AFTER_TYPING = 300;

const noFilters = () => Object.fromEntries(Object.keys(FILTERS).map((name) => [name, ""]));

export class Names {
  query = "";
  /**
   * What is chosen of each filter; "" is nothing.
   * @type {Record<string, string>}
   */
  filters = noFilters();
  /** What the table is sorted by; "" is its own order. */
  column = "";
  down = false;
  /**
   * The key of the row that was picked.
   * @type {string | null}
   */
  picked = null;
  /**
   * What was asked last: an answer to anything else is late.
   * @type {object | null}
   */
  asked = null;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  soon;

  /**
   * @param {{
   * words: import("./figures.js").Words,
   * table: Wire.Table,
   * tabs: Array<string>,
   * session: Page.Session,
   * use: import("./detail.js").Use,
   * }} parts
   */
  constructor({ words, table, tabs, session, use }) {
    const { rows, providers, sources } = table;
    this.words = words;
    this.rows = rows;
    this.session = session;
    const place = {
      table: el("div", { id: "models-table", tabindex: "0", role: "region", "aria-label": words.title }),
      detail: el("section", { id: "models-detail", "aria-label": words.detail }),
    };
    this.search = this.#makeSearch();
    this.selects = this.#makeFilters(table);
    this.orderBox = this.#makeOrder();
    this.found = el("span", { class: "found", role: "status" });
    const onclick = () => this.clear();
    this.clearButton = el("button", { type: "button", class: "link", hidden: true, onclick }, words.clear);
    this.root = el("div", { class: "view names-view", "data-view": "names" }, this.#find(), place.table, place.detail);
    this.table = new Table(place.table, {
      words,
      providers,
      sources,
      pick: (row) => this.pick(row),
      order: (column) => this.order(column),
    });
    const ask = (/** @type {string} */ name, /** @type {string} */ provider) => this.trace(name, provider);
    this.detail = new Detail(place.detail, { words, providers, tabs, ask, use });
    this.refresh();
  }

  /** The search with its filters, and how much was found. */
  #find() {
    const legend = el("span", { class: "legend" }, this.words.legend);
    const line = el("span", { class: "found-line" }, legend, this.found, this.clearButton);
    return el(
      "div",
      { class: "find" },
      el("label", { id: "models-search" }, icon("search"), this.search),
      el("div", { class: "filters" }, ...Object.values(this.selects), this.orderBox, line),
    );
  }

  #makeSearch() {
    const { words } = this;
    const box = el("input", {
      type: "search",
      placeholder: words.search,
      "aria-label": words.search,
      autocomplete: "off",
      spellcheck: "false",
      autocapitalize: "off",
    });
    box.addEventListener("input", () => this.#set({ query: box.value }));
    box.addEventListener("keydown", (event) => event.key === "Enter" && box.value.trim() && this.trace(box.value, ""));
    return box;
  }

  /**
   * A box for each filter, by its name.
   * @param {Wire.Table} table
   * @returns {Record<string, HTMLSelectElement>}
   */
  #makeFilters({ rows, groups, providers }) {
    const { words } = this;
    const serving = Object.fromEntries(
      Object.entries(providers)
        .filter(([key]) => rows.some((row) => key in row.wire_ids))
        .map(([key, { name }]) => [key, name]),
    );
    /** @type {Record<string, Record<string, string>>} */
    const choices = { group: groups, provider: serving, ...words.choices };
    return Object.fromEntries(
      Object.keys(FILTERS).map((name) => {
        const options = Object.entries(choices[name]).map(([value, label]) => el("option", { value }, label));
        const box = el(
          "select",
          { id: `models-${name}`, "aria-label": words.filters[name] },
          el("option", { value: "" }, words.filters[name]),
          ...options,
        );
        box.addEventListener("change", () => this.#set({ filters: { ...this.filters, [name]: box.value } }));
        return [name, box];
      }),
    );
  }

  #makeOrder() {
    const { words } = this;
    const box = el(
      "select",
      { id: "models-order", "aria-label": words.order },
      el("option", { value: "" }, words.order),
      ...Object.entries(words.columns).map(([value, label]) => el("option", { value }, label)),
    );
    box.addEventListener("change", () => this.#set({ column: box.value, down: false }));
    return box;
  }

  /** @param {Partial<Pick<Names, "query" | "filters" | "column" | "down">>} changes */
  #set(changes) {
    Object.assign(this, changes);
    this.refresh();
  }

  clear() {
    this.search.value = "";
    for (const box of Object.values(this.selects)) box.value = "";
    this.#set({ query: "", filters: noFilters() });
    this.search.focus();
  }

  /** @param {string} column whose header was pressed */
  order(column) {
    if (this.column !== column) this.#set({ column, down: false });
    else if (!this.down) this.#set({ down: true });
    else this.#set({ column: "", down: false });
  }

  refresh() {
    const { words, query, filters, column, down, picked } = this;
    const shown = sort(select(this.rows, query, filters), column, down, { query, provider: filters.provider });
    this.table.show(shown, { group: filters.group, provider: filters.provider, column, down, picked });
    for (const [name, box] of Object.entries(this.selects)) box.classList.toggle("set", Boolean(filters[name]));
    this.orderBox.value = column;
    this.found.textContent = `${shown.length} ${shown.length === 1 ? words.row : words.rows}`;
    this.clearButton.hidden = !query && !Object.values(filters).some(Boolean);
    clearTimeout(this.soon);
    if (!shown.length && query.trim()) this.soon = setTimeout(() => this.trace(query, ""), AFTER_TYPING);
  }

  /** @param {import("./rows.js").Row} row */
  pick(row) {
    this.picked = row.key;
    this.table.mark(row.key);
    const shown = this.trace(row.name, row.kind === "alias" ? row.provider : this.filters.provider);
    if (matchMedia("(max-width: 860px)").matches)
      void shown.then(() => this.detail.root.scrollIntoView({ block: "start" }));
  }

  /**
   * Shows what becomes of a name, at this provider where one is given.
   * @param {string} name
   * @param {string | null} provider
   */
  async trace(name, provider) {
    const mine = (this.asked = {});
    try {
      const told = await postJson("trace", { session: this.session(), name, provider: provider || null });
      if (mine === this.asked) this.detail.show(told, provider);
    } catch (reason) {
      if (mine === this.asked) this.detail.failed(messageOf(reason));
    }
  }
}
