// The last requests of programs, for the owner: asked for again and again while the view is in sight. Rows that have not
// changed stay as they are.

import { el } from "../parts/dom.js";
import { brief, count, toTheSecond, usd } from "../parts/locale.js";
import { postJson } from "../server/request.js";

const EVERY = 2000;

export class LiveRequests {
  /**
   * The rows that are shown, by the request's id.
   * @type {Map<string, HTMLTableRowElement>}
   */
  rows = new Map();
  following = false;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  next;

  /**
   * @param {{
   * words: Wire.Words["models"]["connect"],
   * session: Page.Session,
   * openRequest: (turn: string) => unknown,
   * }} parts
   */
  constructor({ words, session, openRequest }) {
    this.words = words;
    this.session = session;
    this.openRequest = openRequest;
    this.body = el("tbody");
    const heads = Object.entries(words.columns).map(([name, label]) =>
      el("th", { scope: "col", "data-column": name }, label),
    );
    this.table = el(
      "div",
      { class: "list-scroll" },
      el("table", { class: "points live-requests" }, el("thead", {}, el("tr", {}, ...heads)), this.body),
    );
    this.note = el("p", { class: "quiet" });
    this.none = el("p", { class: "quiet" }, words.live_none);
    this.root = el(
      "section",
      { id: "connect-live", "aria-label": words.live },
      el("h2", {}, words.live),
      this.note,
      this.none,
      this.table,
    );
    this.none.hidden = this.table.hidden = true;
  }

  leave() {
    clearTimeout(this.next);
    this.following = false;
  }

  /**
   * Begins to follow where `on`; `told` is what the server said of the gateway.
   * @param {boolean} on
   * @param {Wire.Connections} told
   */
  follow(on, told) {
    this.leave();
    const { words } = this;
    const kept = told.keeps_content ? words.kept_on : words.kept_off;
    this.note.textContent = told.owner ? kept : words.live_not_yours;
    this.following = on && told.owner;
    if (this.following) void this.#ask();
  }

  async #ask() {
    try {
      if (!document.hidden && this.root.offsetParent)
        this.#show((await postJson("connect/recent", { session: this.session() })).requests);
    } catch {
      // The server is away for a moment: what was shown stays, and it is asked again.
    }
    if (this.following) this.next = setTimeout(() => this.#ask(), EVERY);
  }

  /** @param {Array<Wire.ProgramRequest>} requests */
  #show(requests) {
    const rows = requests.map((one) => this.rows.get(one.id) ?? this.#row(one));
    this.rows = new Map(requests.map((one, i) => [one.id, rows[i]]));
    this.none.hidden = requests.length > 0;
    this.table.hidden = !requests.length;
    const now = [...this.body.children];
    if (rows.length !== now.length || rows.some((row, i) => row !== now[i])) this.body.replaceChildren(...rows);
  }

  /** @param {Wire.ProgramRequest} one */
  #row(one) {
    const { words } = this;
    const failed = !(one.ending in words.endings);
    const time = toTheSecond(new Date(one.at * 1000));
    const label = one.client.replace(/^gateway:/, "");
    const cells = {
      at: one.kept
        ? el(
            "button",
            { type: "button", class: "link", title: words.open, onclick: () => this.openRequest(one.id) },
            time,
          )
        : time,
      program: [
        el("span", {}, one.program.split(/[\s/]/)[0] || "–"),
        el("span", { class: "quiet" }, label === "local" ? words.local : label),
      ],
      asked: [el("code", {}, one.asked || "–"), el("span", { class: "quiet" }, one.path)],
      model: one.model ? [el("code", {}, one.model), el("span", { class: "quiet" }, one.provider_name)] : "–",
      tokens: one.model ? `${count(one.input_tokens)} → ${count(one.output_tokens)}` : "–",
      cost: one.cost === null ? "–" : usd(one.cost),
      first: one.first_word === null ? "–" : brief(one.first_word),
      ending: failed
        ? [el("span", { class: "bad" }, words.failed_ending), el("span", { class: "quiet" }, one.said)]
        : words.endings[one.ending],
    };
    return el(
      "tr",
      { "data-request": one.id },
      ...Object.entries(cells).map(([name, cell]) =>
        el("td", { "data-column": name, "data-label": words.columns[name] }, ...[cell].flat()),
      ),
    );
  }
}
