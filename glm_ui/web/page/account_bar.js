// On whose account the next turn goes, where a person sees it: the bar's state, and the note of a conversation that is
// still empty. It follows the model that is picked on the tab in sight.

import { el, find } from "../parts/dom.js";
import { followAccount, leftText } from "../server/account.js";
import { reach } from "../server/reach.js";
import { facts, tabsData } from "./places.js";

/** @typedef {{key: string} | string} Piece of a sentence; {key: text} is a button to the key's box */

export class AccountBar {
  /** @type {Wire.State} */
  state = { own: [], ready: [], offline: true };
  /** The server no longer knows a key that was typed here. */
  keyLost = false;
  /** Providers that did not accept the key typed here. @type {Set<string>} */
  refused = new Set();
  /** @type {() => unknown} */
  onshow = () => undefined;

  /**
   * `chats` are those of the tabs that are there.
   * @param {{config: Promise<Wire.Config>, session: Page.Session, chats: () => Array<Page.AnyChat>}} parts
   */
  constructor({ config, session, chats }) {
    this.config = config;
    this.chats = chats;
    this.ask = followAccount(session, (next) => this.show(next));
    reach.onChange(() => void (reach.gone ? this.show() : this.ask()));
  }

  /** @param {Wire.State} [next] */
  async show(next) {
    if (next) this.#take(next);
    queueMicrotask(() => this.onshow());
    const { providers, words } = await this.config;
    const chosen = facts().provider ?? "";
    const provider = providers[chosen];
    const bar = find("#bar-state");
    if (!bar || !provider) return;
    tabsData().keys = Object.keys(providers)
      .filter((key) => this.#usable(key, providers[key]))
      .join(" ");
    const [tone, text] = this.#told(chosen, provider, words);
    if (reach.state !== "online") return this.#gone(bar, words.reach[reach.state]);
    bar.dataset.tone = tone;
    const place = find("span:last-child", bar);
    if (place) place.textContent = text;
    bar.title = tone === "demo" ? words.demo_note : "";
    const note = tone === "demo" ? await this.#demoNote() : this.#note(tone, provider, words);
    for (const chat of this.chats()) {
      if (chat.tab === "chat") chat.log.say?.(this.keyLost ? words.key_lost : "");
      chat.log.note(note);
    }
  }

  /**
   * @param {HTMLElement} bar
   * @param {Array<string>} told the word, and all that is to say
   */
  #gone(bar, [word, more]) {
    const place = find("span:last-child", bar);
    if (place) place.textContent = word;
    bar.dataset.tone = "offline";
    bar.title = more;
  }

  /** @param {Wire.State} next */
  #take(next) {
    const gone = this.state.own.some((key) => !next.own.includes(key));
    this.keyLost = gone || (this.keyLost && !next.own.length);
    this.state = next;
  }

  /**
   * Whether a key was typed for it, or for the provider whose key it shares.
   * @param {string} key
   * @param {Wire.ProviderTold} provider
   */
  #own(key, { shares }) {
    return this.state.own.includes(key) || this.state.own.includes(shares);
  }

  /**
   * @param {string} key
   * @param {Wire.ProviderTold} provider
   */
  #usable(key, provider) {
    return !provider.asks_key || this.state.ready.includes(key) || this.#own(key, provider);
  }

  /**
   * The bar's tone and text.
   * @param {string} key
   * @param {Wire.ProviderTold} provider
   * @param {Wire.Words} words
   * @returns {[string, string]}
   */
  #told(key, provider, words) {
    const { name, needs_key: needsKey } = provider;
    if (key === "demo") return ["demo", words.state_demo];
    if (this.#own(key, provider)) {
      const isRefused = this.refused.has(key) || this.refused.has(provider.shares);
      return isRefused ? ["refused", `${name} · ${words.state_refused}`] : ["good", `${name} · ${words.state_own}`];
    }
    if (this.state.ready.includes(key)) {
      const parts = [needsKey ? words.state_server : words.state_open, leftText(this.state.left, words)];
      return ["good", `${name} · ${parts.filter(Boolean).join(" · ")}`];
    }
    return needsKey ? ["missing", `${name} · ${words.state_missing}`] : ["good", name];
  }

  async #demoNote() {
    const { providers, first_provider: first, words } = await this.config;
    return demoNote(providers[first], words);
  }

  /**
   * @param {string} tone
   * @param {Wire.ProviderTold} provider
   * @param {Wire.Words} words
   */
  #note(tone, provider, words) {
    if (tone === "missing") return keyNote(words.key_missing, provider, words.key_from);
    return this.keyLost ? el("span", {}, words.key_lost) : null;
  }
}

/**
 * That this is a demo, and the two steps to a real model.
 * @param {Wire.ProviderTold} provider that a key is for
 * @param {Wire.Words} words
 */
function demoNote({ name, key_page: page }, words) {
  const key = el("button", { type: "button", class: "note-link", "data-focus": "key" }, words.demo_enter);
  const text = words.demo_get.replace("{provider}", name);
  const link = page && el("a", { href: page, target: "_blank", rel: "noopener noreferrer" }, text);
  return el(
    "span",
    { class: "demo-note" },
    el("span", {}, words.demo_note),
    el("span", {}, words.demo_steps),
    el("ol", {}, el("li", {}, link || text), el("li", {}, key)),
  );
}

/**
 * A sentence of pieces, then where to get a key.
 * @param {Array<Piece>} said
 * @param {Wire.ProviderTold} [provider]
 * @param {string} [from]
 */
function keyNote(said, provider, from = "") {
  const parts = said.map((piece) =>
    typeof piece === "string"
      ? piece.replace("{provider}", provider?.name ?? "")
      : el("button", { type: "button", class: "note-link", "data-focus": "key" }, piece.key),
  );
  const page = provider?.key_page;
  if (!page) return el("span", {}, ...parts);
  const link = el("a", { href: page, target: "_blank", rel: "noopener noreferrer" }, page.replace("https://", ""));
  return el("span", {}, ...parts, from, link);
}
