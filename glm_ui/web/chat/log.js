// @ts-nocheck
// The conversation on the page: one element per shown node, the scroll position, the empty state.
// It draws what the controller tells it; it sends nothing and stores nothing.

import { copyText, el, iconButton, keepingFocus } from "../parts/dom.js";
import { composing, sends } from "./keys.js";
import { TurnView } from "./turn_view.js";

const NEAR = 48;
// A longer question shows its beginning, and all of it when asked.
const LONG = 4000;
const MANY_LINES = 60;
const SHOWN = 1500;
const SHOWN_LINES = 20;

export class Log {
  /** `act(name, node, extra)` receives what the person asks for on a turn. */
  constructor(root, { words, examples, act }) {
    Object.assign(this, { root, words, examples, act });
    this.views = new Map();
    this.column = el("div", { class: "log-column" });
    this.jump = iconButton("down", words.to_end, () => this.toEnd(true));
    this.jump.classList.add("jump");
    this.foot = el("p", { class: "log-note" });
    this.root.replaceChildren(this.column, this.foot, this.jump);
    this.following = true;
    this.lastTop = 0;
    this.root.addEventListener("scroll", () => this.#scrolled(), { passive: true });
    this.root.addEventListener("wheel", (e) => e.deltaY < 0 && this.#leave(), { passive: true });
    new ResizeObserver(() => this.follow()).observe(this.column);
    this.#scrolled();
  }

  /** Draws the nodes of `path` (user and assistant in turn), keeping the views that are there already. */
  show(path, siblingsOf) {
    keepingFocus(this.root, () => this.#show(path, siblingsOf));
  }

  #show(path, siblingsOf) {
    const keep = new Set(path.map((node) => node.id));
    for (const [id, view] of this.views) if (!keep.has(id)) this.#drop(id, view);
    if (!path.length) return this.#showEmpty();
    this.column.querySelector(".empty")?.remove();
    path.forEach((node, i) => {
      const view = this.views.get(node.id) ?? this.#make(node, false);
      if (this.column.children[i] !== view.root) this.column.insertBefore(view.root, this.column.children[i] ?? null);
      this.#actions(view, node, siblingsOf(node), i === path.length - 1, path[i + 1]);
    });
    this.follow();
  }

  /** A view for a node whose reply is on its way. */
  live(node) {
    const old = this.views.get(node.id);
    const view = this.#make(node, true);
    keepingFocus(this.root, () => (old ? old.root.replaceWith(view.root) : this.column.append(view.root)));
    this.toEnd(false);
    return view;
  }

  /** The node has changed behind the view's back: it is drawn anew when it is next shown. */
  forget(id) {
    const view = this.views.get(id);
    if (view) this.#drop(id, view);
  }

  view(id) {
    return this.views.get(id);
  }

  #make(node, live) {
    const view = this.#viewOf(node, live);
    this.views.set(node.id, view);
    return view;
  }

  /** A node that cannot be drawn shows its text, so that the rest of its conversation stands. */
  #viewOf(node, live) {
    try {
      return node.role === "user"
        ? this.#userView(node)
        : new TurnView(node, { act: this.act, words: this.words, live });
    } catch (reason) {
      console.error("A turn cannot be drawn:", reason);
      return this.#userView({ text: node.text, role: node.role, id: node.id });
    }
  }

  #drop(id, view) {
    view.root.remove();
    this.views.delete(id);
  }

  #userView(node) {
    const pictures = (node.files ?? []).map(
      ({ thumbnail, name }) => thumbnail && el("img", { class: "bubble-picture", src: thumbnail, alt: name ?? "" }),
    );
    const bubble = el(
      "div",
      { class: "bubble", dir: "auto" },
      ...pictures,
      ...spoken(node.text || (node.files ?? []).map(({ name }) => name).join(", "), this.words),
    );
    const actions = el("div", { class: "turn-actions" });
    const root = el(
      "article",
      { class: "turn user", "data-testid": "user", "aria-label": this.words.you },
      bubble,
      actions,
    );
    return { root, actions, node, bubble };
  }

  #actions(view, node, siblings, last, answer) {
    const { words, act } = this;
    view.answerNode = answer;
    // Most turns keep their buttons: making them anew for eighty takes longer than a frame.
    const { count, ids } = siblings;
    const drawn = `${last} ${node.turn ?? ""} ${count > 1 ? ids : ""}`;
    if (view.drawn === drawn) return;
    view.drawn = drawn;
    view.actions.replaceChildren(...actionsOf(node, { siblings, last, words, act, edit: () => this.edit(node) }));
  }

  /** Turns the person's bubble into a box; Enter sends the new words as a new branch, Esc leaves it as it was. */
  edit(node) {
    editInPlace(this.views.get(node.id).bubble, node, this.words, (text) => this.act("edit", node, text));
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
        el("p", { class: "empty-note" }),
      ),
    );
    this.note(this.noteText ?? "");
  }

  /** One line below the conversation for what the person must know now; "" takes it away. */
  say(text) {
    this.foot.textContent = text;
  }

  /** The one quiet line below the examples (which provider answers, what is missing). */
  note(html) {
    this.noteText = html;
    const place = this.column.querySelector(".empty-note");
    if (place) place.replaceChildren(...(html ? [html.cloneNode ? html.cloneNode(true) : html] : []));
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

  follow() {
    if (this.following) this.toEnd(false);
  }

  toEnd(smooth) {
    this.following = true;
    this.root.scrollTo({
      top: this.root.scrollHeight,
      behavior: smooth && !matchMedia("(prefers-reduced-motion: reduce)").matches ? "smooth" : "instant",
    });
  }
}

/** The person's words; of very many the first, with a button for the rest. */
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
  });
  let shown = false;
  const show = (all) => {
    shown = all;
    said.textContent = all ? text : `${start}…`;
    button.textContent = all ? words.show_less : words.show_all.replace("{n}", text.length.toLocaleString("en-US"));
    button.setAttribute("aria-expanded", String(all));
  };
  show(false);
  return [said, button];
}

/** The quiet buttons of a turn: its versions, copy, and edit or retry. The key of each names its place in the conversation,
 * which all versions of a turn share. */
export function actionsOf(node, { siblings: { index, count: many, ids }, last, words, act, edit }) {
  const button = (name, label, onclick) => {
    const made = iconButton(name, label, onclick);
    made.dataset.key = `${node.parent ?? ""} ${name}`;
    return made;
  };
  const items = [];
  if (many > 1) {
    items.push(
      el(
        "span",
        { class: "branches" },
        button("left", words.previous, () => act("select", node, ids[index - 1])),
        `${index + 1}/${many}`,
        button("right", words.next, () => act("select", node, ids[index + 1])),
      ),
    );
    items[0].firstChild.disabled = index === 0;
    items[0].lastChild.disabled = index === many - 1;
  }
  items.push(button("copy", words.copy, (e) => copyText(node.text, e.currentTarget)));
  if (node.role === "user") {
    items.push(button("edit", words.edit, edit));
  } else {
    items.push(button("retry", words.retry, () => act("retry", node)));
    if (node.turn) items.push(button("code", words.exact.open, () => act("request", node)));
    if (last) items.push(button("undo", words.undo, () => act("undo", node)));
  }
  return items;
}

/** A box in place of `bubble` until the words are sent or left as they were; then the focus is where it came from. */
export function editInPlace(bubble, node, words, sendWords) {
  const box = el("textarea", { class: "edit-box", "aria-label": words.edit, rows: 1 });
  box.value = node.text;
  const from = document.activeElement;
  const done = () => {
    const focused = editor.contains(document.activeElement);
    editor.replaceWith(bubble);
    if (focused) from.focus({ preventScroll: true });
  };
  const send = () => {
    const text = box.value.trim();
    done();
    if (text) sendWords(text);
  };
  const buttons = el(
    "div",
    { class: "edit-buttons" },
    el("button", { type: "button", class: "quiet", onclick: done }, words.cancel),
    el("button", { type: "button", class: "main", onclick: send }, words.send),
  );
  const editor = el("div", { class: "editor" }, box, buttons);
  box.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && !composing(event)) done();
    if (sends(event)) {
      event.preventDefault();
      send();
    }
    event.stopPropagation();
  });
  bubble.replaceWith(editor);
  box.style.height = `${Math.min(box.scrollHeight + 2, 320)}px`;
  box.focus();
}
