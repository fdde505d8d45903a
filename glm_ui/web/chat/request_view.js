// The exact request of a turn: body and headers as sent, the same as code in several languages, the raw stream.
// It shows what the server kept of this very turn (`models_routes.py`); it builds no request itself.

import { copyText, el, find, iconButton } from "../parts/dom.js";
import { save } from "../conversations/export.js";
import { drawCode } from "../markdown/late.js";
import { count, listed } from "../parts/locale.js";
import { messageOf, post, postJson } from "../server/request.js";

/** How the turns of programs begin: they are no part of a conversation, and are not saved as such. */
const OF_A_PROGRAM = "req_";
/** @type {Record<string, string>} */
const HIGHLIGHT = { sh: "bash" };

/** @typedef {Wire.Words["exact"]} Words */

export class RequestView {
  /**
   * The server's id of the turn that is shown.
   * @type {string | null | undefined}
   */
  turn;
  /** Which of the turn's requests is shown; null is the last one. */
  /** @type {number | null} */
  round = null;

  /** @param {{words: Words, session: Page.Session}} parts */
  constructor({ words, session }) {
    this.words = words;
    this.session = session;
    this.title = el("h2", {}, words.title);
    this.body = el("div", { class: "request-body" });
    this.saveTurn = el(
      "button",
      { type: "button", class: "small-button", "data-save": "turn", onclick: () => this.#saveTurn() },
      words.save_turn,
    );
    const close = iconButton("close", words.close, () => this.dialog.close());
    this.dialog = el(
      "dialog",
      { class: "glm request-view", "aria-label": words.title },
      el("header", {}, this.title, this.saveTurn, close),
      this.body,
    );
    this.dialog.addEventListener("click", (event) => event.target === this.dialog && this.dialog.close());
    this.dialog.addEventListener("keydown", (event) => event.key === "Escape" && event.stopPropagation());
    // Inside Gradio's frame: its style sheet keeps what stands in @media for that frame alone.
    (document.querySelector(".gradio-container .contain") ?? document.body).append(this.dialog);
  }

  /**
   * Opens the request of the turn that the server knows as `turn`.
   * @param {string | null | undefined} turn
   */
  async open(turn) {
    this.turn = turn;
    this.round = null;
    this.saveTurn.hidden = Boolean(turn?.startsWith(OF_A_PROGRAM));
    this.body.replaceChildren();
    this.dialog.showModal();
    await this.#load();
  }

  get #asked() {
    return { session: this.session(), turn: this.turn ?? "", round: this.round };
  }

  async #load() {
    try {
      this.#show(await postJson("request", this.#asked));
    } catch (reason) {
      this.body.replaceChildren(el("p", { class: "request-none" }, messageOf(reason)));
    }
  }

  /**
   * Which of the requests of a turn with tools is shown.
   * @param {Wire.RequestTold} told
   */
  #rounds({ round, rounds }) {
    if (rounds < 2) return null;
    const buttons = Array.from({ length: rounds }, (_, i) => {
      const pressed = { "aria-pressed": String(i + 1 === round), "data-round": String(i + 1) };
      const onclick = () => this.#choose(i + 1);
      const label = this.words.round.replace("{n}", String(i + 1));
      return el("button", { type: "button", class: "small-button", ...pressed, onclick }, label);
    });
    return el("div", { class: "request-ways", role: "group", "aria-label": this.words.rounds }, ...buttons);
  }

  /** @param {number} round */
  async #choose(round) {
    this.round = round;
    await this.#load();
    find(`[data-round="${round}"]`, this.body)?.focus();
  }

  /** The whole turn as one file: request, raw stream, timings. Importing it plays it again. */
  async #saveTurn() {
    try {
      const response = await post("turn", { session: this.session(), turn: this.turn ?? "" });
      save(`glm-turn-${this.turn}.json`, [await response.blob()], "application/json");
    } catch (reason) {
      this.saveTurn.after(el("span", { class: "request-none" }, ` ${messageOf(reason)}`));
    }
  }

  /** @param {Wire.RequestTold} told */
  #show(told) {
    const { words } = this;
    /** @type {Record<string, HTMLElement>} */
    const panels = {
      request: this.#request(told),
      ...(told.kept ? { copy: this.#copies(told), stream: this.#stream(told) } : {}),
    };
    const tabs = Object.keys(panels).map((name) =>
      el(
        "button",
        {
          type: "button",
          role: "tab",
          id: `request-tab-${name}`,
          "aria-controls": `request-${name}`,
          onclick: () => choose(name),
        },
        words.tabs[name],
      ),
    );
    /** @param {string} name */
    const choose = (name) => {
      for (const tab of tabs) {
        tab.setAttribute("aria-selected", String(tab.id === `request-tab-${name}`));
        tab.tabIndex = tab.id === `request-tab-${name}` ? 0 : -1;
      }
      for (const [key, panel] of Object.entries(panels)) panel.hidden = key !== name;
    };
    const list = el("div", { class: "request-tabs", role: "tablist", "aria-label": words.title }, ...tabs);
    for (const [name, panel] of Object.entries(panels)) {
      panel.id = `request-${name}`;
      panel.setAttribute("role", "tabpanel");
      panel.setAttribute("aria-labelledby", `request-tab-${name}`);
    }
    const rounds = this.#rounds(told);
    this.body.replaceChildren(...(rounds ? [rounds] : []), list, ...Object.values(panels));
    choose("request");
  }

  /** @param {Wire.RequestTold} told */
  #request(told) {
    const { words } = this;
    const headers = Object.entries(told.headers).map(([name, value]) => `${name}: ${value}`);
    const head = [`${told.method} ${told.url}`, ...headers].join("\n");
    const files = told.media.map(({ name, mime, size, sha256 }) =>
      el("li", {}, this.#saver(name, name), ` ${mime}, ${count(size)} ${words.bytes}, sha256 `, el("code", {}, sha256)),
    );
    return el(
      "section",
      {},
      told.provider === "demo" ? el("p", { class: "request-note" }, words.demo) : null,
      ...told.notes.map((note) => el("p", { class: "request-note" }, note)),
      block(head, "http", words.headers, words),
      told.kept
        ? block(
            JSON.stringify(told.body, null, 2),
            "json",
            `${words.body}, ${count(told.size)} ${words.bytes}`,
            words,
            this.#saver(words.save, "request.json"),
          )
        : el("p", { class: "request-note" }, words.not_kept),
      files.length ? el("div", { class: "request-files" }, el("h3", {}, words.files), el("ul", {}, ...files)) : null,
    );
  }

  /** @param {Wire.RequestTold} told */
  #copies(told) {
    const { words } = this;
    if (!told.snippets.length) return el("section", {}, el("p", { class: "request-note" }, words.no_snippets));
    const place = el("div");
    const chips = told.snippets.map((one) =>
      el(
        "button",
        {
          type: "button",
          class: "small-button",
          "aria-pressed": "false",
          "data-way": one.key,
          onclick: () => choose(one),
        },
        one.label,
      ),
    );
    /** @param {Wire.SnippetTold} one */
    const choose = (one) => {
      chips.forEach((chip) => chip.setAttribute("aria-pressed", String(chip.dataset.way === one.key)));
      const files = told.media.length
        ? [words.needs_files.replace("{files}", listed(told.media.map(({ name }) => name)))]
        : [];
      place.replaceChildren(
        block(one.code, HIGHLIGHT[one.language] ?? one.language, one.file, words),
        ...[...files, ...one.notes].map((note) => el("p", { class: "request-note" }, note)),
      );
    };
    choose(told.snippets[0]);
    return el(
      "section",
      {},
      el("div", { class: "request-ways", role: "group", "aria-label": words.tabs.copy }, ...chips),
      place,
    );
  }

  /** @param {Wire.RequestTold} told */
  #stream({ raw }) {
    const { words } = this;
    const size = `${count(raw.size)} ${words.bytes}`;
    const lines = [raw.cut ? words.stream_cut : "", raw.whole ? "" : words.stream_full].filter(Boolean);
    return el(
      "section",
      {},
      ...lines.map((line) => el("p", { class: "request-note" }, line)),
      block(
        raw.text || words.stream_none,
        "",
        `${words.tabs.stream}, ${size}`,
        words,
        this.#saver(words.save, "stream.sse"),
      ),
    );
  }

  /**
   * A button that saves a file of the request.
   * @param {string} label
   * @param {string} name
   */
  #saver(label, name) {
    const onclick = async () => {
      try {
        const response = await post("request/file", { ...this.#asked, name });
        const file = await response.blob();
        save(name, [file], file.type);
      } catch (reason) {
        button.after(el("span", { class: "request-none" }, ` ${messageOf(reason)}`));
      }
    };
    const button = el("button", { type: "button", class: "small-button", "data-save": name, onclick }, label);
    return button;
  }
}

/**
 * A text with a caption, drawn as code, that can be copied. `tools` stand before the copy button.
 * @param {string} text
 * @param {string} language
 * @param {string} label
 * @param {{copy: string}} words
 * @param {...HTMLElement} tools
 */
export function block(text, language, label, words, ...tools) {
  const code = el("code", {}, text);
  drawCode(code, language, text);
  const onclick = () => copyText(text, copy);
  const copy = el("button", { type: "button", class: "small-button", onclick }, words.copy);
  return el(
    "figure",
    { class: "request-block md" },
    el("figcaption", {}, el("span", {}, label), el("span", { class: "request-tools" }, ...tools, copy)),
    el("pre", { tabindex: "0" }, code),
  );
}
