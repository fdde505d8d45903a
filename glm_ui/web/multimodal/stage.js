// What comes out: the question, the picture with its boxes, thinking and answer side by side, earlier turns in a short
// list above. Stands where the Chat tab has its Log and is told the same things; sends nothing and stores nothing.

import { el, keepingFocus } from "../parts/dom.js";
import { draw, h } from "../parts/draw.js";
import { listed } from "../parts/locale.js";
import { copied } from "../chat/log.js";
import { rewrite, rewriteOn } from "../chat/rewrite.js";
import { actionsOf, renew } from "../chat/turn_buttons.js";
import { TurnView } from "../chat/turn_view.js";
import { sourcesAbove } from "../tools/sources.js";
import { emptyStage } from "./empty_stage.js";
import { firstWords } from "./first_words.js";
import { GroundingView } from "./grounding_view.js";

/**
 * @typedef {import("./next_question.js").Next} Next
 * @typedef {import("./sent_pictures.js").Owner} Owner
 */

export class Stage {
  /**
   * What is shown; null before the first time.
   * @type {Array<Page.ChatNode> | null}
   */
  path = null;
  /** @type {(node: Page.ChatNode) => Page.Siblings} */
  siblingsOf = () => ({ index: 0, count: 0, ids: [] });
  /** @type {TurnView | null} */
  view = null;
  /** @type {Next | null} */
  next = null;
  /**
   * The earlier question that is looked at.
   * @type {string | null}
   */
  looking = null;
  /** @type {HTMLElement | null} */
  bubble = null;
  /**
   * The question that is drawn, and what it was drawn from.
   * @type {{question: Page.ChatNode, looks: string} | null}
   */
  asked = null;

  /**
   * @param {HTMLElement} root
   * @param {{
   * words: Wire.Words,
   * mm: Wire.MultimodalWords,
   * examples: Array<Wire.Example>,
   * act: Page.Act,
   * fetchPicture: (owner: Owner, seen: Page.Picture) => Promise<Blob>,
   * }} parts
   */
  constructor(root, { words, mm, examples, act, fetchPicture }) {
    this.root = root;
    this.words = words;
    this.mm = mm;
    this.act = act;
    /** @param {string} name */
    const body = (name) => el("div", { class: `mm-panel-body ${name}` });
    this.earlier = el("nav", { class: "mm-earlier", "aria-label": mm.earlier, hidden: true });
    this.question = el("div", { class: "mm-question" });
    this.figure = el("figure", { id: "mm-grounding", hidden: true });
    this.thinking = body("mm-thinking-body");
    this.answer = body("mm-answer-body");
    const none = (/** @type {string} */ text) => el("p", { class: "mm-none" }, text);
    const thinking = el(
      "section",
      { id: "mm-thinking", class: "mm-panel", "aria-label": mm.thinking, tabindex: 0 },
      this.thinking,
      none(mm.no_thinking),
    );
    const answer = el(
      "section",
      { id: "mm-answer", class: "mm-panel turn", "aria-label": mm.answer, tabindex: 0 },
      el("h2", { class: "mm-panel-head" }, mm.answer),
      this.answer,
    );
    this.panels = [thinking, answer];
    this.names = el("div", { class: "mm-next-names" });
    this.turn = el(
      "div",
      { class: "mm-turn", role: "log", "aria-live": "off", hidden: true },
      this.earlier,
      this.question,
      this.figure,
      this.names,
      el("div", { class: "mm-panels" }, thinking, answer),
    );
    this.noteAt = el("p", { class: "empty-note" });
    this.empty = emptyStage(mm, examples, act, this.noteAt);
    root.replaceChildren(this.turn, this.empty);
    this.grounding = new GroundingView(this.figure, { words: { ...mm, cancel: words.cancel }, act, fetchPicture });
    for (const panel of this.panels) this.#follow(panel);
  }

  /**
   * Draws the nodes of `path`: the last exchange in full, or the one that is looked at.
   * @param {Array<Page.ChatNode>} path
   * @param {(node: Page.ChatNode) => Page.Siblings} siblingsOf
   */
  show(path, siblingsOf) {
    keepingFocus(this.root, () => this.#show(path, siblingsOf));
  }

  /**
   * @param {Array<Page.ChatNode>} path
   * @param {(node: Page.ChatNode) => Page.Siblings} siblingsOf
   */
  #show(path, siblingsOf) {
    this.path = path;
    this.siblingsOf = siblingsOf;
    const questions = path.filter(({ role }) => role === "user");
    if (!questions.some(({ id }) => id === this.looking)) this.looking = null;
    const question = questions.find(({ id }) => id === this.looking) ?? questions.at(-1);
    if (!question) {
      this.view = null;
      return this.#drawNext();
    }
    this.turn.hidden = false;
    this.turn.classList.remove("next");
    this.empty.hidden = true;
    const reply = path.find(({ parent, role }) => parent === question.id && role === "assistant");
    this.#drawEarlier(questions, question);
    this.#drawQuestion(question);
    const view = reply ? this.#shown(reply) : this.#clear();
    this.grounding.show(this.ownerOf(question), reply ?? null);
    if (!reply || !view) return;
    renew(
      view.actions,
      actionsOf(reply, {
        siblings: siblingsOf(reply),
        last: reply === path.at(-1),
        words: this.words,
        act: this.act,
        edit: () => {},
      }),
    );
    if (!view.clock) this.#link(view);
  }

  /**
   * The view of a reply that is shown.
   * @param {string} id
   */
  viewOf(id) {
    return this.view?.node.id === id ? this.view : undefined;
  }

  /**
   * The view of a reply, made anew where another is shown.
   * @param {Page.ChatNode} reply
   */
  #shown(reply) {
    return this.view?.node === reply ? this.view : this.#make(reply, false);
  }

  /**
   * The files that the first question will carry, in the form of that question; null: none.
   * @param {Next | null} next
   */
  preview(next) {
    if (this.next === next) return;
    this.next = next;
    if (this.path && !this.path.length) this.show(this.path, this.siblingsOf);
  }

  /** Before the first question: its files large, or the examples. */
  #drawNext() {
    const { next } = this;
    this.turn.hidden = !next;
    this.turn.classList.toggle("next", Boolean(next));
    this.empty.hidden = Boolean(next);
    this.grounding.show(next, null);
    const names = next && !next.pictures.length ? next.files.map(({ name, url }) => name || url) : [];
    this.names.replaceChildren(...(names.length ? [el("h2", {}, listed(names)), el("p", {}, this.mm.next_hint)] : []));
  }

  /**
   * A view for a node whose reply is on its way.
   * @param {Page.ChatNode} node
   * @returns {Page.LiveView}
   */
  live(node) {
    this.looking = null;
    const view = keepingFocus(this.root, () => {
      if (this.path) this.#show(this.path, this.siblingsOf);
      this.toEnd();
      return this.#make(node, true);
    });
    const question = this.path?.find(({ id }) => id === node.parent);
    this.grounding.show(question ? this.ownerOf(question) : null, node);
    return {
      frame: (frame) => {
        view.frame(frame);
        if (frame.boxes && this.view === view) this.grounding.draw(frame.boxes);
      },
      drawCalls: () => view.drawCalls(),
      leave: () => view.leave(),
      finish: () => {
        view.finish();
        if (this.view === view) this.#link(view);
      },
    };
  }

  /**
   * The question, at or above this one, whose pictures its answer is about.
   * @param {Page.ChatNode} question
   */
  ownerOf(question) {
    const before = this.path?.slice(0, this.path.indexOf(question) + 1) ?? [];
    return before.findLast(({ role, pictures }) => role === "user" && pictures?.length) ?? null;
  }

  /**
   * @param {Page.ChatNode} node
   * @param {boolean} live
   */
  #make(node, live) {
    for (const panel of this.panels) panel.scrollTop = 0;
    this.view = new TurnView(node, {
      act: this.act,
      words: this.words,
      live,
      places: { thinking: this.thinking, answer: this.answer },
      above: () => sourcesAbove(this.path, node),
    });
    return this.view;
  }

  #clear() {
    this.view = null;
    this.thinking.replaceChildren();
    this.answer.replaceChildren();
    return null;
  }

  /** @param {TurnView} view */
  #link(view) {
    this.grounding.link(view.answer);
    // Colours come late into code and replace the marked text there.
    setTimeout(() => this.view === view && this.grounding.link(view.answer), 700);
  }

  /**
   * @param {Array<Page.ChatNode>} questions
   * @param {Page.ChatNode} current
   */
  #drawEarlier(questions, current) {
    const others = questions.filter((each) => each !== current);
    this.earlier.hidden = !others.length;
    draw(
      this.earlier,
      ...questions.map((question) => {
        const reply = this.path?.find(({ parent, role }) => parent === question.id && role === "assistant");
        const thumb = question.pictures?.find((seen) => seen.thumb)?.thumb;
        return h(
          "button",
          {
            key: question.id,
            type: "button",
            class: "mm-earlier-row",
            "aria-current": question === current && "true",
            onclick: () => this.look(question.id),
          },
          thumb ? h("img", { src: thumb, alt: "" }) : h("span", { class: "mm-dot" }),
          h("span", { class: "mm-asked" }, question.text || this.mm.describe),
          h("span", { class: "mm-told" }, firstWords(reply?.text ?? "")),
        );
      }),
    );
  }

  /** @param {string} id */
  look(id) {
    this.looking = id;
    this.show(this.path ?? [], this.siblingsOf);
  }

  /**
   * Anew only if something of it has changed: it may be marked, or be open for an edit.
   * @param {Page.ChatNode} question
   */
  #drawQuestion(question) {
    const names = (question.files ?? []).map((file) => file.name || file.url);
    const siblings = this.siblingsOf(question);
    const looks = JSON.stringify([question.text, names, siblings]);
    if (this.asked?.question === question && this.asked.looks === looks) return;
    this.asked = { question, looks };
    const files = names.map((name) => el("span", { class: "mm-chip", title: name }, name));
    this.bubble = el("div", { class: "bubble" }, question.text || this.mm.describe);
    const actions = el(
      "div",
      { class: "turn-actions" },
      ...actionsOf(question, {
        siblings,
        words: this.words,
        act: this.act,
        edit: () => this.edit(question),
      }),
    );
    this.question.replaceChildren(
      el(
        "article",
        { class: "turn user", "data-testid": "user", "aria-label": this.words.you },
        files.length ? el("div", { class: "mm-chips" }, ...files) : "",
        this.bubble,
        actions,
      ),
    );
    rewriteOn(this.bubble, question, this.words, (text) => this.act("edit", question, text));
  }

  /** @param {Page.ChatNode} node */
  edit(node) {
    if (this.bubble?.isConnected) rewrite(this.bubble, node, this.words, (text) => this.act("edit", node, text));
  }

  /** @param {HTMLElement | string | null} content */
  note(content) {
    this.noteAt.replaceChildren(...copied(content));
  }

  /** On a phone, where the stage lies below the question's box, brings it into sight. */
  toEnd() {
    const smooth = !matchMedia("(prefers-reduced-motion: reduce)").matches;
    if (matchMedia("(max-width: 860px)").matches && this.path?.length)
      this.root.scrollIntoView({ behavior: smooth ? "smooth" : "instant" });
  }

  /**
   * Stays at the end of a panel while its text grows, unless the reader has scrolled up.
   * @param {HTMLElement} panel
   */
  #follow(panel) {
    let following = true;
    panel.addEventListener(
      "scroll",
      () => (following = panel.scrollHeight - panel.scrollTop - panel.clientHeight < 32),
      { passive: true },
    );
    const end = () => following && this.view?.clock && (panel.scrollTop = panel.scrollHeight);
    for (const child of panel.children) new ResizeObserver(end).observe(child);
  }
}
