// Finding words in the conversation that is shown, thinking and folded parts too. The browser's own search stays what it is.

import { el, find, findAll, iconButton } from "../parts/dom.js";
import { count } from "../parts/locale.js";
import { folded, matchesIn, MOST } from "./matches.js";

const ALL = "glm-find";
const NOW = "glm-find-now";
/** Milliseconds after a change of the conversation, or a letter, until it is searched anew. */
const CALM = 120;

export class Find {
  /** @type {Array<Range>} */
  matches = [];
  at = 0;
  /** @type {Element | null} */
  from = null;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  soon;

  /**
   * @param {HTMLElement} root what is searched; it scrolls
   * @param {HTMLElement} place the bar stands before this
   * @param {Wire.Words["reading"]} words
   */
  constructor(root, place, words) {
    this.root = root;
    this.words = words;
    this.box = el("input", {
      type: "search",
      class: "find-box",
      placeholder: words.find,
      "aria-label": words.find,
      autocomplete: "off",
      spellcheck: "false",
    });
    this.count = el("span", { class: "find-count", role: "status" });
    this.bar = el(
      "div",
      { class: "glm find", role: "search", hidden: true },
      this.box,
      this.count,
      iconButton("up", words.find_previous, () => this.step(-1)),
      iconButton("down", words.find_next, () => this.step(1)),
      iconButton("close", words.find_close, () => this.close()),
    );
    this.box.addEventListener("input", () => this.#searchSoon(true));
    this.bar.addEventListener("keydown", (event) => this.#key(event));
    this.changes = new MutationObserver(() => this.#searchSoon(false));
    /** Whether the match that was shown last is kept in sight: until the reader scrolls. */
    this.holds = false;
    for (const kind of ["wheel", "touchmove", "pointerdown"])
      root.addEventListener(kind, () => (this.holds = false), { passive: true });
    place.before(this.bar);
  }

  open() {
    if (this.bar.hidden) {
      this.from = document.activeElement;
      this.bar.hidden = false;
      this.root.classList.add("finding");
      this.changes.observe(this.root, { childList: true, characterData: true, subtree: true });
    }
    this.box.focus();
    this.box.select();
    this.#search(true);
  }

  close() {
    this.bar.hidden = true;
    this.root.classList.remove("finding");
    this.changes.disconnect();
    clearTimeout(this.soon);
    this.matches = [];
    this.holds = false;
    this.#mark();
    if (this.from instanceof HTMLElement && this.from.isConnected) this.from.focus({ preventScroll: true });
    else this.root.focus({ preventScroll: true });
  }

  /** @param {KeyboardEvent} event */
  #key(event) {
    if (event.isComposing) return;
    if (event.key === "Escape") this.close();
    else if (event.key === "Enter" && event.target === this.box) this.step(event.shiftKey ? -1 : 1);
    else return;
    event.preventDefault();
    event.stopPropagation();
  }

  /** @param {boolean} goes whether the first match from here on is shown */
  #searchSoon(goes) {
    clearTimeout(this.soon);
    this.soon = setTimeout(() => this.#search(goes), CALM);
  }

  /** @param {boolean} goes */
  #search(goes) {
    clearTimeout(this.soon);
    const query = this.box.value;
    if (goes) this.#unfold(query);
    this.matches = matchesIn(this.root, query);
    const top = this.root.getBoundingClientRect().top;
    const inSight = this.matches.findIndex((range) => range.getBoundingClientRect().top >= top);
    this.at = goes ? Math.max(0, inSight) : Math.min(this.at, Math.max(0, this.matches.length - 1));
    this.#mark();
    if (goes || this.holds) this.#show(); // its words may have been drawn anew meanwhile, elsewhere
  }

  /**
   * Long questions show all of their words where these are among them.
   * @param {string} query
   */
  #unfold(query) {
    const words = folded(query);
    if (!words.trim()) return;
    const detail = (/** @type {string} */ text) => folded(text).includes(words);
    for (const fold of findAll(".show-all[aria-expanded=false]", this.root))
      fold.dispatchEvent(new CustomEvent("glm-find", { detail }));
  }

  /** @param {1 | -1} way */
  step(way) {
    if (!this.matches.length) return this.#search(true);
    this.at = (this.at + way + this.matches.length) % this.matches.length;
    this.#mark();
    return this.#show();
  }

  #mark() {
    const { matches, at, words } = this;
    const many = matches.length >= MOST ? words.find_many : words.find_count;
    const said = matches.length
      ? many.replace("{n}", count(at + 1)).replace("{all}", count(matches.length))
      : words.find_none;
    this.count.textContent = this.box.value.trim() && !this.bar.hidden ? said : "";
    if (!("highlights" in CSS)) return;
    CSS.highlights.delete(ALL);
    CSS.highlights.delete(NOW);
    if (!matches.length) return;
    const now = new Highlight(matches[at]);
    now.priority = 1;
    CSS.highlights.set(ALL, new Highlight(...matches));
    CSS.highlights.set(NOW, now);
  }

  #show() {
    const range = this.matches[this.at];
    if (!range) return;
    this.holds = true;
    if (!("highlights" in CSS)) select(range);
    uncover(range);
    reveal(range, this.root);
    // Turns out of sight have a height that was only estimated: once more when they are laid out.
    requestAnimationFrame(() => reveal(range, this.root));
  }
}

/**
 * The one of the Chat tab.
 * @param {Wire.Words["reading"]} words
 */
export function openFind(words) {
  const [root, place] = [find("#chat-log glm-log"), find("#chat-log")];
  if (!root || !place) throw new Error("There is no conversation to be searched.");
  return new Find(root, place, words);
}

/** @param {Range} range */
function select(range) {
  const selection = getSelection();
  selection?.removeAllRanges();
  selection?.addRange(range);
}

/**
 * Opens the folds that a range is in.
 * @param {Range} range
 */
function uncover(range) {
  const { startContainer: node } = range;
  const start = node instanceof Element ? node : node.parentElement;
  for (let fold = start?.closest("details"); fold; fold = fold.parentElement?.closest("details")) fold.open = true;
  const code = start?.closest(".md-long:not(.md-open)");
  if (code) find("[data-unfold]", code)?.click();
}

/**
 * Scrolls what scrolls around a range, up to `root`, until it is in sight.
 * @param {Range} range
 * @param {HTMLElement} root
 */
function reveal(range, root) {
  const { startContainer: node } = range;
  for (let around = node instanceof Element ? node : node.parentElement; around; around = around.parentElement) {
    const words = range.getBoundingClientRect();
    const box = around.getBoundingClientRect();
    if (around.scrollHeight > around.clientHeight + 1 && (words.top < box.top || words.bottom > box.bottom))
      around.scrollTop += words.top - box.top - box.height / 3;
    if (around.scrollWidth > around.clientWidth + 1 && (words.left < box.left || words.right > box.right))
      around.scrollLeft += words.left - box.left - box.width / 3;
    if (around === root) return;
  }
}
