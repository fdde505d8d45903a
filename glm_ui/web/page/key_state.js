// What stands below the boxes of keys: whose key is used and where it is kept, whether its provider takes it, where one
// gets a key, and whether this browser remembers it. The key itself is never here: of what the person typed at most its
// last four letters, for as long as the page lives.

import { draw, h } from "../parts/draw.js";
import { el, find } from "../parts/dom.js";
import { postJson, Refused } from "../server/request.js";
import { facts } from "./places.js";
import { canRemember, forgetKey, rememberedKeys, rememberKey } from "./remembered_keys.js";

const BOXES = ["#api-key", "#mm-key"];
/**
 * How many of its last letters of a key are shown: of a short one fewer, or none.
 * @param {string} key
 */
const lastOf = (key) => (key.length >= 12 ? key.slice(-4) : key.length >= 8 ? key.slice(-2) : "");

/** @typedef {{state: "checking" | "good" | "unknown" | "bad", text: string}} Checked */

export class KeyState {
  /** @type {Map<string, string>} provider -> the last letters of what was typed here */
  #last = new Map();
  /** @type {Map<string, Checked>} */
  #checked = new Map();
  /** @type {Set<string>} providers whose key this browser remembers */
  #remembered = new Set();
  /** Whether the next key is remembered. */
  #remember = false;

  /**
   * @param {{
   * config: Wire.Config,
   * session: Page.Session,
   * bar: import("./account_bar.js").AccountBar,
   * announce: (text: string) => void,
   * }} parts
   */
  constructor({ config, session, bar, announce }) {
    this.config = config;
    this.words = config.words.key;
    this.session = session;
    this.bar = bar;
    this.announce = announce;
    this.places = BOXES.map((box) => {
      const place = el("div", { class: "glm key-state" });
      find(box)?.after(place);
      return place;
    });
    bar.onshow = () => this.draw();
    this.draw();
  }

  /** The provider whose key the boxes take now. */
  get provider() {
    const { providers, first_provider: first } = this.config;
    const chosen = facts().provider ?? first;
    return providers[chosen === "demo" ? first : chosen]?.shares ?? first;
  }

  /** Hands the keys that this browser remembers to the server's memory, where they are not there. */
  async start() {
    for (const [provider, key] of await rememberedKeys().catch(() => new Map())) {
      this.#remembered.add(provider);
      this.#note(provider, key);
      if (!this.bar.state.own.includes(provider))
        await this.bar.show(await postJson("key", { session: this.session(), provider, key }));
    }
    this.draw();
  }

  /**
   * @param {string} provider
   * @param {string} key
   */
  #note(provider, key) {
    this.#last.set(provider, lastOf(key));
  }

  /**
   * A key was typed, and the server has it: is it any good?
   * @param {string} provider
   * @param {string} key
   */
  async saved(provider, key) {
    this.#note(provider, key);
    this.#say(provider, { state: "checking", text: this.words.checking });
    if (this.#remember || this.#remembered.has(provider)) await this.#keep(provider, key);
    await this.#check(provider);
  }

  /** @param {string} provider */
  async #check(provider) {
    const { words } = this;
    const name = this.config.providers[provider]?.name ?? provider;
    this.bar.refused.delete(provider);
    try {
      const { checked } = await postJson("key/check", { session: this.session(), provider });
      const text = (checked ? words.good : words.unchecked).replace("{provider}", name);
      this.#say(provider, { state: checked ? "good" : "unknown", text });
    } catch (reason) {
      if (reason instanceof Refused && reason.error.slug === "key_rejected") this.bar.refused.add(provider);
      this.#say(provider, { state: "bad", text: reason instanceof Refused ? reason.whole : words.unchecked });
    }
    await this.bar.show();
    this.announce(this.#checked.get(provider)?.text ?? "");
  }

  /**
   * @param {string} provider
   * @param {string} key
   */
  async #keep(provider, key) {
    try {
      await rememberKey(provider, key.trim());
      this.#remembered.add(provider);
    } catch {
      this.announce(this.words.not_kept);
    }
  }

  /**
   * @param {string} provider
   * @param {Checked} checked
   */
  #say(provider, checked) {
    this.#checked.set(provider, checked);
    this.draw();
  }

  async #forget() {
    const { provider } = this;
    const from = this.places.find((place) => place.contains(document.activeElement));
    await forgetKey(provider).catch(() => undefined);
    for (const known of [this.#last, this.#checked, this.#remembered, this.bar.refused]) known.delete(provider);
    this.#remember = false;
    try {
      await this.bar.show(await postJson("key", { session: this.session(), provider, key: "" }));
      this.announce(this.words.forgotten);
    } catch {
      this.announce(this.config.words.key_failed);
    }
    this.draw();
    if (from && document.activeElement === document.body) find("a, input", from)?.focus(); // its button is gone
  }

  draw() {
    const own = this.bar.state.own.includes(this.provider);
    for (const place of this.places) draw(place, ...(own ? this.#mine() : this.#none()));
  }

  #mine() {
    const { words, provider } = this;
    const last = this.#last.get(provider);
    const kept = this.#remembered.has(provider) ? words.here : words.session;
    const checked = this.#checked.get(provider);
    return [
      h(
        "p",
        { class: "key-line" },
        h("span", { class: "off-screen" }, `${words.yours} `),
        h("span", {}, `${last ? `•••• ${last}` : "••••"} · ${kept} · `),
        h("button", { type: "button", class: "note-link", onclick: () => void this.#forget() }, words.forget),
        ...this.#late(),
      ),
      this.#remember &&
        !this.#remembered.has(provider) &&
        h("p", { class: "key-note" }, words.once_more, " ", this.#means),
      checked && h("p", { class: "key-check", "data-state": checked.state, role: "status" }, checked.text),
      checked?.state === "bad" && this.#link(),
    ];
  }

  /** Where one gets a key. */
  #link() {
    const page = this.config.providers[this.provider]?.key_page;
    const link = page && h("a", { href: page, target: "_blank", rel: "noopener noreferrer" }, this.words.get);
    return link && h("p", { class: "key-line" }, link);
  }

  #none() {
    return [this.#link(), ...this.#choice()];
  }

  /** To remember a key that is saved already, which this page does not hold: it is typed once more. */
  #late() {
    if (this.#remembered.has(this.provider) || this.#remember || !canRemember()) return [];
    /** @param {Event} event */
    const onclick = ({ target }) => {
      const place = this.places.findIndex((each) => target instanceof Node && each.contains(target));
      this.#remember = true;
      this.draw();
      this.announce(this.words.once_more);
      find(`${BOXES[place]} input`)?.focus();
    };
    return [" · ", h("button", { type: "button", class: "note-link", onclick }, this.words.remember_short)];
  }

  get #means() {
    return parent === window ? this.words.means : this.words.means_framed;
  }

  /** Whether this browser remembers the next key, and what that means. */
  #choice() {
    const { words } = this;
    if (!canRemember()) return [h("p", { class: "key-note" }, words.insecure)];
    /** @param {Event} event */
    const onchange = ({ target }) => {
      this.#remember = target instanceof HTMLInputElement && target.checked;
      this.draw();
    };
    const box = h("input", { type: "checkbox", checked: this.#remember, onchange });
    const more = this.#remember && h("p", { class: "key-note" }, this.#means);
    return [h("label", { class: "key-choice" }, box, words.remember), more];
  }
}
