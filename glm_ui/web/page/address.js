// The page's address and title follow what is shown: a conversation, or a tab that shows none. Back and Forward go through
// what was shown. The first tab without a conversation is the plain address.

import { hashOf, namedIn } from "../conversations/link.js";
import { newConversation } from "../conversations/conversation.js";
import { Tabs } from "../conversations/store/tabs.js";
import { el, find, until } from "../parts/dom.js";

const HUB = "https://huggingface.co";

export class Address {
  /** The tab and the conversation that the address was last written for. */
  #shown = "";
  /** The new conversation that is shown in place of one that is not here. */
  #inPlace = "";
  #going = false;

  /**
   * @param {{
   * store: import("../conversations/store.js").Store,
   * config: Wire.Config,
   * chatOf: (tab: string) => Page.AnyChat | null | undefined,
   * }} parts
   */
  constructor({ store, config, chatOf }) {
    this.store = store;
    this.config = config;
    this.chatOf = chatOf;
    addEventListener("popstate", () => void this.go());
    new Tabs("glm-ui", () => this.follow()); // hears this page's own store: a first question, a new title
  }

  /** Begins with what the address names. */
  async start() {
    const tab = location.hash.slice(1);
    if (namedIn(location.hash)) return this.go();
    if (this.config.tabs.includes(tab)) await this.#goTo(tab);
    this.follow({ replace: true });
  }

  /**
   * Shows a tab as it stands: a page that was reloaded before its address had followed has a conversation there.
   * @param {string} tab
   */
  async #goTo(tab) {
    this.#going = true;
    try {
      await this.#show(tab);
    } finally {
      this.#going = false;
    }
  }

  get #tab() {
    const isOpen = (/** @type {string} */ tab) => find(`#tabs [role=tab]#tab-${tab}-button`)?.ariaSelected === "true";
    return this.config.tabs.find(isOpen) ?? this.config.tabs[0];
  }

  /**
   * What is shown has changed, or may have.
   * @param {{replace?: boolean}} [how]
   */
  follow({ replace = false } = {}) {
    if (this.#going) return;
    const tab = this.#tab;
    const conversation = this.chatOf(tab)?.conversation;
    const { id = "", title = "" } = conversation ?? {};
    const place = tab === this.config.tabs[0] ? "" : (find(`#tab-${tab}-button`)?.textContent?.trim() ?? "");
    const named = conversation?.nodes.length ? title : place;
    document.title = [named, this.config.words.title].filter(Boolean).join(" · ");
    if (this.#inPlace && id === this.#inPlace && !conversation?.nodes.length) return;
    const shown = `${tab} ${id}`;
    const same = replace || shown === this.#shown;
    this.#shown = shown;
    this.#write(conversation?.nodes.length ? hashOf(id) : tab === this.config.tabs[0] ? "" : `#${tab}`, same);
  }

  /**
   * @param {string} hash
   * @param {boolean} replace
   */
  #write(hash, replace) {
    if (hash === location.hash) return;
    const address = `${location.pathname}${location.search}${hash}`;
    if (replace) history.replaceState(history.state, "", address);
    else history.pushState(null, "", address);
    // The page around a Space shows the address that people copy.
    if (this.config.space && parent !== window)
      parent.postMessage({ queryString: location.search.slice(1), hash: hash.slice(1) }, HUB);
  }

  /** Shows what the address names. */
  async go() {
    this.#going = true;
    const id = namedIn(location.hash);
    const tab = this.config.tabs.find((each) => `#${each}` === location.hash) ?? this.config.tabs[0];
    try {
      if (id) await this.#open(id);
      else await this.#empty(tab);
    } finally {
      this.#going = false;
    }
    this.#shown = `${this.#tab} ${this.chatOf(this.#tab)?.conversation.id ?? ""}`;
    this.follow({ replace: true });
  }

  /** @param {string} id */
  async #open(id) {
    const here = this.config.tabs.find((tab) => this.chatOf(tab)?.conversation.id === id);
    if (here) return this.#show(here);
    const kept = await this.store.get(id);
    if (!kept) return this.#missing();
    const chat = await this.#show(kept.tab);
    if (chat && chat.conversation.id !== id) chat.open(kept);
    return chat;
  }

  /** @param {string} tab */
  async #empty(tab) {
    const chat = await this.#show(tab);
    if (chat?.conversation.nodes.length) chat.open(newConversation({ tab }));
  }

  /**
   * Brings a tab into sight; gives its chat, where it has one.
   * @param {string} tab
   */
  async #show(tab) {
    if (this.#tab !== tab) find(`#tabs [role=tab]#tab-${CSS.escape(tab)}-button`)?.click();
    return tab === "models" ? null : until(() => this.chatOf(tab));
  }

  /** The address names what this browser does not have. */
  async #missing() {
    const [tab] = this.config.tabs;
    const chat = await this.#show(tab);
    if (!chat) return;
    if (chat.conversation.nodes.length) chat.open(newConversation({ tab }));
    this.#inPlace = chat.conversation.id;
    const { missing, missing_more: more } = this.config.words;
    const said = el("div", { class: "missing", role: "status" }, el("strong", {}, missing), el("p", {}, more));
    find(".empty", chat.log.root)?.prepend(said);
  }
}
