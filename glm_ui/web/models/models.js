// @ts-nocheck
// The Models tab: four views of one element. Names (search, filters, table, trace), Try, Providers, Connect.
// Decides what a click means; each view draws itself. Rows are fetched once, when the tab is first seen.

import { Compare } from "../chat/compare.js";
import { copyText, el, icon } from "../parts/dom.js";
import { Detail } from "./detail.js";
import { Providers } from "./providers.js";
import { FILTERS, select, sort } from "./rows.js";
import { Table } from "./table.js";
import { postJson } from "../server/request.js";

const FIRST_MODEL = "glm-4.6";

export class Models {
  /** `use(tab, setup)` takes a name to another tab, `goTo(what)` shows the key or the settings there. */
  constructor({ root, config, session, use, goTo, openRequest, announce }) {
    Object.assign(this, { root, config, session, use, goTo, openRequest, announce, words: config.words.models });
    this.state = {
      query: "",
      filters: Object.fromEntries(Object.keys(FILTERS).map((name) => [name, ""])),
      column: "",
      down: false,
      picked: null,
    };
    const seen = new IntersectionObserver((entries) => {
      if (!entries.some((entry) => entry.isIntersecting)) return;
      seen.disconnect();
      void this.#load();
    });
    seen.observe(root);
  }

  async #load() {
    try {
      const response = await fetch("glm_ui/models");
      if (!response.ok) throw new Error(String(response.status));
      Object.assign(this, await response.json());
    } catch {
      const again = el(
        "button",
        { type: "button", class: "plain", onclick: () => this.#load() },
        this.words.load_again,
      );
      return this.root.replaceChildren(
        el("p", { class: "load-failed", role: "alert" }, this.words.load_failed, " ", again),
      );
    }
    this.words.groups = this.groups;
    this.words.at_provider = (key) =>
      `${this.words.at} ${this.providers[key.split(":")[0]]?.name ?? key}${key.includes(":") ? ` (${key.split(":")[1]})` : ""}`;
    this.#build();
    this.refresh();
    if (this.wanted) void this.trace(...this.wanted);
  }

  #build() {
    const { words } = this;
    const place = {
      table: el("div", { id: "models-table", tabindex: "0", role: "region", "aria-label": words.title }),
      detail: el("section", { id: "models-detail", "aria-label": words.detail }),
    };
    this.views = {
      names: el("div", { class: "view names-view", "data-view": "names" }, this.#find(), place.table, place.detail),
      try: el("div", { class: "view try-view", "data-view": "try" }),
      providers: el("div", { class: "view providers-view", "data-view": "providers" }),
      connect: el("div", { class: "view connect-view", "data-view": "connect" }),
    };
    const tabs = Object.keys(this.views).map((name) =>
      el("button", { type: "button", "data-view": name, onclick: () => this.view(name) }, words.views[name]),
    );
    this.root.replaceChildren(
      el("nav", { class: "views", "aria-label": words.views_label }, ...tabs),
      ...Object.values(this.views),
    );
    this.#buildTrials();
    this.table = new Table(place.table, {
      words,
      providers: this.providers,
      sources: this.sources,
      pick: (row) => this.pick(row),
      order: (column) => this.order(column),
    });
    this.view(this.wantedView ?? "names");
    this.detail = new Detail(place.detail, {
      words,
      providers: this.providers,
      tabs: this.config.tabs,
      ask: (name, provider) => this.trace(name, provider),
      use: (where, told, button) => this.#use(where, told, button),
    });
  }

  /** The search with its filters, and how much was found. */
  #find() {
    const { words } = this;
    this.search = el("input", {
      type: "search",
      placeholder: words.search,
      "aria-label": words.search,
      autocomplete: "off",
      spellcheck: "false",
      autocapitalize: "off",
    });
    this.search.addEventListener("input", () => this.#set({ query: this.search.value }));
    this.search.addEventListener(
      "keydown",
      (event) => event.key === "Enter" && this.search.value.trim() && this.trace(this.search.value, ""),
    );
    this.found = el("span", { class: "found", role: "status" });
    const onclick = () => this.clear();
    this.clearButton = el("button", { type: "button", class: "link", hidden: true, onclick }, words.clear);
    const line = el("span", { class: "found-line" }, this.found, this.clearButton);
    return el(
      "div",
      { class: "find" },
      el("label", { id: "models-search" }, icon("search"), this.search),
      el("div", { class: "filters" }, ...this.#filters(), line),
    );
  }

  /** The views that ask a provider. */
  #buildTrials() {
    const { words, config, session, openRequest, announce, goTo, providers, rows } = this;
    this.compare = new Compare({
      root: this.views.try,
      words: words.tryout,
      pageWords: config.words,
      providers,
      names: [...new Set(rows.map((row) => row.name))],
      session,
      openRequest,
      announce,
      goTo,
    });
    new Providers({
      root: this.views.providers,
      words: words.live,
      providers,
      usable: this.#usable(),
      models: Object.fromEntries(rows.map((row) => [row.model, row.model_name])),
      session,
      trace: (name, provider) => (this.view("names"), this.trace(name, provider)),
      announce,
    });
  }

  /** A provider that can be asked as things stand: the demo where there is no other. */
  #usable() {
    const { ready, own, offline } = this.config.state;
    return offline ? "demo" : Object.keys(this.providers).find((key) => ready.includes(key) || own.includes(key));
  }

  /** Shows one of the views. */
  view(name) {
    for (const [key, view] of Object.entries(this.views)) view.hidden = key !== name;
    for (const tab of this.root.querySelectorAll(".views button"))
      tab.setAttribute("aria-pressed", String(tab.dataset.view === name));
    void this.#showConnect(name === "connect");
  }

  /** Shows a view as soon as the tab has its rows. */
  open(name) {
    this.wantedView = name;
    if (this.views) this.view(name);
  }

  /** The view of programs is made when it is first opened. */
  async #showConnect(visible) {
    if (visible && !this.connect) {
      const { config, session, openRequest, announce, words } = this;
      const { Connect } = await import("./connect.js");
      const model = this.detail?.name.value.trim() || FIRST_MODEL;
      this.connect ??= new Connect({
        root: this.views.connect,
        words: { ...words.connect, copy: config.words.exact.copy },
        model,
        session,
        openRequest,
        announce,
      });
    }
    await this.connect?.shown(!this.views.connect.hidden);
  }

  #filters() {
    const { words } = this;
    const providers = Object.fromEntries(
      Object.entries(this.providers)
        .filter(([key]) => this.rows.some((row) => key in row.wire_ids))
        .map(([key, { name }]) => [key, name]),
    );
    const choices = { group: this.groups, provider: providers, ...words.choices };
    this.selects = Object.fromEntries(
      Object.keys(FILTERS).map((name) => {
        const options = Object.entries(choices[name]).map(([value, label]) => el("option", { value }, label));
        const box = el(
          "select",
          { id: `models-${name}`, "aria-label": words.filters[name] },
          el("option", { value: "" }, words.filters[name]),
          ...options,
        );
        box.addEventListener("change", () => this.#set({ filters: { ...this.state.filters, [name]: box.value } }));
        return [name, box];
      }),
    );
    const order = el(
      "select",
      { id: "models-order", "aria-label": words.order },
      el("option", { value: "" }, words.order),
      ...Object.entries(words.columns).map(([value, label]) => el("option", { value }, label)),
    );
    order.addEventListener("change", () => this.#set({ column: order.value, down: false }));
    this.orderBox = order;
    return [...Object.values(this.selects), order];
  }

  #set(changes) {
    Object.assign(this.state, changes);
    this.refresh();
  }

  clear() {
    this.search.value = "";
    for (const box of Object.values(this.selects)) box.value = "";
    this.#set({ query: "", filters: Object.fromEntries(Object.keys(FILTERS).map((name) => [name, ""])) });
    this.search.focus();
  }

  order(column) {
    const { state } = this;
    if (state.column !== column) this.#set({ column, down: false });
    else if (!state.down) this.#set({ down: true });
    else this.#set({ column: "", down: false });
  }

  refresh() {
    const { state, words } = this;
    const { query, filters, column, down, picked } = state;
    const shown = sort(select(this.rows, query, filters), column, down, { query, provider: filters.provider });
    this.table.show(shown, { group: filters.group, provider: filters.provider, column, down, picked });
    for (const [name, box] of Object.entries(this.selects)) box.classList.toggle("set", Boolean(filters[name]));
    this.orderBox.value = column;
    this.found.textContent = `${shown.length} ${shown.length === 1 ? words.row : words.rows}`;
    this.clearButton.hidden = !query && !Object.values(filters).some(Boolean);
    clearTimeout(this.soon);
    if (!shown.length && query.trim()) this.soon = setTimeout(() => this.trace(query, ""), 300);
  }

  pick(row) {
    this.state.picked = row.key;
    this.table.mark(row.key);
    const shown = this.trace(row.name, row.kind === "alias" ? row.provider : this.state.filters.provider);
    if (matchMedia("(max-width: 860px)").matches)
      void shown.then(() => this.detail.root.scrollIntoView({ block: "start" }));
  }

  async trace(name, provider) {
    const mine = (this.asked = {});
    try {
      const told = await postJson("trace", { session: this.session(), name, provider: provider || null });
      if (mine === this.asked) this.detail.show(told, provider);
    } catch (reason) {
      if (mine === this.asked) this.detail.failed(reason.message);
    }
  }

  /** Traces a name as soon as the tab has its rows. */
  show(name, provider) {
    this.wanted = [name, provider];
    if (this.rows) void this.trace(name, provider);
  }

  #use(where, trace, button) {
    const setup = { model: trace.name, provider: trace.provider };
    if (where === "link") return copyText(linkTo(setup), button);
    if (where !== "try" && where !== "second") return this.use(where, setup);
    const first = this.compare.lanes.a.name.value.trim();
    this.view("try");
    return this.compare.set(where === "second" && first ? "b" : "a", setup, where === "second");
  }
}

/** An address that fills a setup in and sends nothing. */
export function linkTo(setup) {
  const link = new URL(location.pathname, location.origin);
  for (const [name, value] of Object.entries(setup))
    if (value !== null && value !== undefined && value !== "") link.searchParams.set(name, value);
  return link.href;
}
