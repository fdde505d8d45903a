// MCP servers that the visitor names in the tools panel. The server keeps address and key; the page keeps neither.

import { el } from "../parts/dom.js";
import { postJson, Refused } from "../server/request.js";

export class OwnServers {
  /**
   * `changed(list)` is told what there is now.
   * @param {{words: Record<string, string>, session: Page.Session, changed: (list: Page.ToolList) => void}} parts
   */
  constructor({ words, session, changed }) {
    this.words = words;
    this.session = session;
    this.changed = changed;
    const field = (/** @type {string} */ label, /** @type {object} */ more) =>
      el("input", { class: "tool-reason", placeholder: label, "aria-label": label, autocomplete: "off", ...more });
    this.address = field(words.address, { type: "url", inputmode: "url", spellcheck: "false", maxlength: "2048" });
    this.key = field(words.key, { type: "password", autocomplete: "new-password", maxlength: "4096" });
    this.button = el("button", { type: "submit", class: "tool-answer main" }, words.use);
    this.problem = el("p", { class: "tools-note bad", role: "alert", hidden: true });
    /** @param {Event} event */
    const onsubmit = (event) => {
      event.preventDefault();
      void this.#add();
    };
    this.form = el(
      "form",
      { class: "tools-group tools-own", novalidate: true, "aria-label": words.title, onsubmit },
      el("div", { class: "tools-heading" }, words.title),
      el("p", { class: "tools-note" }, words.about),
      el("div", { class: "tools-fields" }, this.address, this.key, this.button),
      this.problem,
    );
  }

  /**
   * A server with its tools as `rows`, or why it has none.
   * @param {Page.ToolServer} server
   * @param {Array<HTMLElement>} rows
   */
  group({ name, version, why, state: now }, rows) {
    const { words } = this;
    const label = `${words.remove}: ${name}`;
    const onclick = () => this.#remove(name);
    const remove = el("button", { type: "button", class: "tools-remove", "aria-label": label, onclick }, words.remove);
    const state = why ? "" : [version, words.ready].filter(Boolean).join(" · ");
    const heading = el("legend", {}, name, el("span", { class: "tools-version" }, state), remove);
    const note = why || (rows.length ? "" : words.none);
    const said = note ? el("p", { class: why && now !== "connecting" ? "tools-note bad" : "tools-note" }, note) : null;
    return el("fieldset", { class: "tools-group", "data-own": name }, heading, said, ...rows);
  }

  async #add() {
    const { words, address, key, button } = this;
    if (!address.value.trim() || button.disabled) return;
    button.disabled = true;
    button.textContent = words.connecting;
    await this.#post("tools/server", { session: this.session(), address: address.value, key: key.value }, () => {
      address.value = "";
      key.value = "";
    });
    button.disabled = false;
    button.textContent = words.use;
  }

  /** @param {string} name */
  async #remove(name) {
    await this.#post("tools/remove", { session: this.session(), name });
    this.address.focus({ preventScroll: true });
  }

  /**
   * @param {"tools/server" | "tools/remove"} path
   * @param {any} body
   * @param {() => void} [done]
   */
  async #post(path, body, done) {
    this.problem.hidden = true;
    try {
      const list = await postJson(path, body);
      done?.();
      this.changed(list);
    } catch (reason) {
      this.problem.textContent = reason instanceof Refused ? reason.whole : String(reason);
      this.problem.hidden = false;
    }
  }
}
