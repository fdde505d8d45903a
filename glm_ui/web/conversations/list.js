// The side bar's list of conversations of all tabs: new, search, open, and for each a menu with rename, pin, export,
// delete. Reads the store's light rows; rows come to the page a screenful at a time.

import { el, find, icon, iconButton } from "../parts/dom.js";
import { takeDrops } from "../parts/file_drops.js";
import { openMenu } from "../parts/menu.js";
import { RowKeys } from "./list_keys.js";
import { mainMenu, rowMenu } from "./list_menus.js";
import { arrange, groupOf, lookOf, renameIn, rowOf } from "./list_row.js";

const SCREENFUL = 60;
const SAID_FOR = 10_000;

/**
 * @typedef {import("../chat/chat.js").Chat} Chat
 * @typedef {import("./list_row.js").Item} Item
 * @typedef {import("./transfer.js").Transfer} Transfer
 * @typedef {{label: string, run: () => unknown}} Action
 */

/**
 * tab -> its chat: where a conversation of that tab is opened. A tab's is made when it is first shown.
 * @type {Map<string, Chat>}
 */
const pages = new Map();
const MADE_WITHIN = 5000;

/** @type {Set<ConversationList>} one a tab, of the same rows: what one changes, all draw */
const lists = new Set();
const drawAll = () => Promise.all([...lists].map((list) => list.draw()));

export class ConversationList {
  query = "";
  limit = SCREENFUL;
  /** @type {Map<string, Item>} rows that are drawn, by the id of their conversation */
  items = new Map();
  /** @type {Map<string, HTMLElement>} */
  headings = new Map();
  /** @type {Array<Page.Conversation>} those that were just deleted, and may be put back */
  deleted = [];
  /** @type {Array<Page.Row>} */
  found = [];
  /** Whether it is to be drawn once more. */
  again = false;
  /** @type {Promise<void> | null} */
  drawing = null;
  /** @type {Promise<Transfer> | null} */
  loading = null;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  finding;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  fading;

  /**
   * @param {{
   * chat: Chat,
   * store: import("./store.js").Store,
   * words: Wire.Words,
   * session?: Page.Session,
   * place?: string,
   * connect?: (() => void) | null,
   * linkTo: (id: string) => string,
   * }} parts
   */
  constructor({ chat, store, words, session = () => "", place = "#conversations", connect = null, linkTo }) {
    this.chat = chat;
    this.store = store;
    this.words = words.list;
    this.all = words;
    this.session = session;
    this.connect = connect;
    this.linkTo = linkTo;
    pages.set(chat.tab, chat);
    this.search = this.#searchBox();
    this.rows = el("ul", { class: "list-rows", "aria-label": this.words.title });
    this.keys = new RowKeys(this.rows, {
      itemOf: (id) => this.items.get(id),
      above: () => this.search.focus(),
      rename: (item) => this.rename(item),
      remove: (item) => this.remove(item),
    });
    this.end = el("li", { class: "list-end", "aria-hidden": "true" });
    this.note = el("p", { class: "list-note", role: "status" });
    this.root = el(
      "nav",
      { class: "conversations", "aria-label": this.words.title },
      this.#head(),
      this.rows,
      this.note,
    );
    document.querySelector(place)?.replaceChildren(this.root);
    this.atEnd = new IntersectionObserver(
      (seen) => seen.some(({ isIntersecting }) => isIntersecting) && this.#further(),
      { root: this.rows, rootMargin: "400px" },
    );
    this.atEnd.observe(this.end);
    takeDrops(this.root, async (files) => (await this.transfer()).import(files));
    lists.add(this);
    chat.onchange = drawAll;
    store.onChange((change) => (void chat.follow(change), this.draw()));
    void this.draw();
  }

  #searchBox() {
    const { words, store } = this;
    return el("input", {
      type: "search",
      class: "list-search",
      placeholder: words.search,
      "aria-label": words.search,
      onfocus: () => void store.warm(),
      oninput: () => this.#findSoon(),
      onkeydown: (/** @type {KeyboardEvent} */ event) => this.#searchKey(event),
    });
  }

  /** What stands above the rows: a new conversation, search, and the menu. */
  #head() {
    const { words } = this;
    const menu = iconButton("more", words.menu, () => openMenu(menu, mainMenu(this)));
    menu.classList.add("list-menu");
    menu.setAttribute("aria-haspopup", "menu");
    if (this.chat.tab !== "chat") return el("div", { class: "list-head list-new" }, this.search, menu);
    const onclick = () => this.#fresh();
    const fresh = el("button", { type: "button", id: "new-chat", class: "new-chat", onclick }, icon("plus"), words.new);
    return el("div", { class: "list-head" }, el("div", { class: "list-new" }, fresh, menu), this.search);
  }

  /** Export, import and clearing, loaded when first asked for. */
  transfer() {
    const { store, all: words, session } = this;
    this.loading ??= import("./transfer.js").then(
      ({ Transfer }) => new Transfer({ store, words, pages, session, say: (text, action) => this.say(text, action) }),
    );
    return this.loading;
  }

  // --- drawing -----------------------------------------------------------------------------------------------------

  /** Draws the list anew; what is asked for meanwhile is drawn once more, not each. */
  draw() {
    this.again = true;
    this.drawing ??= this.#drawAll().finally(() => (this.drawing = null));
    return this.drawing;
  }

  async #drawAll() {
    for (let first = true; this.again; first = false) {
      // Another tab that streams says so each second, an import for each conversation.
      if (!first) await new Promise((done) => setTimeout(done, 60));
      this.again = false;
      const some = this.items.size || this.query ? null : await this.store.firstRows(SCREENFUL);
      if (some?.length) this.#show(some);
      this.found = await this.store.list({ query: this.query });
      this.#show();
    }
  }

  #findSoon() {
    clearTimeout(this.finding);
    this.finding = setTimeout(() => this.#find(), 40);
  }

  #find() {
    clearTimeout(this.finding);
    if (this.query === this.search.value) return this.draw();
    this.query = this.search.value;
    this.limit = SCREENFUL;
    this.rows.scrollTop = 0;
    return this.draw();
  }

  #further() {
    if (this.limit >= this.found.length) return;
    this.limit += SCREENFUL;
    this.#show();
    // Looked at anew: a reader who is at the new end already would never be seen to come to it.
    this.atEnd.unobserve(this.end);
    this.atEnd.observe(this.end);
  }

  #show(found = this.found) {
    const { words, query } = this;
    const shown = found.slice(0, this.limit);
    /** @type {Array<Element>} */
    const wanted = [];
    let group = /** @type {string | null} */ (null);
    for (const row of shown) {
      const own = query ? null : groupOf(row);
      if (own !== group) wanted.push(this.#heading((group = own) ?? ""));
      wanted.push(this.#row(row));
    }
    if (!shown.length) wanted.push(el("li", { class: "list-none" }, query ? words.nothing_found : words.none));
    wanted.push(this.end);
    arrange(this.rows, wanted);
    const kept = new Set(shown.map(({ id }) => id));
    for (const id of this.items.keys()) if (!kept.has(id)) this.items.delete(id);
    this.keys.rove(
      find(".list-row:focus-within, .list-row.roving", this.rows) ??
        find(".list-row.current", this.rows) ??
        find(".list-row", this.rows),
    );
  }

  /** @param {string} group */
  #heading(group) {
    const known = this.headings.get(group) ?? el("li", { class: "list-group" }, this.words.groups[group]);
    this.headings.set(group, known);
    return known;
  }

  /**
   * The element of a row, the same one for as long as it looks the same.
   * @param {Page.Row} row
   */
  #row(row) {
    const current = [...pages.values()].some(({ conversation }) => conversation.id === row.id);
    const look = lookOf(row, current);
    const known = this.items.get(row.id);
    if (known && (known.look === look || known.root.querySelector(".list-rename")))
      return Object.assign(known, { row }).root;
    /** @type {Item} */
    const item = {
      row,
      look,
      root: rowOf(row, current, this.words, {
        open: () => this.#open(item.row),
        menu: (button) => openMenu(button, rowMenu(this, item), row.title || this.words.untitled),
        rename: () => this.rename(item),
        href: this.linkTo(row.id),
      }),
    };
    if (known && known.root === this.keys.roving) this.keys.rove(item.root);
    this.items.set(row.id, item);
    return item.root;
  }

  // --- keys --------------------------------------------------------------------------------------------------------

  /** @param {KeyboardEvent} event */
  async #searchKey(event) {
    if (!["ArrowDown", "Enter"].includes(event.key) || event.isComposing) return;
    event.preventDefault();
    if (this.query !== this.search.value) await this.#find();
    const first = find(".list-open", this.rows);
    if (event.key === "ArrowDown") first?.focus();
    else if (this.query) first?.click();
  }

  // --- what the person does ----------------------------------------------------------------------------------------

  #fresh() {
    this.chat.fresh();
    fold();
  }

  /** @param {Page.Row} row */
  async #open(row) {
    if (row.tab !== this.chat.tab) find(`#tab-${CSS.escape(row.tab)}-button`)?.click();
    fold();
    const page = (await made(row.tab)) ?? this.chat;
    if (page.conversation.id === row.id) return;
    const conversation = await this.store.get(row.id);
    if (conversation) page.open(conversation);
    else void this.draw();
  }

  /** @param {Item} item */
  rename(item) {
    renameIn(item, this.words, async (title) => {
      item.look = "";
      if (title) await this.change(item.row.id, (c) => Object.assign(c, { title, titleByHand: true }));
      else await this.draw();
    });
  }

  /**
   * @param {string} id
   * @param {(conversation: Page.Conversation) => unknown} change
   */
  async change(id, change) {
    const open = [...pages.values()].find(({ conversation }) => conversation.id === id);
    const conversation = (open ?? this.chat.replies.of(id))?.conversation ?? (await this.store.get(id));
    if (!conversation) return;
    change(conversation);
    await this.store.save(conversation);
    await drawAll();
  }

  /** @param {Item} item */
  async remove({ row, root }) {
    const page = [...pages.values()].find(({ conversation }) => conversation.id === row.id);
    const conversation = page?.conversation ?? (await this.store.get(row.id));
    this.chat.replies.stop(row.id);
    const beside = [root.nextElementSibling, root.previousElementSibling].find((each) => each?.matches(".list-row"));
    await this.store.remove(row.id);
    page?.leave();
    if (conversation) this.deleted.push(conversation);
    await drawAll();
    ((beside && find(".list-open", beside)) ?? this.search).focus({ preventScroll: true });
    const { words, deleted } = this;
    this.say(deleted.length === 1 ? words.deleted_one : words.deleted.replace("{n}", String(deleted.length)), {
      label: words.undo,
      run: () => this.#restore(),
    });
  }

  async #restore() {
    const back = this.deleted;
    this.deleted = [];
    for (const conversation of back) await this.store.restore(conversation);
    await drawAll();
    const row = find(`[data-id="${CSS.escape(back.at(-1)?.id ?? "")}"] .list-open`, this.rows);
    (row ?? this.search).focus({ preventScroll: true }); // the button for it goes away
    this.say("");
  }

  /**
   * One line below the list for a while, with a button if there is something to do about it.
   * @param {string} text
   * @param {Action | null} [action]
   */
  say(text, action = null) {
    clearTimeout(this.fading);
    if (text) this.fading = setTimeout(() => this.say(""), SAID_FOR);
    if (!action) this.deleted = [];
    const button =
      action && el("button", { type: "button", class: "small-button chip-action", onclick: action.run }, action.label);
    this.note.replaceChildren(...(text ? [el("span", {}, text)] : []), ...(button ? [button] : []));
  }
}

/**
 * The chat of a tab, once it is there; null where there is no such tab.
 * @param {string} tab
 */
async function made(tab) {
  for (
    const until = Date.now() + MADE_WITHIN;
    !pages.has(tab) && document.querySelector(`#tab-${CSS.escape(tab)}-button`) && Date.now() < until;
  )
    await new Promise((done) => setTimeout(done, 50));
  return pages.get(tab) ?? null;
}

/** On a phone the list lies over the page: away with it. */
function fold() {
  const tabs = find("#tabs");
  if (tabs && matchMedia("(max-width: 860px)").matches) tabs.dataset.side = "closed";
}
