// The dialog about saved prompts: the list of all, and the form of one. What is kept is said by prompts.js.

import { el, iconButton, keepingFocus } from "../parts/dom.js";
import { frame } from "../parts/menu.js";
import { LONGEST_NAME, promptOf } from "./prompt.js";

/** @typedef {Awaited<ReturnType<typeof import("./prompts.js").openPrompts>>} Prompts */

export class PromptsDialog {
  /**
   * Opens with the form of what is `typed`, or with the list. `left()` is told when it is closed.
   * @param {{
   * prompts: Prompts,
   * words: Wire.Words["composer"],
   * typed?: {id?: string, kind: string, name: string, text: string},
   * left: (saved: Page.Prompt | null) => unknown,
   * }} parts
   */
  constructor({ prompts, words, typed, left }) {
    this.prompts = prompts;
    this.words = words;
    /** @type {Page.Prompt | null} */
    this.saved = null;
    this.fromList = !typed;
    this.root = el("dialog", { class: "glm question prompts" });
    this.root.addEventListener("keydown", (event) => event.key === "Escape" && event.stopPropagation());
    this.root.addEventListener("cancel", (event) => {
      if (this.fromList && this.root.querySelector("form")) (event.preventDefault(), this.#list());
    });
    this.root.addEventListener("close", () => {
      this.root.remove();
      left(this.saved);
    });
    frame().append(this.root);
    if (typed) this.#form(typed);
    else this.#list();
    this.root.showModal();
  }

  /**
   * @param {string} title
   * @param {...(Node | null)} body
   */
  #show(title, ...body) {
    this.root.setAttribute("aria-label", title);
    this.root.replaceChildren(el("h2", {}, title), ...body.filter((each) => each !== null));
  }

  // --- all of them ---------------------------------------------------------------------------------------------

  /** @param {Page.Prompt | null} [deleted] what was just deleted, and may be put back */
  #list(deleted = null) {
    const { words, prompts } = this;
    const all = prompts.all();
    const rows = all.map((prompt) => this.#row(prompt));
    const undo = async () => {
      if (deleted) await prompts.put(deleted);
      this.#list();
    };
    const note = el("p", { role: "status" }, deleted ? words.deleted : this.#lasting());
    if (deleted) note.append(" ", this.#button(words.undo, undo, "small-button"));
    keepingFocus(this.root, () =>
      this.#show(
        words.prompts,
        all.length ? el("ul", { class: "prompt-rows" }, ...rows) : el("p", {}, words.none),
        note,
        el(
          "div",
          { class: "dialog-actions" },
          this.#button(words.new_prompt, () => this.#form({ kind: "prompt", name: "", text: "" })),
          this.#button(words.close, () => this.root.close(), "dialog-action main"),
        ),
      ),
    );
  }

  /** @param {Page.Prompt} prompt */
  #row(prompt) {
    const { words, prompts } = this;
    const open = this.#button("", () => this.#form(prompt), "prompt-open");
    open.append(
      el("span", { dir: "auto" }, prompt.name),
      el("small", {}, prompt.kind === "system" ? words.kinds.system : words.kinds.prompt),
    );
    open.dataset.key = prompt.id;
    const remove = iconButton("trash", words.delete.replace("{name}", prompt.name), async () => {
      await prompts.remove(prompt.id);
      this.#list(prompt);
      const undo = this.root.querySelector("[role=status] button");
      if (undo instanceof HTMLElement) undo.focus();
    });
    return el("li", {}, open, remove);
  }

  #lasting() {
    return this.prompts.lasting ? "" : this.words.not_lasting;
  }

  // --- one of them ---------------------------------------------------------------------------------------------

  /** @param {{id?: string, kind: string, name: string, text: string}} typed */
  #form({ id, kind, name, text }) {
    const { words } = this;
    const named = el("input", { type: "text", name: "name", maxlength: LONGEST_NAME, autocomplete: "off" });
    named.value = name;
    const box = el("textarea", { name: "text", rows: 8, "aria-describedby": "prompt-hint" });
    box.value = text;
    const kinds = Object.entries(words.kinds).map(([key, label]) => {
      const radio = el("input", { type: "radio", name: "kind", value: key, checked: key === kind });
      return el("label", { class: "check" }, radio, label);
    });
    const note = el("p", { class: "prompt-problem", role: "alert" }, this.#lasting());
    const leave = () => (this.fromList ? this.#list() : this.root.close());
    const form = el(
      "form",
      { novalidate: true },
      el("label", { class: "prompt-field" }, words.name, named),
      el("fieldset", {}, el("legend", {}, words.kind), ...kinds),
      el("label", { class: "prompt-field" }, words.text, box),
      el("p", { id: "prompt-hint" }, words.hint),
      note,
      el(
        "div",
        { class: "dialog-actions" },
        this.#button(words.cancel, leave),
        el("button", { type: "submit", class: "dialog-action main" }, words.save),
      ),
    );
    form.addEventListener("submit", async (event) => {
      event.preventDefault();
      const chosen = String(new FormData(form).get("kind"));
      const prompt = promptOf({ id, kind: chosen, name: named.value, text: box.value });
      if (!prompt) {
        note.textContent = words.no_text;
        return box.focus();
      }
      await this.prompts.put(prompt);
      this.saved = prompt;
      return leave();
    });
    this.#show(id ? words.edit_title : words.new_title, form);
    (name ? named : text ? named : box).focus();
  }

  /**
   * @param {string} label
   * @param {() => unknown} run
   * @param {string} [look]
   */
  #button(label, run, look = "dialog-action") {
    return el("button", { type: "button", class: look, onclick: run }, label);
  }
}
