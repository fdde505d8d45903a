// The conversation on the page: one element per shown node, the scroll position, the empty state.
// It draws what the controller tells it; it sends nothing and stores nothing.

import { el, iconButton, keepingFocus, turnHeading } from "../parts/dom.js";
import { count, listed } from "../parts/locale.js";
import { rewrite, rewriteOn } from "./rewrite.js";
import { actionsOf } from "./turn_buttons.js";
import { sourcesAbove } from "../tools/sources.js";
import { turnFiles } from "./turn_files.js";
import { TurnView } from "./turn_view.js";

const NEAR = 48;
// A longer question shows its beginning, and all of it when asked.
const LONG = 4000;
const MANY_LINES = 60;
const SHOWN = 1500;
const HEADING = 80;
const SHOWN_LINES = 20;

/** @typedef {(node: Page.ChatNode) => Page.Siblings} SiblingsOf */

/**
 * What is drawn of a node.
 * @typedef {TurnView | {root: HTMLElement, actions: HTMLElement, node: Page.ChatNode, bubble: HTMLElement}} View
 */

export class Log {
  /** @type {HTMLElement | string | null} */
  noteText = "";
  /**
   * What is shown.
   * @type {Array<Page.ChatNode>}
   */
  path = [];

  /**
   * `act(name, node, extra)` receives what the person asks for on a turn.
   * @param {HTMLElement} root
   * @param {{words: Wire.Words, examples: Wire.Config["examples"], act: Page.Act}} parts
   */
  constructor(root, { words, examples, act }) {
    this.root = root;
    this.words = words;
    this.examples = examples;
    this.act = act;
    /** @type {Map<string, View>} */
    this.views = new Map();
    /** @type {WeakMap<View, string>} */
    this.buttonsOf = new WeakMap();
    this.column = el("div", { class: "log-column" });
    this.jump = iconButton("down", words.to_end, () => this.toEnd(true));
    this.jump.classList.add("jump");
    this.foot = el("p", { class: "log-note" });
    this.root.replaceChildren(this.column, this.foot, el("div", { class: "jump-place" }, this.jump));
    this.following = true;
    this.lastTop = 0;
    this.root.addEventListener("scroll", () => this.#scrolled(), { passive: true });
    this.root.addEventListener("wheel", (e) => e.deltaY < 0 && this.#leave(), { passive: true });
    new ResizeObserver(() => this.follow()).observe(this.column);
    this.#scrolled();
  }

  /**
   * Draws the nodes of `path` (user and assistant in turn), keeping the views that are there already.
   * @param {Array<Page.ChatNode>} path
   * @param {SiblingsOf} siblingsOf
   */
  show(path, siblingsOf) {
    keepingFocus(this.root, () => this.#show(path, siblingsOf));
  }

  /**
   * @param {Array<Page.ChatNode>} path
   * @param {SiblingsOf} siblingsOf
   */
  #show(path, siblingsOf) {
    this.path = path;
    const keep = new Set(path.map((node) => node.id));
    for (const [id, view] of this.views) if (!keep.has(id)) this.#drop(id, view);
    if (!path.length) return this.#showEmpty();
    this.column.querySelector(".empty")?.remove();
    path.forEach((node, i) => {
      const view = this.views.get(node.id) ?? this.#make(node);
      if (this.column.children[i] !== view.root) this.column.insertBefore(view.root, this.column.children[i] ?? null);
      this.#actions(view, node, siblingsOf(node), i === path.length - 1);
    });
    return this.follow();
  }

  /**
   * A view for a node whose reply is on its way.
   * @param {Page.ChatNode} node
   * @returns {Page.LiveView}
   */
  live(node) {
    const old = this.views.get(node.id);
    const view = this.#turnView(node, true);
    this.views.set(node.id, view);
    keepingFocus(this.root, () => (old ? old.root.replaceWith(view.root) : this.column.append(view.root)));
    this.toEnd(false);
    return view;
  }

  /**
   * The node has changed behind the view's back: it is drawn anew when it is next shown.
   * @param {string} id
   */
  forget(id) {
    const view = this.views.get(id);
    if (view) this.#drop(id, view);
  }

  /**
   * The view of a reply that is shown.
   * @param {string} id
   */
  viewOf(id) {
    const view = this.views.get(id);
    return view instanceof TurnView ? view : undefined;
  }

  /** @param {Page.ChatNode} node */
  #make(node) {
    const view = this.#draw(node);
    this.views.set(node.id, view);
    return view;
  }

  /**
   * A node that cannot be drawn shows its text, so that the rest of its conversation stands.
   * @param {Page.ChatNode} node
   * @returns {View}
   */
  #draw(node) {
    try {
      return node.role === "user" ? this.#userView(node) : this.#turnView(node);
    } catch (reason) {
      console.error("A turn cannot be drawn:", reason);
      return this.#userView({ ...node, files: [] });
    }
  }

  /** @param {Page.ChatNode} node */
  #turnView(node, live = false) {
    const above = () => sourcesAbove(this.path, node);
    return new TurnView(node, { act: this.act, words: this.words, live, above });
  }

  /**
   * @param {string} id
   * @param {View} view
   */
  #drop(id, view) {
    view.root.remove();
    this.views.delete(id);
  }

  /** @param {Page.ChatNode} node */
  #userView(node) {
    const bubble = el(
      "div",
      { class: "bubble", dir: "auto" },
      ...spoken(node.text || listed((node.files ?? []).map(({ name }) => name)), this.words),
    );
    const actions = el("div", { class: "turn-actions" });
    const root = el(
      "article",
      { class: "turn user", "data-testid": "user", "aria-label": this.words.you },
      turnHeading(`${this.words.you}: ${node.text.slice(0, HEADING)}`),
      turnFiles(node, this.words, (file) => this.act("closely", node, [file])),
      bubble,
      actions,
    );
    rewriteOn(bubble, node, this.words, (text) => this.act("edit", node, text));
    return { root, actions, node, bubble };
  }

  /**
   * @param {View} view
   * @param {Page.ChatNode} node
   * @param {Page.Siblings} siblings
   * @param {boolean} last
   */
  #actions(view, node, siblings, last) {
    const { words, act } = this;
    // Most turns keep their buttons: making them anew for eighty takes longer than a frame.
    const { ids } = siblings;
    const drawn = `${last} ${node.turn ?? ""} ${siblings.count > 1 ? ids : ""}`;
    if (this.buttonsOf.get(view) === drawn) return;
    this.buttonsOf.set(view, drawn);
    view.actions.replaceChildren(...actionsOf(node, { siblings, last, words, act, edit: () => this.edit(node) }));
  }

  /**
   * Turns the person's bubble into a box; Enter sends the new words as a new branch, Esc leaves it as it was.
   * @param {Page.ChatNode} node
   */
  edit(node) {
    const view = this.views.get(node.id);
    if (!view || view instanceof TurnView) return;
    rewrite(view.bubble, node, this.words, (text) => this.act("edit", node, text));
  }

  #showEmpty() {
    const { words, examples } = this;
    const cards = examples.map(([title, prompt]) =>
      el(
        "button",
        { type: "button", class: "example", onclick: () => this.act("example", null, prompt) },
        el("strong", {}, title),
        el("span", {}, prompt),
      ),
    );
    this.column.replaceChildren(
      el(
        "section",
        { class: "empty" },
        el("h2", {}, words.welcome),
        el("p", {}, words.welcome_more),
        el("div", { class: "examples" }, ...cards),
        el("div", { class: "empty-note" }),
      ),
    );
    this.note(this.noteText ?? "");
    this.root.scrollTop = 0;
  }

  /**
   * One line below the conversation for what the person must know now; "" takes it away.
   * @param {string} text
   */
  say(text) {
    this.foot.textContent = text;
  }

  /**
   * The one quiet line below the examples (which provider answers, what is missing).
   * @param {HTMLElement | string | null} content
   */
  note(content) {
    this.noteText = content;
    this.column.querySelector(".empty-note")?.replaceChildren(...copied(content));
  }

  // --- scrolling: at the end we follow, above it the reader is left in peace -----------------------------------

  #scrolled() {
    const gap = this.root.scrollHeight - this.root.scrollTop - this.root.clientHeight;
    const { scrollTop } = this.root;
    if (scrollTop > this.lastTop && gap < NEAR) this.following = true;
    else if (scrollTop < this.lastTop - 2 && gap >= NEAR) this.following = false;
    this.lastTop = scrollTop;
    this.jump.classList.toggle("shown", gap > 240);
  }

  #leave() {
    if (this.root.scrollHeight > this.root.clientHeight + NEAR) this.following = false;
  }

  /** An empty conversation is read from its top. */
  follow() {
    if (this.following && this.views.size) this.toEnd(false);
  }

  /** @param {boolean} smooth */
  toEnd(smooth) {
    this.following = true;
    this.root.scrollTo({
      top: this.root.scrollHeight,
      behavior: smooth && !matchMedia("(prefers-reduced-motion: reduce)").matches ? "smooth" : "instant",
    });
  }
}

/**
 * A note for one of several places: an element can stand in one alone.
 * @param {HTMLElement | string | null} content
 */
export const copied = (content) => (content ? [typeof content === "string" ? content : content.cloneNode(true)] : []);

/**
 * The person's words; of very many the first, with a button for the rest.
 * @param {string} text
 * @param {Wire.Words} words
 */
function spoken(text, words) {
  const lines = text.split("\n", MANY_LINES + 1);
  if (text.length <= LONG && lines.length <= MANY_LINES) return [text];
  const start = lines.slice(0, SHOWN_LINES).join("\n").slice(0, SHOWN);
  const said = el("span", {}, `${start}…`);
  const button = el("button", {
    type: "button",
    class: "show-all",
    "aria-expanded": "false",
    onclick: () => show(!shown),
    "onglm-find": (/** @type {CustomEvent<(text: string) => boolean>} */ { detail: isIn }) => isIn(text) && show(true),
  });
  let shown = false;
  /** @param {boolean} all */
  const show = (all) => {
    shown = all;
    said.textContent = all ? text : `${start}…`;
    button.textContent = all ? words.show_less : words.show_all.replace("{n}", count(text.length));
    button.setAttribute("aria-expanded", String(all));
  };
  show(false);
  return [said, button];
}
