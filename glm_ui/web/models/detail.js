// The trace of one name: each step to what goes on the wire, what is promised beside what is given, who disagrees.
// It draws what the server told (`name_trace.py`) and passes on what the person wants; it resolves nothing itself.

import { el } from "../parts/dom.js";
import { source, sources, told } from "./figures.js";

/** @typedef {(where: string, trace: Wire.Trace, button: HTMLElement) => unknown} Use */

export class Detail {
  /**
   * `ask(name, provider)` traces; `use(where, trace, button)`: "chat", "multimodal", "try", "second", "link".
   * @param {HTMLElement} root
   * @param {{
   * words: import("./figures.js").Words,
   * providers: Wire.Table["providers"],
   * tabs: Array<string>,
   * ask: (name: string, provider: string) => unknown,
   * use: Use,
   * }} parts
   */
  constructor(root, { words, providers, tabs, ask, use }) {
    this.root = root;
    this.words = words;
    this.providers = providers;
    this.tabs = tabs;
    this.ask = ask;
    this.use = use;
    this.name = el("input", {
      type: "text",
      id: "trace-name",
      "aria-label": words.trace_label,
      placeholder: words.trace_label,
      autocomplete: "off",
      spellcheck: "false",
      autocapitalize: "off",
    });
    const any = el("option", { value: "" }, words.any_provider);
    this.provider = el(
      "select",
      { id: "trace-provider", "aria-label": words.provider },
      any,
      ...Object.entries(providers).map(([key, { name }]) => el("option", { value: key }, name)),
    );
    const form = el(
      "form",
      { class: "trace-form" },
      this.name,
      this.provider,
      el("button", { type: "submit", class: "plain" }, words.trace),
    );
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.ask(this.name.value, this.provider.value);
    });
    this.provider.addEventListener(
      "change",
      () => this.name.value.trim() && this.ask(this.name.value, this.provider.value),
    );
    this.body = el("div", { class: "trace", "aria-live": "polite" }, el("p", { class: "quiet" }, words.trace_empty));
    root.replaceChildren(form, this.body);
  }

  /** @param {string} sentence */
  failed(sentence) {
    this.body.replaceChildren(el("p", { class: "bad" }, sentence));
  }

  /**
   * @param {Wire.Trace} trace
   * @param {string | null} provider that was asked for
   */
  show(trace, provider) {
    const { words } = this;
    this.name.value = trace.name;
    this.provider.value = provider ?? "";
    this.body.replaceChildren(
      ...[
        this.#head(trace),
        trace.mapped ? this.#actions(trace) : null,
        section(
          words.steps,
          el("ol", { class: "steps" }, ...trace.steps.map((step) => el("li", { "data-kind": step.kind }, step.text))),
        ),
        trace.points.length ? section(words.compared, this.#points(trace.points)) : null,
        trace.conflicts.length
          ? section(words.disagreements, ...trace.conflicts.map((one) => this.#conflict(one)))
          : null,
        trace.says.length ? section(words.says, ...trace.says.map((one) => this.#says(one))) : null,
        Object.keys({ ...trace.ids, ...trace.elsewhere }).length ? section(words.ids, this.#ids(trace)) : null,
        trace.notes.length || trace.status
          ? section(words.notes, ...[trace.status, ...trace.notes].filter(Boolean).map((line) => el("p", {}, line)))
          : null,
      ].filter((part) => part !== null),
    );
    this.root.scrollTop = 0;
  }

  /** @param {Wire.Trace} trace */
  #head(trace) {
    const { words, providers } = this;
    const title = el("h2", {}, trace.name || words.no_name);
    const { provider, dialect } = trace;
    if (trace.mapped && provider && dialect) {
      const { name } = providers[provider];
      const where = [
        trace.model_name ?? trace.model,
        name,
        name.toLowerCase().includes(dialect) ? null : words.dialects[dialect],
      ].filter(Boolean);
      return el("header", {}, title, el("p", { class: "to" }, where.join(" · "), " ", el("code", {}, trace.wire_id)));
    }
    const near = trace.nearest.map((name) =>
      el("button", { type: "button", class: "chip", onclick: () => this.ask(name, "") }, name),
    );
    return el(
      "header",
      {},
      title,
      el("p", { class: "bad not-mapped" }, trace.model ? words.not_served : words.not_mapped),
      near.length ? el("p", { class: "nearest" }, `${words.nearest} `, ...near) : null,
    );
  }

  /** @param {Wire.Trace} trace */
  #actions(trace) {
    const { words } = this;
    /** @param {string} where */
    const button = (where, kind = "plain") => {
      const onclick = () => this.use(where, trace, made);
      const made = el("button", { type: "button", class: kind, "data-use": where, onclick }, words.use[where]);
      return made;
    };
    return el(
      "div",
      { class: "trace-actions" },
      button("chat", "main-button"),
      this.tabs.includes("multimodal") && seesImages(trace) ? button("multimodal") : null,
      button("try"),
      button("second"),
      button("link"),
    );
  }

  /** @param {Array<Wire.Point>} points */
  #points(points) {
    const { words } = this;
    /**
     * @param {Wire.FigureTold | null} figure
     * @param {string} point
     */
    const cell = (figure, point) =>
      el(
        "td",
        {},
        el(
          "span",
          { class: figure ? "value" : "value unknown" },
          figure ? told(point, figure.value, words) : words.not_said,
        ),
        figure?.provider ? el("span", { class: "quiet" }, ` ${words.at_provider(figure.provider)}`) : null,
        figure ? sources(figure, words, point) : null,
      );
    const rows = points.map(({ point, promised, given, differs }) =>
      el(
        "tr",
        { class: differs ? "differs" : null },
        el("th", { scope: "row" }, words.points[point], differs ? el("span", { class: "mark" }, words.differs) : null),
        cell(promised, point),
        cell(given, point),
      ),
    );
    return el(
      "table",
      { class: "points" },
      el(
        "thead",
        {},
        el(
          "tr",
          {},
          el("th", { scope: "col" }, el("span", { class: "off-screen" }, words.point)),
          el("th", { scope: "col" }, words.promised),
          el("th", { scope: "col" }, words.given),
        ),
      ),
      el("tbody", {}, ...rows),
    );
  }

  /** @param {Wire.ConflictTold} conflict */
  #conflict({ key, point, verdict, sides }) {
    const { words } = this;
    const items = sides.map((side) =>
      el(
        "li",
        {},
        el("strong", {}, String(side.value)),
        " ",
        el("ul", { class: "sources" }, source({ ...side, value: undefined }, words)),
      ),
    );
    return el(
      "article",
      { class: "conflict", "data-conflict": key },
      el("p", {}, point),
      el("ul", { class: "sides" }, ...items),
      el("p", { class: "verdict" }, verdict),
    );
  }

  /** @param {Wire.Trace["says"][number]} one */
  #says(one) {
    const { words } = this;
    const from = el("ul", { class: "sources" }, source(one, words));
    if (one.kind === "alias") {
      const line = [`${words.surfaces[one.surface]} → ${one.target}`, one.date, one.description]
        .filter(Boolean)
        .join(" · ");
      return el(
        "div",
        { class: "says" },
        el("p", {}, el("strong", {}, one.name), " ", line),
        one.note && !one.description.includes(one.note) ? el("p", { class: "quiet" }, one.note) : null,
        from,
      );
    }
    const pairs = Object.entries(one.columns).flatMap(([name, value]) => [
      el("dt", {}, words.family[name]),
      el("dd", {}, told("", value, words)),
    ]);
    return el(
      "div",
      { class: "says" },
      el("p", {}, el("strong", {}, one.name)),
      el("dl", { class: "pairs" }, ...pairs),
      from,
    );
  }

  /** @param {Wire.Trace} trace */
  #ids({ name, ids, elsewhere }) {
    const here = Object.entries(ids).flatMap(([key, id]) => [
      el(
        "dt",
        {},
        el("button", { type: "button", class: "link", onclick: () => this.ask(name, key) }, this.providers[key].name),
      ),
      el("dd", {}, el("code", {}, id)),
    ]);
    const there = Object.entries(elsewhere).flatMap(([key, id]) => [
      el("dt", { class: "quiet" }, this.words.elsewhere[key] ?? key),
      el("dd", {}, el("code", {}, id)),
    ]);
    return el("dl", { class: "pairs" }, ...here, ...there);
  }
}

/**
 * @param {string} title
 * @param {...HTMLElement} children
 */
const section = (title, ...children) => el("section", {}, el("h3", {}, title), ...children);

/** @param {Wire.Trace} trace */
function seesImages(trace) {
  const inputs = trace.points.find(({ point }) => point === "inputs")?.given?.value;
  return !Array.isArray(inputs) || inputs.some((kind) => kind !== "text");
}
