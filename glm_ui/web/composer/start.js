// What the message box of a tab offers beside typing: saved prompts at "/", files and answers at "@", and the buttons below
// the box.

import { statesOf } from "../chat/controls.js";
import { path } from "../conversations/conversation.js";
import { el, find, icon, valueOf } from "../parts/dom.js";
import { openMenu } from "../parts/menu.js";
import { pickedOn } from "../page/places.js";
import { openPrompts } from "../prompts/prompts.js";
import { slashSource } from "../prompts/slash.js";
import { AskToo } from "./ask_too.js";
import { boxAt, focusBox, write } from "./box.js";
import { Filling } from "./filling.js";
import { answersIn, filesIn, mentionSource } from "./mention.js";
import { Microphone } from "./microphone.js";
import { ModelPicker } from "./model_picker.js";
import { Note } from "./note.js";
import { Suggestions } from "./suggestions.js";
import { ThinkingChip } from "./thinking.js";

/** @typedef {{kind: string, name: string, text: string}} Typed */

/**
 * Begins to help with the box of a chat; `place` finds Gradio's box.
 * @param {{chat: Page.AnyChat, place: string}} parts
 */
export async function startComposer({ chat, place }) {
  return new ComposerHelp({ chat, place, prompts: await openPrompts() });
}

class ComposerHelp {
  /** @param {{chat: Page.AnyChat, place: string, prompts: import("../prompts/dialog.js").Prompts}} parts */
  constructor({ chat, place, prompts }) {
    this.chat = chat;
    this.prompts = prompts;
    this.words = chat.words.composer;
    this.tab = place.replace("-input", "");
    this.box = `${place} textarea`;
    const { words, box } = this;
    this.note = new Note(place);
    this.filling = new Filling({ box, place, note: this.note, words });
    this.suggestions = new Suggestions({
      box,
      words,
      announce: chat.announce,
      say: (text) => this.note.say(text),
      sources: [this.#slash(), this.#mention()],
    });
    this.#followBox();
    this.#addModels();
    const slash = this.#addButton("slash", words.prompts, () => this.suggestions.begin("/"));
    this.microphone = this.#addMicrophone();
    const second = this.#addSecond();
    this.#fold([
      { button: slash, label: words.prompts, icon: "slash", run: () => this.suggestions.begin("/") },
      { button: second.button, label: words.ask_too, icon: "compare", run: (at) => second.picker.open(at) },
    ]);
  }

  #slash() {
    return slashSource({
      words: this.words,
      prompts: () => this.prompts.all(),
      use: (prompt) => (prompt.kind === "system" ? this.#useSystem(prompt) : this.#usePrompt(prompt)),
      edit: (typed) => this.#openDialog(typed),
      manage: () => this.#openDialog(),
      system: () => this.#system,
    });
  }

  #mention() {
    const { chat } = this;
    const next = () => chat.extras.files?.() ?? [];
    return mentionSource({
      words: this.words,
      answers: () => answersIn(path(chat.conversation), chat.conversation.nodes),
      files: () => filesIn(chat.conversation.nodes, next()),
      insert: (text) => this.#insert(text),
      attach: (file) => {
        if (!next().some(({ id, url }) => (id && id === file.id) || (url && url === file.url)))
          chat.extras.attach?.(file);
      },
    });
  }

  /**
   * Writes at the caret; gives where it began.
   * @param {string} text
   */
  #insert(text) {
    const area = boxAt(this.box);
    const at = area?.selectionStart ?? 0;
    if (area) write(area, at, at, text);
    return at;
  }

  /** What is put into the box by the page: "" when it was sent, or another conversation is shown. */
  #followBox() {
    const { composer } = this.chat;
    const { heard } = composer;
    composer.heard = (text) => {
      heard(text);
      this.filling.check(text);
      if (text) return;
      this.microphone.cancel();
      this.note.clear();
    };
  }

  /** The chip of the model; one that lacks a key leads to the box of the key. */
  #addModels() {
    const { chat, words } = this;
    const { composer, config, announce } = chat;
    const pick = (/** @type {string} */ value, /** @type {boolean} */ lacksKey) => {
      composer.give({ ...composer.given.pending, model: value });
      if (lacksKey) chat.onfocus("key");
      else this.focus();
    };
    const picked = pickedOn(config, this.tab === "#mm" ? "multimodal" : "chat");
    const [id, over] = [`${this.tab.slice(1)}-models`, `${this.tab}-input .input-container`];
    const picker = new ModelPicker({ config, words, id, over, picked, pick, announce });
    composer.picked = (model) => picker.show(model);
    find(`${this.tab}-tools .composer-bar`)?.append(picker.chip);
    void this.#addThinking(picker.value);
  }

  /**
   * The chip of thinking, as `model` has it until another is picked.
   * @param {string} model
   */
  async #addThinking(model) {
    const { chat, words } = this;
    const { composer, config, session } = chat;
    const thinking = new ThinkingChip({ composer, words, chosen: () => this.focus() });
    find(`${this.tab}-tools .composer-bar`)?.append(thinking.button);
    thinking.begin(await statesOf(model, { controls: config.controls, session, words: config.words }));
  }

  /** The button that asks a second model too. */
  #addSecond() {
    const { chat, words, note } = this;
    const [id, over] = [`${this.tab.slice(1)}-second`, `${this.tab}-input .input-container`];
    const second = new AskToo({ chat, words, id, over, note, focus: () => this.focus() });
    find(`${this.tab}-tools .composer-bar`)?.append(second.button);
    return second;
  }

  /**
   * Gives what a narrow bar hides to the menu of files; a tab without that menu has one of its own.
   * @param {Array<{button: HTMLElement, label: string, icon: string, run: (at: HTMLElement) => unknown}>} seldom
   */
  #fold(seldom) {
    const { composer } = this.chat;
    for (const { button } of seldom) button.classList.add("seldom");
    composer.folded = (at) =>
      seldom
        .filter(({ button }) => !button.checkVisibility())
        .map(({ run, ...item }) => ({ ...item, run: () => run(at) }));
    if (this.tab === "#chat") return;
    const more = this.#addButton("more", this.words.more, () => openMenu(more, composer.folded(more)));
    more.classList.add("bar-more");
    more.setAttribute("aria-haspopup", "menu");
  }

  #addMicrophone() {
    const { chat, note, tab, box } = this;
    const microphone = new Microphone({ chat, note, tab, box: () => boxAt(box) });
    find(`${tab}-tools .composer-bar`)?.append(microphone.button);
    return microphone;
  }

  /**
   * @param {string} name of the icon
   * @param {string} label
   * @param {() => unknown} run
   */
  #addButton(name, label, run) {
    const attributes = { type: "button", class: "bar-button", "aria-label": label, title: label };
    const button = el("button", attributes, icon(name));
    button.addEventListener("mousedown", (event) => event.preventDefault()); // the focus stays in the box
    button.addEventListener("click", run);
    find(`${this.tab}-tools .composer-bar`)?.append(button);
    return button;
  }

  focus() {
    focusBox(boxAt(this.box));
  }

  // --- saved prompts -------------------------------------------------------------------------------------------

  /** The conversation's system prompt. */
  get #system() {
    return valueOf(`${this.tab}-system textarea`) ?? String(this.chat.composer.settings.system ?? "");
  }

  set #system(text) {
    const { composer } = this.chat;
    composer.give({ ...composer.given.pending, system: text });
  }

  /** @param {Page.Prompt} prompt */
  #useSystem({ name, text }) {
    const before = this.#system;
    const undo = () => {
      this.#system = before;
      this.note.clear();
      this.focus();
    };
    this.#system = text;
    this.note.say(this.words.system_used.replace("{name}", name), { label: this.words.undo, run: undo });
  }

  /** @param {Page.Prompt} prompt */
  #usePrompt({ text }) {
    const at = this.#insert(text);
    this.filling.start(at, at + text.length);
  }

  /** @param {Typed} [typed] what the form begins with; without it all are listed */
  async #openDialog(typed) {
    const { prompts, words } = this;
    const { PromptsDialog } = await import("../prompts/dialog.js");
    const left = (/** @type {Page.Prompt | null} */ saved) => {
      if (saved && typed) this.note.say(words.saved.replace("{name}", saved.name));
      this.focus();
    };
    return new PromptsDialog({ prompts, words, typed, left });
  }
}
