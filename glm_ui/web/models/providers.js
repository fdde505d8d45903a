// Providers: what one of them lists itself, set beside the catalogue, and the doctor's report on it.
// It asks our own routes alone; what was found is judged on the server (`listing.py`, `doctor`).

import { copyText, el } from "../parts/dom.js";
import { messageOf, postJson, Refused } from "../server/request.js";
import { streamTurn } from "../server/stream.js";
import { tokens, usd } from "./rows.js";

/** @typedef {Wire.Words["models"]["live"]} Words */

export class Providers {
  /**
   * The examination that runs.
   * @type {AbortController | null}
   */
  visit = null;

  /**
   * `trace(name, provider)` opens a name in the first view; `models` are names of models by key, `usable` the provider
   * that can be asked as things stand.
   * @param {{
   * root: HTMLElement,
   * words: Words,
   * providers: Wire.Table["providers"],
   * usable: string | undefined,
   * models: Record<string, string>,
   * session: Page.Session,
   * trace: (name: string, provider: string) => unknown,
   * announce: (text: string) => void,
   * }} parts
   */
  constructor({ root, words, providers, usable, models, session, trace, announce }) {
    this.words = words;
    this.providers = providers;
    this.models = models;
    this.session = session;
    this.trace = trace;
    this.announce = announce;
    const options = Object.entries(providers).map(([key, { name }]) => el("option", { value: key }, name));
    this.provider = el("select", { id: "live-provider", "aria-label": words.provider }, ...options);
    this.model = el("input", {
      type: "text",
      id: "doctor-model",
      list: "try-names",
      "aria-label": words.model,
      placeholder: words.model,
      autocomplete: "off",
      spellcheck: "false",
      autocapitalize: "off",
    });
    this.askButton = el(
      "button",
      { type: "button", class: "plain", id: "live-ask", onclick: () => this.list() },
      words.ask,
    );
    this.doctorButton = el(
      "button",
      {
        type: "button",
        class: "main-button",
        id: "doctor-ask",
        onclick: () => (this.visit ? this.visit.abort() : this.examine()),
      },
      words.doctor,
    );
    this.report = el("section", { id: "doctor-report", hidden: true, "aria-live": "polite" });
    this.listing = el("section", { id: "live-list", hidden: true });
    if (usable) this.provider.value = usable;
    this.provider.addEventListener("change", () => this.#clear());
    root.replaceChildren(
      el("div", { class: "provider-bar" }, this.provider, this.model, this.doctorButton, this.askButton),
      el("p", { class: "quiet" }, words.about),
      this.report,
      this.listing,
    );
  }

  #clear() {
    this.visit?.abort();
    for (const section of [this.report, this.listing]) {
      section.replaceChildren();
      section.hidden = true;
    }
  }

  // --- the doctor --------------------------------------------------------------------------------------------------

  async examine() {
    const { words } = this;
    const visit = (this.visit = new AbortController());
    const name = this.providers[this.provider.value].name;
    /** @type {Array<Wire.FindingTold>} */
    const findings = [];
    const lines = waitingLines(words);
    const onclick = () => copyText(reportOf(name, findings, words), copy);
    const copy = el("button", { type: "button", class: "plain", hidden: true, onclick }, words.copy_report);
    this.report.replaceChildren(el("header", {}, el("h2", {}, `${words.doctor}: ${name}`), copy), lines);
    this.report.hidden = false;
    this.doctorButton.textContent = words.stop;
    try {
      for await (const finding of this.#findings(visit.signal)) {
        findings.push(finding);
        lines.querySelector(`[data-check="${finding.check}"]`)?.replaceWith(line(finding, words));
      }
    } catch (reason) {
      if (!visit.signal.aborted)
        this.report.append(el("p", { class: "bad" }, reason instanceof Refused ? reason.message : words.failed));
    }
    for (const waiting of lines.querySelectorAll('[data-state="waiting"]')) waiting.remove();
    copy.hidden = !findings.length;
    if (this.visit === visit) {
      this.visit = null;
      this.doctorButton.textContent = words.doctor;
    }
    this.announce(words.report_ready);
  }

  /** @param {AbortSignal} signal */
  async *#findings(signal) {
    const asked = { session: this.session(), provider: this.provider.value, model: this.model.value.trim() };
    for await (const { finding, error } of streamTurn("doctor", asked, signal)) {
      if (error) throw new Refused(error);
      if (finding) yield finding;
    }
  }

  // --- what it lists itself ----------------------------------------------------------------------------------------

  async list() {
    const { words } = this;
    this.listing.hidden = false;
    this.listing.replaceChildren(el("p", { class: "quiet" }, words.asking));
    const name = this.providers[this.provider.value].name;
    try {
      const told = await postJson("listing", { session: this.session(), provider: this.provider.value });
      this.listing.replaceChildren(
        ...(told.listed
          ? this.#listed(name, told)
          : [el("h2", {}, name), el("p", {}, words.no_list.replace("{provider}", name))]),
      );
    } catch (reason) {
      this.listing.replaceChildren(el("h2", {}, name), el("p", { class: "bad" }, messageOf(reason)));
    }
  }

  /**
   * @param {string} name the provider's
   * @param {Wire.ListingTold} listing
   */
  #listed(name, { models, lacking, others, provider }) {
    const { words } = this;
    const fresh = models.filter((row) => !row.model);
    const known = models.filter((row) => row.model);
    /**
     * @param {string} title
     * @param {string} none
     * @param {Array<Wire.ListedTold>} rows
     */
    const part = (title, none, rows) =>
      el(
        "section",
        {},
        el("h3", {}, `${title} (${rows.length})`),
        rows.length ? this.#table(rows, provider) : el("p", { class: "quiet" }, none),
      );
    const gone = lacking.map(({ name: model, id }) => el("li", {}, model, " ", el("code", {}, id)));
    return [
      part(words.fresh, words.fresh_none, fresh),
      el(
        "section",
        { id: "live-lacking" },
        el("h3", {}, `${words.lacking} (${lacking.length})`),
        lacking.length ? el("ul", { class: "plain-list" }, ...gone) : el("p", { class: "quiet" }, words.lacking_none),
      ),
      part(words.known, words.known_none, known),
      others ? el("p", { class: "quiet" }, words.others.replace("{n}", String(others))) : null,
    ].filter((made) => made !== null);
  }

  /**
   * @param {Array<Wire.ListedTold>} rows
   * @param {string} provider
   */
  #table(rows, provider) {
    const { words } = this;
    /**
     * @param {Wire.ListedTold} row
     * @param {"input" | "output"} side
     */
    const price = (row, side) => {
      const live = row[`price_${side}`];
      if (live === null) return ["–"];
      const ours = row.catalogue?.[side];
      const moved = ours !== null && ours !== undefined && Math.abs(ours - live) > 1e-9;
      return [usd(live), moved ? el("span", { class: "moved" }, ` ${words.was.replace("{price}", usd(ours))}`) : null];
    };
    const body = rows.map((row) =>
      el(
        "tr",
        {},
        el(
          "th",
          { scope: "row" },
          row.model
            ? el("button", { type: "button", class: "link", onclick: () => this.trace(row.id, provider) }, row.id)
            : row.id,
          row.host ? el("span", { class: "quiet" }, ` ${row.host}`) : null,
        ),
        el("td", {}, this.models[row.model ?? ""] ?? (row.name || "–")),
        el("td", { class: "number" }, tokens(row.window) || "–"),
        el("td", { class: "number" }, ...price(row, "input")),
        el("td", { class: "number" }, ...price(row, "output")),
      ),
    );
    const heads = words.list_columns.map((label, i) =>
      el("th", { scope: "col", class: i > 1 ? "number" : null }, label),
    );
    return el(
      "div",
      { class: "list-scroll" },
      el("table", { class: "points live-rows" }, el("thead", {}, el("tr", {}, ...heads)), el("tbody", {}, ...body)),
    );
  }
}

/**
 * @param {Wire.FindingTold} finding
 * @param {Words} words
 */
function line({ check, state, seen, todo }, words) {
  return el(
    "li",
    { "data-check": check, "data-state": state },
    el("span", { class: "finding-label" }, words.checks[check]),
    el(
      "span",
      { class: "finding-text" },
      el("span", { class: "finding-state" }, words.states[state]),
      el("span", {}, ` ${seen}`),
      todo ? el("span", { class: "todo" }, todo) : null,
    ),
  );
}

/**
 * @param {string} name the provider's
 * @param {Array<Wire.FindingTold>} findings
 * @param {Words} words
 */
function reportOf(name, findings, words) {
  const lines = findings.map(
    ({ check, state, seen, todo }) =>
      `- ${words.checks[check]}: ${words.states[state]}. ${seen}${todo ? ` ${todo}` : ""}`,
  );
  return [`${words.doctor}: ${name}, ${new Date().toISOString().slice(0, 16).replace("T", " ")} UTC`, ...lines].join(
    "\n",
  );
}

/**
 * A line for each check, before anything is found.
 * @param {Words} words
 */
function waitingLines(words) {
  const lines = Object.entries(words.checks).map(([check, label]) =>
    el(
      "li",
      { "data-check": check, "data-state": "waiting" },
      el("span", { class: "finding-label" }, label),
      el("span", { class: "quiet" }, words.waiting),
    ),
  );
  return el("ul", { class: "findings" }, ...lines);
}
