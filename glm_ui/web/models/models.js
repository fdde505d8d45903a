// The Models tab: five views of one element. Models (cards), Names (search, filters, table, trace), Test connection,
// Compare, Connect. Each view draws itself. Rows are fetched once, when the tab is first seen.

import { Compare } from "../chat/compare.js";
import { copyText, el, findAll } from "../parts/dom.js";
import { languageHeader } from "../parts/language.js";
import { Cards } from "./cards.js";
import { Names } from "./names.js";
import { Providers } from "./providers.js";

const FIRST_MODEL = "glm-4.6";

/**
 * What the tab needs of the page.
 * @typedef {object} Parts
 * @property {HTMLElement} root
 * @property {Wire.Config} config
 * @property {Page.Session} session
 * @property {(tab: string, setup: Setup) => unknown} use takes a name to another tab
 * @property {(what: string) => unknown} goTo shows the key or the settings there
 * @property {(turn: string | null | undefined) => unknown} openRequest
 * @property {(text: string) => void} announce
 *
 * @typedef {import("./element.js").Setup} Setup
 *
 * The views, once the rows are there; that of programs is made when it is first opened.
 * @typedef {{
 * places: Record<string, HTMLElement>,
 * names: Names,
 * compare: Compare,
 * connect?: import("./connect.js").Connect,
 * }} Views
 */

export class Models {
  /** @type {Views | null} */
  views = null;
  /**
   * The name that is to be traced, and at which provider, as soon as the tab has its rows.
   * @type {[string, string] | null}
   */
  wanted = null;
  wantedView = "models";

  /** @param {Parts} parts */
  constructor(parts) {
    this.parts = parts;
    this.root = parts.root;
    this.words = parts.config.words.models;
    const seen = new IntersectionObserver((entries) => {
      if (!entries.some((entry) => entry.isIntersecting)) return;
      seen.disconnect();
      void this.#load();
    });
    seen.observe(this.root);
  }

  async #load() {
    /** @type {Wire.Table} */
    let table;
    try {
      const response = await fetch("glm_ui/models", { headers: languageHeader() });
      if (!response.ok) throw new Error(String(response.status));
      table = await response.json();
    } catch {
      return this.#showFailure();
    }
    this.views = this.#build(table);
    this.view(this.wantedView);
    if (this.wanted) this.#explain(this.views, ...this.wanted);
  }

  #showFailure() {
    const { words } = this;
    const onclick = () => this.#load();
    const again = el("button", { type: "button", class: "plain", onclick }, words.load_again);
    this.root.replaceChildren(el("p", { class: "load-failed", role: "alert" }, words.load_failed, " ", again));
  }

  /**
   * @param {Wire.Table} table
   * @returns {Views}
   */
  #build(table) {
    const { config, session } = this.parts;
    const words = withTable(this.words, table);
    /** @type {import("./detail.js").Use} */
    const use = (where, told, button) => this.#use(where, told, button);
    const names = new Names({ words, table, tabs: config.tabs, session, use });
    const explain = (/** @type {string} */ name) => this.views && this.#explain(this.views, name, "");
    const { providers, tabs: pages } = config;
    const cards = new Cards({ words, table, providers, tabs: pages, use: this.parts.use, explain });
    const view = (/** @type {string} */ name) =>
      el("div", { class: `view column-view ${name}-view`, "data-view": name });
    const places = {
      models: cards.root,
      names: names.root,
      providers: view("providers"),
      try: view("try"),
      connect: view("connect"),
    };
    const tabs = Object.keys(places).map((name) =>
      el("button", { type: "button", "data-view": name, onclick: () => this.view(name) }, words.views[name]),
    );
    this.root.replaceChildren(
      el("nav", { class: "views", "aria-label": words.views_label }, ...tabs),
      ...Object.values(places),
    );
    const compare = this.#makeTrials(table, places, names);
    return { places, names, compare };
  }

  /**
   * The views that ask a provider.
   * @param {Wire.Table} table
   * @param {{try: HTMLElement, providers: HTMLElement}} places
   * @param {Names} names
   */
  #makeTrials({ rows, providers }, places, names) {
    const { config, session, openRequest, announce, goTo } = this.parts;
    const { words } = this;
    new Providers({
      root: places.providers,
      words: words.live,
      providers,
      usable: usable(config.state, providers),
      models: Object.fromEntries(rows.flatMap(({ model, model_name: name }) => (model && name ? [[model, name]] : []))),
      session,
      trace: (name, provider) => (this.view("names"), names.trace(name, provider)),
      announce,
    });
    return new Compare({
      root: places.try,
      words: words.tryout,
      pageWords: config.words,
      providers,
      names: [...new Set(rows.map((row) => row.name))],
      session,
      openRequest,
      announce,
      goTo,
    });
  }

  /**
   * Shows one of the views.
   * @param {string} name
   */
  view(name) {
    const { views } = this;
    if (!views) return;
    for (const [key, place] of Object.entries(views.places)) place.hidden = key !== name;
    for (const tab of findAll(".views button", this.root))
      tab.setAttribute("aria-pressed", String(tab.dataset.view === name));
    void this.#showConnect(views, name === "connect");
  }

  /**
   * Shows a view as soon as the tab has its rows.
   * @param {string} name
   */
  open(name) {
    this.wantedView = name;
    this.view(name);
  }

  /**
   * @param {Views} views
   * @param {boolean} visible
   */
  async #showConnect(views, visible) {
    const root = views.places.connect;
    if (visible && !views.connect) {
      const { config, session, openRequest, announce } = this.parts;
      const { Connect } = await import("./connect.js");
      views.connect ??= new Connect({
        root,
        words: { ...this.words.connect, copy: config.words.exact.copy },
        model: views.names.detail.name.value.trim() || FIRST_MODEL,
        session,
        openRequest,
        announce,
      });
    }
    await views.connect?.shown(!root.hidden);
  }

  /**
   * Traces a name as soon as the tab has its rows.
   * @param {string} name
   * @param {string} provider
   */
  show(name, provider) {
    this.wanted = [name, provider];
    if (this.views) this.#explain(this.views, name, provider);
  }

  /**
   * Shows among the names what becomes of one.
   * @param {Views} views
   * @param {string} name
   * @param {string} provider
   */
  #explain({ names }, name, provider) {
    this.view("names");
    names.search.value = name;
    names.search.dispatchEvent(new Event("input"));
    void names.trace(name, provider);
  }

  /** @type {import("./detail.js").Use} */
  #use(where, trace, button) {
    const setup = { model: trace.name, provider: trace.provider };
    if (where === "link") return copyText(linkTo(setup), button);
    if (!this.views || (where !== "try" && where !== "second")) return this.parts.use(where, setup);
    const { compare } = this.views;
    const first = compare.lanes.a.name.value.trim();
    this.view("try");
    return compare.set(where === "second" && first ? "b" : "a", setup, where === "second");
  }
}

/**
 * The tab's words with those that came with its rows.
 * @param {Wire.Words["models"]} words
 * @param {Wire.Table} table
 * @returns {import("./figures.js").Words}
 */
const withTable = (words, { groups, providers }) => ({
  ...words,
  groups,
  at_provider(key) {
    const [provider, host] = key.split(":");
    return `${words.at} ${providers[provider]?.name ?? key}${host === undefined ? "" : ` (${host})`}`;
  },
});

/**
 * A provider that can be asked as things stand: the demo where there is no other.
 * @param {Wire.State} state
 * @param {Wire.Table["providers"]} providers
 */
const usable = ({ ready, own, offline }, providers) =>
  offline ? "demo" : Object.keys(providers).find((key) => ready.includes(key) || own.includes(key));

/**
 * An address that fills a setup in and sends nothing.
 * @param {Setup} setup
 */
export function linkTo(setup) {
  const link = new URL(location.pathname, location.origin);
  for (const [name, value] of Object.entries(setup)) if (value) link.searchParams.set(name, value);
  return link.href;
}
