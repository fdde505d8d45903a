// @ts-nocheck
// The side bar's list of conversations of all tabs: new, search, open, and for each a menu with rename, pin, export,
// delete. Reads the store's light rows; rows come to the page a screenful at a time.

import { el, icon, iconButton } from "../parts/dom.js";
import { openMenu } from "../parts/menu.js";

const SCREENFUL = 60;
const SAID_FOR = 10_000;
const DAY = 86_400_000;
const narrow = matchMedia("(max-width: 860px)");

/** tab -> its controller: where a conversation of that tab is opened. A tab's is made when it is first shown. */
const pages = new Map();
const MADE_WITHIN = 5000;

/** One a tab, of the same rows: what one changes, all draw. */
const lists = new Set();
const drawAll = () => Promise.all([...lists].map((list) => list.draw()));

export class ConversationList {
  constructor({ chat, store, words, session = () => "", place = "#conversations", connect = null }) {
    Object.assign(this, { chat, store, words: words.list, all: words, session, connect });
    pages.set(chat.tab, chat);
    this.query = "";
    this.limit = SCREENFUL;
    this.items = new Map();
    this.deleted = [];
    this.#build(document.querySelector(place));
    lists.add(this);
    chat.onchange = drawAll;
    store.onChange?.((change) => (chat.follow?.(change), this.draw()));
    this.draw();
  }

  #build(place) {
    const { words, store } = this;
    this.search = el("input", {
      type: "search",
      class: "list-search",
      placeholder: words.search,
      "aria-label": words.search,
      onfocus: () => void store.warm(),
      oninput: () => this.#findSoon(),
      onkeydown: (event) => this.#searchKey(event),
    });
    const fresh = el(
      "button",
      {
        type: "button",
        id: this.chat.tab === "chat" ? "new-chat" : null,
        class: "new-chat",
        onclick: () => this.#fresh(),
      },
      icon("plus"),
      words.new,
    );
    const menu = iconButton("more", words.menu, () => openMenu(menu, this.#mainMenu()));
    menu.classList.add("list-menu");
    menu.setAttribute("aria-haspopup", "menu");
    this.rows = el("ul", {
      class: "list-rows",
      "aria-label": words.title,
      onkeydown: (event) => this.#key(event),
      onfocusin: (event) => this.#rove(event.target.closest(".list-row")),
    });
    this.end = el("li", { class: "list-end", "aria-hidden": "true" });
    this.note = el("p", { class: "list-note", role: "status" });
    this.root = el(
      "nav",
      { class: "conversations", "aria-label": words.title },
      this.chat.tab === "chat"
        ? el("div", { class: "list-head" }, el("div", { class: "list-new" }, fresh, menu), this.search)
        : el("div", { class: "list-head list-new" }, this.search, menu),
      this.rows,
      this.note,
    );
    place.replaceChildren(this.root);
    this.atEnd = new IntersectionObserver(
      (seen) => seen.some(({ isIntersecting }) => isIntersecting) && this.#further(),
      { root: this.rows, rootMargin: "400px" },
    );
    this.atEnd.observe(this.end);
    this.#takeDrops();
  }

  /** Export, import and clearing, loaded when first asked for. */
  transfer() {
    const { store, all: words, session } = this;
    this.loading ??= import("./transfer.js").then(
      ({ Transfer }) => new Transfer({ store, words, pages, session, say: (...said) => this.say(...said) }),
    );
    return this.loading;
  }

  /** Files that are dropped on the list are imported. */
  #takeDrops() {
    const holdsFiles = ({ dataTransfer }) => [...(dataTransfer?.types ?? [])].includes("Files");
    this.root.addEventListener("dragover", (event) => holdsFiles(event) && event.preventDefault());
    this.root.addEventListener("drop", async (event) => {
      if (!holdsFiles(event)) return;
      event.preventDefault();
      event.stopPropagation();
      const files = [...event.dataTransfer.files];
      (await this.transfer()).import(files);
    });
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
    if (!this.found || this.limit >= this.found.length) return;
    this.limit += SCREENFUL;
    this.#show();
    // Looked at anew: a reader who is at the new end already would never be seen to come to it.
    this.atEnd.unobserve(this.end);
    this.atEnd.observe(this.end);
  }

  #show() {
    const { words, query } = this;
    const shown = this.found.slice(0, this.limit);
    const wanted = [];
    let group = null;
    for (const row of shown) {
      const own = query ? null : groupOf(row);
      if (own !== group) wanted.push(this.#heading((group = own)));
      wanted.push(this.#row(row));
    }
    if (!shown.length) wanted.push(el("li", { class: "list-none" }, query ? words.nothing_found : words.none));
    wanted.push(this.end);
    arrange(this.rows, wanted);
    const kept = new Set(shown.map(({ id }) => id));
    for (const id of this.items.keys()) if (!kept.has(id)) this.items.delete(id);
    this.#rove(
      this.rows.querySelector(".list-row:focus-within, .list-row.roving") ??
        this.rows.querySelector(".list-row.current") ??
        this.rows.querySelector(".list-row"),
    );
  }

  #heading(group) {
    return (this[`heading ${group}`] ??= el("li", { class: "list-group" }, this.words.groups[group]));
  }

  /** The element of a row, the same one for as long as it looks the same. */
  #row(row) {
    const current = [...pages.values()].some(({ conversation }) => conversation.id === row.id);
    const look = JSON.stringify([row.title, row.pinned, row.running, row.tab, row.snippet, row.model, current]);
    const known = this.items.get(row.id);
    if (known?.look === look || known?.root.querySelector(".list-rename")) return Object.assign(known, { row }).root;
    const item = { row, look, root: null };
    item.root = this.#made(item, current);
    if (known && known.root === this.roving) this.#rove(item.root);
    this.items.set(row.id, item);
    return item.root;
  }

  #made(item, current) {
    const { words } = this;
    const { row } = item;
    const title = row.title || words.untitled;
    const tab = row.tab === "chat" || !words.tabs[row.tab] ? null : mark("picture", words.tabs[row.tab]);
    const signs = [
      tab,
      row.pinned ? mark("pin", words.groups.pinned) : null,
      row.running
        ? el("span", { class: "list-running", role: "img", "aria-label": words.running, title: words.running })
        : null,
    ];
    const snippet =
      row.snippet &&
      el(
        "span",
        { class: "list-snippet" },
        ...row.snippet.map(([text, found]) => (found ? el("mark", {}, text) : text)),
      );
    const open = el(
      "button",
      {
        type: "button",
        class: "list-open",
        title: [title, row.model].filter(Boolean).join("\n"),
        "aria-current": current && "true",
        tabindex: "-1",
        onclick: () => this.#open(item.row),
      },
      el("span", { class: "list-line" }, el("span", { class: "list-title" }, title), ...signs),
      snippet,
    );
    const more = iconButton("more", words.more, () => openMenu(more, this.#menu(item), title));
    more.classList.add("list-more");
    more.tabIndex = -1;
    more.setAttribute("aria-haspopup", "menu");
    const root = el(
      "li",
      {
        class: `list-row${current ? " current" : ""}`,
        "data-id": row.id,
        oncontextmenu: (event) => (event.preventDefault(), openMenu(more, this.#menu(item), title)),
      },
      open,
      more,
    );
    open.addEventListener("dblclick", () => this.#rename(item));
    return root;
  }

  #mainMenu() {
    const { words } = this;
    const then = (run) => async () => run(await this.transfer());
    return [
      { heading: words.export_all },
      ...this.#kinds((kind) => then((transfer) => transfer.exportAll(kind))),
      { heading: "" },
      { label: words.import, icon: "up", run: then((transfer) => transfer.choose()) },
      { label: words.clear, icon: "trash", bad: true, run: then((transfer) => transfer.clear()) },
      ...(this.connect ? [{ heading: "" }, { label: words.connect, icon: "link", run: this.connect }] : []),
    ];
  }

  #kinds(run) {
    return Object.entries(this.words.kinds).map(([kind, label]) => ({ label, icon: "down", run: run(kind) }));
  }

  #menu(item) {
    const { words } = this;
    const { row } = item;
    return [
      { label: words.rename, icon: "edit", run: () => this.#rename(item) },
      {
        label: row.pinned ? words.unpin : words.pin,
        icon: "pin",
        run: () => this.#change(row.id, (c) => (c.pinned = !c.pinned)),
      },
      { heading: words.export },
      ...this.#kinds((kind) => async () => (await this.transfer()).exportOne(row.id, kind)),
      { heading: "" },
      { label: words.delete, icon: "trash", bad: true, run: () => this.#remove(item) },
    ];
  }

  // --- keys --------------------------------------------------------------------------------------------------------

  /** One row takes part in the order of Tab; the arrows move it. */
  #rove(root) {
    if (!root || (root === this.roving && root.querySelector("[tabindex='0']"))) return;
    for (const each of [this.roving, root].filter(Boolean)) {
      each.classList.toggle("roving", each === root);
      for (const button of each.querySelectorAll("button")) button.tabIndex = each === root ? 0 : -1;
    }
    this.roving = root;
  }

  #key(event) {
    const root = event.target.closest(".list-row");
    const item = root && this.items.get(root.dataset.id);
    if (!item || event.target.matches("input")) return;
    const rows = [...this.rows.querySelectorAll(".list-row")];
    const at = rows.indexOf(root);
    const next = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: rows.length - 1 }[event.key];
    if (next === -1) this.search.focus();
    else if (next !== undefined) rows[Math.min(next, rows.length - 1)].querySelector(".list-open").focus();
    else if (event.key === "F2") this.#rename(item);
    else if (event.key === "Delete") void this.#remove(item);
    else return;
    event.preventDefault();
  }

  async #searchKey(event) {
    if (!["ArrowDown", "Enter"].includes(event.key) || event.isComposing) return;
    event.preventDefault();
    if (this.query !== this.search.value) await this.#find();
    const first = this.rows.querySelector(".list-open");
    if (event.key === "ArrowDown") first?.focus();
    else if (this.query) first?.click();
  }

  // --- what the person does ----------------------------------------------------------------------------------------

  #fresh() {
    this.chat.fresh();
    fold();
  }

  async #open(row) {
    if (row.tab !== this.chat.tab) document.querySelector(`#tab-${CSS.escape(row.tab)}-button`)?.click();
    fold();
    const page = (await made(row.tab)) ?? this.chat;
    if (page.conversation.id === row.id) return;
    const conversation = await this.store.get(row.id);
    if (conversation) page.open(conversation);
    else this.draw();
  }

  #rename(item) {
    const button = item.root.querySelector(".list-open");
    if (!button) return;
    const box = el("input", {
      class: "list-rename",
      value: item.row.title,
      maxlength: "200",
      "aria-label": this.words.rename,
    });
    let left = false;
    const done = async (keep, focus) => {
      if (left) return;
      left = true;
      const title = box.value.trim();
      box.replaceWith(button);
      item.look = "";
      if (keep && title && title !== item.row.title)
        await this.#change(item.row.id, (c) => Object.assign(c, { title, titleByHand: true }));
      else await this.draw();
      if (focus) this.items.get(item.row.id)?.root.querySelector(".list-open").focus();
    };
    box.addEventListener("keydown", (event) => {
      if (event.key === "Enter" && !event.isComposing) void done(true, true);
      if (event.key === "Escape" && !event.isComposing) void done(false, true);
      event.stopPropagation();
    });
    box.addEventListener("blur", () => done(true, false));
    button.replaceWith(box);
    box.focus();
    box.select();
  }

  async #change(id, change) {
    const open = [...pages.values()].find(({ conversation }) => conversation.id === id);
    const conversation = open ? open.conversation : await this.store.get(id);
    if (!conversation) return;
    change(conversation);
    await this.store.save(conversation);
    await drawAll();
  }

  async #remove({ row, root }) {
    const page = [...pages.values()].find(({ conversation }) => conversation.id === row.id);
    const conversation = page?.conversation ?? (await this.store.get(row.id));
    const beside = [root.nextElementSibling, root.previousElementSibling].find((each) => each?.matches(".list-row"));
    await this.store.remove(row.id);
    page?.leave();
    if (conversation) this.deleted.push(conversation);
    await drawAll();
    (beside?.querySelector(".list-open") ?? this.search).focus({ preventScroll: true });
    const { words, deleted } = this;
    this.say(deleted.length === 1 ? words.deleted_one : words.deleted.replace("{n}", deleted.length), {
      label: words.undo,
      run: () => this.#restore(),
    });
  }

  async #restore() {
    const back = this.deleted;
    this.deleted = [];
    for (const conversation of back) await this.store.restore(conversation);
    this.say("");
    await drawAll();
  }

  /** One line below the list for a while, with a button if there is something to do about it. */
  say(text, action = null) {
    clearTimeout(this.fading);
    if (text) this.fading = setTimeout(() => this.say(""), SAID_FOR);
    if (!action) this.deleted = [];
    const button = action && el("button", { type: "button", class: "chip-action", onclick: action.run }, action.label);
    this.note.replaceChildren(...[text && el("span", {}, text), button].filter(Boolean));
  }
}

/** The controller of a tab, once it is there; null where there is no such tab. */
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
  if (narrow.matches) document.querySelector("#tabs").dataset.side = "closed";
}

const mark = (name, label) => {
  const drawn = icon(name);
  drawn.removeAttribute("aria-hidden");
  drawn.setAttribute("role", "img");
  drawn.setAttribute("aria-label", label);
  return drawn;
};

function groupOf({ pinned, updatedAt }, now = new Date()) {
  if (pinned) return "pinned";
  const today = new Date(now.getFullYear(), now.getMonth(), now.getDate()).getTime();
  const days = Math.ceil((today - updatedAt) / DAY);
  return days <= 0 ? "today" : days <= 1 ? "yesterday" : days <= 7 ? "week" : days <= 30 ? "month" : "older";
}

/** Makes `wanted` the children, moving as few as possible, so that focus and scroll position stay. */
function arrange(parent, wanted) {
  const keep = new Set(wanted);
  for (const child of [...parent.children]) if (!keep.has(child)) child.remove();
  wanted.forEach((child, i) => parent.children[i] !== child && parent.insertBefore(child, parent.children[i] ?? null));
}
