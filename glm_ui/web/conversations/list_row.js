// One row of the list of conversations: how it looks, the box that its title is changed in, and which group it is in.

import { el, find, icon, iconButton, keepingFocus } from "../parts/dom.js";

const DAY = 86_400_000;

/**
 * A row that is drawn. `look` names what it was drawn for.
 * @typedef {{row: Page.Row, root: HTMLElement, look: string}} Item
 *
 * What a person may do with a row: `menu(button)` opens its menu there.
 * @typedef {{open: () => unknown, menu: (button: HTMLElement) => unknown, rename: () => unknown, href: string}} Ways
 */

/**
 * What a row is drawn from, as text: one that still looks the same is not drawn again.
 * @param {Page.Row} row
 * @param {boolean} current
 */
export const lookOf = ({ title, pinned, running, news, tab, snippet, model }, current) =>
  JSON.stringify([title, pinned, running, news, tab, snippet, model, current]);

/**
 * @param {Page.Row} row
 * @param {boolean} current whether its conversation is the one that is shown
 * @param {Wire.Words["list"]} words
 * @param {Ways} ways
 * @returns {HTMLElement}
 */
export function rowOf(row, current, words, ways) {
  const title = row.title || words.untitled;
  const more = iconButton("more", words.more, () => ways.menu(more));
  more.classList.add("list-more");
  more.tabIndex = -1;
  more.dataset.key = `${row.id} more`;
  more.setAttribute("aria-haspopup", "menu");
  const open = el(
    "a",
    {
      href: ways.href,
      class: "list-open",
      title: [title, row.model].filter(Boolean).join("\n"),
      "aria-current": current && "true",
      tabindex: "-1",
      "data-key": `${row.id} open`,
      onclick: (/** @type {MouseEvent} */ event) => isPlain(event) && (event.preventDefault(), ways.open()),
      ondblclick: ways.rename,
    },
    el("span", { class: "list-line" }, el("span", { class: "list-title" }, title), ...signsOf(row, words)),
    snippetOf(row),
  );
  const look = { class: `list-row${current ? " current" : ""}`, "data-id": row.id };
  return el("li", look, open, more);
}

/**
 * A click that opens here; with a key held the browser opens a tab or a window of its own.
 * @param {MouseEvent} event
 */
const isPlain = ({ ctrlKey, metaKey, shiftKey, altKey }) => !ctrlKey && !metaKey && !shiftKey && !altKey;

/**
 * @param {Page.Row} row
 * @param {Wire.Words["list"]} words
 */
function signsOf(row, words) {
  const { running, news } = words;
  return [
    row.tab === "chat" || !words.tabs[row.tab] ? null : mark("picture", words.tabs[row.tab]),
    row.pinned ? mark("pin", words.groups.pinned) : null,
    row.running ? sign("running", running) : row.news ? sign(row.news, news[row.news]) : null,
  ];
}

/**
 * @param {string} kind
 * @param {string} label
 */
const sign = (kind, label) =>
  el("span", { class: `list-${kind} list-sign`, role: "img", "aria-label": label, title: label });

/** @param {Page.Row} row */
function snippetOf({ snippet }) {
  if (!snippet) return null;
  const pieces = snippet.map(([text, found]) => (found ? el("mark", {}, text) : text));
  return el("span", { class: "list-snippet" }, ...pieces);
}

/**
 * A box in place of the title. `done(title)` is told the new one, or "" where it stays as it was.
 * @param {Item} item
 * @param {Wire.Words["list"]} words
 * @param {(title: string) => void} done
 */
export function renameIn(item, words, done) {
  const button = find(".list-open", item.root);
  if (!button) return;
  const box = el("input", {
    class: "list-rename",
    value: item.row.title,
    maxlength: "200",
    "aria-label": words.rename,
  });
  let left = false;
  /**
   * @param {boolean} keep
   * @param {boolean} focus
   */
  const leave = (keep, focus) => {
    if (left) return;
    left = true;
    const title = box.value.trim();
    box.replaceWith(button);
    if (focus) button.focus();
    done(keep && title !== item.row.title ? title : "");
  };
  box.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && !event.isComposing) leave(true, true);
    if (event.key === "Escape" && !event.isComposing) leave(false, true);
    event.stopPropagation();
  });
  box.addEventListener("blur", () => leave(true, false));
  button.replaceWith(box);
  box.focus();
  box.select();
}

/**
 * @param {string} name
 * @param {string} label
 */
const mark = (name, label) => {
  const drawn = icon(name);
  drawn.removeAttribute("aria-hidden");
  drawn.setAttribute("role", "img");
  drawn.setAttribute("aria-label", label);
  return drawn;
};

/**
 * @param {Page.Row} row
 * @param {Date} [now]
 */
export function groupOf({ pinned, updatedAt }, now = new Date()) {
  if (pinned) return "pinned";
  const today = new Date(now.getFullYear(), now.getMonth(), now.getDate()).getTime();
  const days = Math.ceil((today - updatedAt) / DAY);
  return days <= 0 ? "today" : days <= 1 ? "yesterday" : days <= 7 ? "week" : days <= 30 ? "month" : "older";
}

/**
 * Makes `wanted` the children, moving as few as possible, so that focus and scroll position stay: also on a row that is
 * made anew.
 * @param {HTMLElement} parent
 * @param {Array<Element>} wanted
 */
export function arrange(parent, wanted) {
  keepingFocus(parent, () => {
    const keep = new Set(wanted);
    for (const child of [...parent.children]) if (!keep.has(child)) child.remove();
    const at = (/** @type {number} */ i) => parent.children[i] ?? null;
    wanted.forEach((child, i) => at(i) !== child && parent.insertBefore(child, at(i)));
  });
}
