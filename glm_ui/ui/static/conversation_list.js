// The side bar's list of conversations: new, search, open, rename, pin, delete with undo. Reads the store's light rows.

import { el, iconButton } from "./dom.js";

export class ConversationList {
  constructor({ chat, store, words, place = "#conversations" }) {
    Object.assign(this, { chat, store, words });
    this.query = "";
    this.search = el("input", { type: "search", class: "list-search", placeholder: words.chats_search, "aria-label": words.chats_search, oninput: (e) => this.#find(e.target.value) });
    this.rows = el("ul", { class: "list-rows", "aria-label": words.chats });
    this.note = el("p", { class: "list-note", role: "status" });
    const head = el("div", { class: "list-head" }, el("button", { type: "button", id: chat.tab === "chat" ? "new-chat" : null, class: "new-chat", onclick: () => chat.fresh() }, words.untitled), this.search);
    this.root = el("nav", { class: "conversations", "aria-label": words.chats }, head, this.rows, this.note);
    document.querySelector(place).replaceChildren(this.root);
    chat.onchange = () => this.draw();
    store.onChange?.(() => this.draw());
    store.onProblem?.((problem) => this.#say(problem));
    if (store.problem) this.#say(store.problem);
    this.draw();
  }

  #find(query) {
    this.query = query;
    clearTimeout(this.finding);
    this.finding = setTimeout(() => this.draw(), 80);
  }

  async draw() {
    const turn = (this.turn = (this.turn ?? 0) + 1);
    const all = await this.store.list({ query: this.query });
    const rows = all.filter(({ tab }) => (tab ?? "chat") === this.chat.tab);
    if (turn !== this.turn) return;
    this.rows.replaceChildren(...rows.map((row) => this.#row(row)));
    if (!rows.length) this.rows.append(el("li", { class: "list-none" }, this.query ? this.words.chats_nothing_found : this.words.chats_none));
  }

  #row(row) {
    const { words } = this;
    const open = el("button", { type: "button", class: "list-open", title: row.title, ondblclick: () => this.#rename(row, open) }, row.title || words.untitled);
    open.addEventListener("click", () => this.#open(row.id));
    const current = row.id === this.chat.conversation.id;
    return el(
      "li",
      { class: `list-row${current ? " current" : ""}${row.pinned ? " pinned" : ""}`, "aria-current": current && "true" },
      open,
      el("span", { class: "list-tools" }, iconButton("edit", words.rename, () => this.#rename(row, open)), iconButton("pin", row.pinned ? words.unpin : words.pin, () => this.#change(row.id, (c) => (c.pinned = !c.pinned))), iconButton("trash", words.delete, () => this.#remove(row))),
    );
  }

  async #open(id) {
    if (id === this.chat.conversation.id) return;
    const conversation = await this.store.get(id);
    if (conversation) this.chat.open(conversation);
    if (matchMedia("(max-width: 860px)").matches) document.querySelector("#tabs").dataset.side = "closed";
  }

  #rename(row, button) {
    const box = el("input", { class: "list-rename", value: row.title, "aria-label": this.words.rename });
    let left = false;
    const done = async (keep) => {
      if (left) return;
      left = true;
      const title = box.value.trim();
      if (keep && title && title !== row.title) await this.#change(row.id, (c) => Object.assign(c, { title, titleByHand: true }));
      else this.draw();
    };
    box.addEventListener("keydown", (event) => {
      if (event.key === "Enter") done(true);
      if (event.key === "Escape") done(false);
      event.stopPropagation();
    });
    box.addEventListener("blur", () => done(true));
    button.replaceWith(box);
    box.select();
  }

  async #change(id, change) {
    const own = id === this.chat.conversation.id;
    const conversation = own ? this.chat.conversation : await this.store.get(id);
    if (!conversation) return;
    change(conversation);
    await this.store.save(conversation);
    this.draw();
  }

  async #remove(row) {
    const conversation = await this.store.get(row.id);
    await this.store.remove(row.id);
    if (row.id === this.chat.conversation.id) this.chat.fresh();
    this.draw();
    const undo = el("button", { type: "button", class: "chip-action", onclick: () => this.#restore(conversation) }, this.words.put_back);
    this.note.replaceChildren(`${this.words.deleted} `, undo);
    clearTimeout(this.noting);
    this.noting = setTimeout(() => this.note.replaceChildren(), 10000);
  }

  async #restore(conversation) {
    await this.store.restore(conversation);
    this.note.replaceChildren();
    this.draw();
  }

  #say(problem) {
    this.note.textContent = problem;
  }
}
