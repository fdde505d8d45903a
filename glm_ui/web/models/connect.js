// Connect: the configuration of a program for this address and a model, a test of it, and the last requests of programs.
// The server makes the configurations and keeps the requests (`ui/models/connect.py`); nothing is decided here.

import { block } from "../chat/request_view.js";
import { el } from "../parts/dom.js";
import { LiveRequests } from "./connect_live.js";
import { ConnectTest } from "./connect_test.js";
import { messageOf, postJson } from "../server/request.js";
import { sentencesOf } from "../parts/sentences.js";

const AFTER_TYPING = 250;
const CHOSEN = "glm-ui-client";

/** Where programs reach this app, as the browser does. */
export const address = () => new URL(".", document.baseURI).href.replace(/\/$/, "");

/** @typedef {Wire.Words["models"]["connect"]} Words */

export class Connect {
  /**
   * What the server said last.
   * @type {Wire.Connections | null}
   */
  told = null;
  /**
   * The key of the program that is shown.
   * @type {string | null}
   */
  client = null;
  /**
   * What was asked last: an answer to anything else is late.
   * @type {object | null}
   */
  asked = null;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  typed;

  /**
   * `openRequest(turn)` shows what was sent.
   * @param {{
   * root: HTMLElement,
   * words: Words,
   * model: string,
   * session: Page.Session,
   * openRequest: (turn: string) => unknown,
   * announce: (text: string) => void,
   * }} parts
   */
  constructor({ root, words, model, session, openRequest, announce }) {
    this.root = root;
    this.words = words;
    this.session = session;
    this.chips = el("div", { class: "connect-clients", role: "group", "aria-label": words.client });
    this.model = el("input", {
      type: "text",
      id: "connect-model",
      list: "try-names",
      value: model,
      "aria-label": words.model,
      placeholder: words.model,
      autocomplete: "off",
      spellcheck: "false",
      autocapitalize: "off",
    });
    this.model.addEventListener("input", () => {
      clearTimeout(this.typed);
      this.typed = setTimeout(() => this.#load(), AFTER_TYPING);
    });
    this.state = el("p", { class: "quiet", id: "connect-state" });
    this.answers = el("p", { id: "connect-answers", role: "status" });
    this.blocks = el("div", { class: "connect-blocks" });
    this.test = new ConnectTest({ words, session, announce });
    this.live = new LiveRequests({ words, session, openRequest });
    root.replaceChildren(
      el("p", { class: "quiet" }, words.about),
      this.state,
      this.chips,
      el("div", { class: "connect-model" }, this.model, this.answers),
      this.blocks,
      this.test.root,
      this.live.root,
    );
  }

  /**
   * The view came into sight, or went out of it.
   * @param {boolean} visible
   */
  async shown(visible) {
    this.live.leave();
    if (!visible) return;
    await this.#load();
    if (this.told) this.live.follow(!this.root.hidden, this.told);
  }

  async #load() {
    const mine = (this.asked = {});
    try {
      const told = await postJson("connect", {
        session: this.session(),
        address: address(),
        model: this.model.value,
      });
      if (mine === this.asked) this.#show(told);
    } catch (reason) {
      if (mine === this.asked) this.answers.replaceChildren(el("span", { class: "bad" }, messageOf(reason)));
    }
  }

  /** @param {Wire.Connections} told */
  #show(told) {
    const { words } = this;
    this.told = told;
    this.state.textContent = words.states[told.state];
    this.state.classList.toggle("bad", ["none", "closed"].includes(told.state));
    const { answers, problem } = told;
    this.answers.replaceChildren(
      answers
        ? words.answers
            .replace("{name}", () => this.model.value.trim())
            .replace("{model}", () => answers.model)
            .replace("{provider}", () => answers.provider)
        : el("span", { class: "bad" }, sentencesOf(problem?.what, problem?.todo)),
    );
    this.chips.replaceChildren(
      ...told.clients.map(({ key, label }) =>
        el(
          "button",
          { type: "button", class: "chip", "data-client": key, onclick: () => this.#choose(told, key) },
          label,
        ),
      ),
    );
    this.#choose(told, this.client ?? remembered() ?? told.clients[0].key);
  }

  /**
   * @param {Wire.Connections} told
   * @param {string} key
   */
  #choose(told, key) {
    const { words } = this;
    const client = told.clients.find((one) => one.key === key) ?? told.clients[0];
    if (this.client !== client.key) this.test.clear();
    this.client = client.key;
    remember(client.key);
    for (const chip of this.chips.children)
      chip.setAttribute("aria-pressed", String(chip.getAttribute("data-client") === client.key));
    this.blocks.replaceChildren(
      ...client.blocks.map(({ file, language, text }) => block(text, language, file || words.run, words)),
    );
    this.test.set(client, told);
  }
}

/** The program that was picked last, in this browser. */
function remembered() {
  try {
    return localStorage.getItem(CHOSEN);
  } catch {
    return null;
  }
}

/** @param {string} key */
function remember(key) {
  try {
    localStorage.setItem(CHOSEN, key);
  } catch {
    // Blocked in a third-party frame.
  }
}
