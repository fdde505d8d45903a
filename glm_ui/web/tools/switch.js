// The button in the composer that says which tools are offered, and the panel behind it. The choice belongs to the
// conversation; what there is to choose from is the server's to say.

import { el, find, icon } from "../parts/dom.js";
import { count } from "../parts/locale.js";
import { frame } from "../parts/menu.js";
import { postJson } from "../server/request.js";
import { OwnServers } from "./own_servers.js";

/** Milliseconds. */
const AGAIN = 2000;
const EDGE = 8; // pixels that stay free between the panel and the window's edge
const TALLEST = 560;

export class ToolSwitch {
  /** @type {Page.ToolList | null} */
  known = null;
  /** @type {HTMLElement | null} */
  panel = null;
  /** @type {OwnServers | null} */
  own = null;
  /**
   * The panel for which it is asked again and again.
   * @type {HTMLElement | null}
   */
  #followed = null;
  /** Closes the panel for a click beside it. */
  outside = (/** @type {PointerEvent} */ { target }) => {
    const inside = [this.panel, this.root].some((part) => target instanceof Node && part?.contains(target));
    if (!inside) this.close();
  };

  /**
   * `chat` holds the conversation; `session` names this page to the server.
   * @param {{
   * root: HTMLElement,
   * chat: import("../chat/chat.js").Chat,
   * words: Wire.Words["tools"],
   * session: Page.Session,
   * }} parts
   */
  constructor({ root, chat, words, session }) {
    this.root = root;
    this.chat = chat;
    this.words = words;
    this.session = session;
    this.list = el("div", { class: "tools-list" });
    this.sum = el("p", { class: "tools-sum", role: "status" });
    this.number = el("span", { class: "tools-count" });
    this.button = el(
      "button",
      { type: "button", class: "bar-button tools-button", "aria-haspopup": "dialog", onclick: () => this.toggle() },
      icon("tool"),
      this.number,
    );
    root.replaceChildren(this.button);
    this.draw();
  }

  get chosen() {
    return this.chat.conversation.tools ?? [];
  }

  draw() {
    const { chosen, words } = this;
    const label = chosen.length ? words.offered.replace("{n}", String(chosen.length)) : words.none_offered;
    this.number.textContent = String(chosen.length || "");
    this.button.dataset.on = String(chosen.length > 0);
    this.button.title = label;
    this.button.setAttribute("aria-label", label);
  }

  async toggle() {
    if (this.panel) return this.close();
    this.list = el("div", { class: "tools-list" }, el("p", { class: "tools-note" }, this.words.looking));
    this.sum = el("p", { class: "tools-sum", role: "status" });
    const panel = el(
      "div",
      { class: "glm tools-panel", role: "dialog", "aria-label": this.words.title, tabindex: "-1" },
      this.list,
      this.sum,
    );
    this.panel = panel;
    panel.addEventListener("keydown", (event) => {
      if (event.key !== "Escape") return;
      event.stopPropagation();
      this.close();
      this.button.focus();
    });
    frame().append(panel);
    this.#place(panel);
    this.button.setAttribute("aria-expanded", "true");
    addEventListener("pointerdown", this.outside, true);
    panel.focus({ preventScroll: true });
    await this.#ask();
    this.#fill();
    find("input", this.list)?.focus({ preventScroll: true });
    await this.#follow(panel);
  }

  /**
   * Asks again while a server is being connected to, and draws what has changed.
   * @param {HTMLElement} panel
   */
  async #follow(panel) {
    if (this.#followed === panel) return;
    this.#followed = panel;
    while (this.panel === panel && this.known?.servers.some(({ state }) => state === "connecting")) {
      const before = JSON.stringify(this.known);
      await new Promise((done) => setTimeout(done, AGAIN));
      if (this.panel !== panel) return;
      await this.#ask();
      if (JSON.stringify(this.known) !== before) this.#fill();
    }
    this.#followed = null;
  }

  close() {
    removeEventListener("pointerdown", this.outside, true);
    this.panel?.remove();
    this.panel = null;
    this.button.setAttribute("aria-expanded", "false");
  }

  /** Above the button, or below it where there is more room. */
  /** @param {HTMLElement} panel */
  #place(panel) {
    const at = this.button.getBoundingClientRect();
    const { style, offsetWidth } = panel;
    const [above, below] = [at.top - 12 - EDGE, innerHeight - at.bottom - 12 - EDGE];
    style.left = `${Math.max(EDGE, Math.min(at.left - 6, innerWidth - offsetWidth - EDGE))}px`;
    if (above >= below) style.bottom = `${innerHeight - at.top + 12}px`;
    else style.top = `${at.bottom + 12}px`;
    style.maxHeight = `${Math.min(Math.max(above, below), TALLEST)}px`;
  }

  async #ask() {
    try {
      this.known = await postJson("tools", { session: this.session() });
    } catch {
      this.known = null;
    }
  }

  #fill() {
    if (!this.panel) return;
    const { words, known } = this;
    if (!known) return void this.list.replaceChildren(el("p", { class: "tools-note" }, words.unreachable));
    const own = known.servers.filter((server) => server.own);
    const isOwn = (/** @type {string} */ name) => own.some((server) => server.name === name);
    const names = [...new Set(known.tools.map(({ server }) => server))].filter((name) => !isOwn(name));
    const groups = names.map((server) => this.#group(server, known));
    const broken = known.servers.filter((one) => one.why && !one.own).map((each) => this.#broken(each));
    const mine = known.own_servers ? this.#own(own, known) : [];
    this.list.replaceChildren(...groups, ...broken, ...mine);
    this.#count();
  }

  /**
   * The servers that the visitor named, and where to name one.
   * @param {Array<Page.ToolServer>} own
   * @param {Page.ToolList} known
   */
  #own(own, known) {
    this.own ??= new OwnServers({
      words: this.words.own,
      session: this.session,
      changed: (list) => {
        this.known = list;
        this.#fill();
        if (this.panel) void this.#follow(this.panel);
      },
    });
    const rows = (/** @type {string} */ name) =>
      known.tools.filter(({ server }) => server === name).map((tool) => this.#row(tool));
    return [...own.map((server) => this.own?.group(server, rows(server.name)) ?? ""), this.own.form];
  }

  /**
   * @param {string} server
   * @param {Page.ToolList} known
   */
  #group(server, { tools, servers }) {
    const mine = tools.filter((tool) => tool.server === server);
    const { version } = servers.find(({ name }) => name === server) ?? {};
    const name = { "built-in": this.words.built_in, provider: this.words.provider }[server] ?? server;
    const heading = el("legend", {}, name, version ? el("span", { class: "tools-version" }, version) : null);
    return el("fieldset", { class: "tools-group" }, heading, ...mine.map((tool) => this.#row(tool)));
  }

  /** @param {Page.ToolList["servers"][0]} server */
  #broken({ name, why, state }) {
    const note = `tools-note${state === "connecting" ? "" : " bad"}`;
    return el("fieldset", { class: "tools-group" }, el("legend", {}, name), el("p", { class: note }, why));
  }

  /** @param {Page.ToolList["tools"][0]} tool */
  #row({ id, title, description, tokens, asks }) {
    const { words } = this;
    const box = el("input", { type: "checkbox", onchange: () => this.#choose(id, box.checked) });
    box.checked = this.chosen.includes(id);
    const facts = [asks ? words.asks : "", words.tokens.replace("{n}", count(tokens))].filter(Boolean).join(" · ");
    const text = el("span", { class: "tools-text" }, el("span", {}, title), el("small", {}, description));
    return el("label", { class: "tools-row" }, box, text, el("small", { class: "tools-facts" }, facts));
  }

  /**
   * @param {string} id
   * @param {boolean} on
   */
  #choose(id, on) {
    const { chat } = this;
    const rest = this.chosen.filter((other) => other !== id);
    chat.conversation.tools = on ? [...rest, id] : rest;
    if (chat.conversation.nodes.length) chat.keep();
    this.draw();
    this.#count();
  }

  #count() {
    const tokens = (this.known?.tools ?? [])
      .filter(({ id }) => this.chosen.includes(id))
      .reduce((sum, tool) => sum + tool.tokens, 0);
    this.sum.textContent = this.chosen.length ? this.words.cost.replace("{n}", count(tokens)) : this.words.none_chosen;
  }
}
