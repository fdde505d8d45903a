// The quiet buttons of a turn, and the box that its words are changed in. Both tabs' logs draw them.

import { copyText, el, iconButton } from "../parts/dom.js";
import { numbered } from "../tools/citations.js";
import { composing, sends } from "./keys.js";

/**
 * The buttons: its versions, copy, and edit or retry. The key of each names its place in the conversation, which all
 * versions of a turn share.
 * @param {Page.ChatNode} node
 * @param {{siblings: Page.Siblings, last?: boolean, words: Wire.Words, act: Page.Act, edit: () => void}} about
 * @returns {Array<HTMLElement>}
 */
export function actionsOf(node, { siblings, last = false, words, act, edit }) {
  /**
   * @param {string} name
   * @param {string} label
   * @param {(event: any) => unknown} onclick
   */
  const button = (name, label, onclick) => {
    const made = iconButton(name, label, onclick);
    made.dataset.key = `${node.parent ?? ""} ${name}`;
    return made;
  };
  const items = siblings.count > 1 ? [versions(node, siblings, words, act, button)] : [];
  const copy = button("copy", words.copy, (event) => copyText(numbered(node, node.sources), event.currentTarget));
  if (node.role === "user") return [...items, copy, button("edit", words.edit, edit)];
  items.push(
    copy,
    button("retry", words.retry, () => act("retry", node)),
  );
  if (node.turn) items.push(button("code", words.exact.open, () => act("request", node)));
  if (last) items.push(button("undo", words.undo, () => act("undo", node)));
  return [...items, moreOf(node, words, button)];
}

/**
 * Opens the menu of an answer, which page/reading.js makes.
 * @param {Page.ChatNode} node
 * @param {Wire.Words} words
 * @param {(name: string, label: string, onclick: () => unknown) => HTMLButtonElement} button
 */
function moreOf(node, words, button) {
  const made = button("more", words.more, () => undefined);
  made.dataset.answer = node.id;
  made.setAttribute("aria-haspopup", "menu");
  return made;
}

/**
 * @param {Page.ChatNode} node
 * @param {Page.Siblings} siblings
 * @param {Wire.Words} words
 * @param {Page.Act} act
 * @param {(name: string, label: string, onclick: (event: any) => unknown) => HTMLButtonElement} button
 * @returns {HTMLElement}
 */
function versions(node, { index, count, ids }, words, act, button) {
  const before = button("left", words.previous, () => act("select", node, ids[index - 1]));
  const next = button("right", words.next, () => act("select", node, ids[index + 1]));
  before.disabled = index === 0;
  next.disabled = index === count - 1;
  return el("span", { class: "branches" }, before, `${index + 1}/${count}`, next);
}

/**
 * A box in place of `bubble` until the words are sent or left as they were; then the focus is where it came from. `typed`
 * hears each change, and null when there is none any more; `closed` comes last. Gives what closes the box.
 * @param {HTMLElement} bubble
 * @param {string} text
 * @param {Wire.Words} words
 * @param {(text: string) => void} sendWords
 * @param {{typed?: (text: string | null) => void, closed?: () => void, focus?: boolean}} [more]
 */
export function editInPlace(bubble, text, words, sendWords, { typed, closed, focus = true } = {}) {
  const box = el("textarea", { class: "edit-box", "aria-label": words.edit, rows: 1 });
  box.value = text;
  const from = document.activeElement;
  const close = () => {
    const focused = editor.contains(document.activeElement);
    editor.replaceWith(bubble);
    if (focused && from instanceof HTMLElement) from.focus({ preventScroll: true });
  };
  /** @param {string} [said] */
  const done = (said) => {
    typed?.(null);
    close();
    if (said) sendWords(said);
    closed?.();
  };
  const buttons = el(
    "div",
    { class: "edit-buttons" },
    el("button", { type: "button", class: "quiet", onclick: () => done() }, words.cancel),
    el("button", { type: "button", class: "main", onclick: () => done(box.value.trim()) }, words.send),
  );
  const editor = el("div", { class: "editor" }, box, buttons);
  box.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && !composing(event)) done();
    if (sends(event)) {
      event.preventDefault();
      done(box.value.trim());
    }
    event.stopPropagation();
  });
  box.addEventListener("input", () => typed?.(box.value));
  bubble.replaceWith(editor);
  const size = () => (box.style.height = `${Math.min(box.scrollHeight + 2, 320)}px`);
  if (focus) {
    size();
    box.focus();
  } else {
    requestAnimationFrame(size); // it is not on the page yet
  }
  return close;
}

/**
 * Puts `buttons` into `place`, unless those there look the same: one of them may have the focus or an open menu.
 * @param {HTMLElement} place
 * @param {Array<HTMLElement>} buttons
 */
export function renew(place, buttons) {
  /** @param {HTMLElement} parent */
  const looks = (parent) => {
    const copy = parent.cloneNode(true);
    if (!(copy instanceof HTMLElement)) return "";
    for (const each of copy.querySelectorAll("[aria-expanded]")) each.removeAttribute("aria-expanded");
    return copy.innerHTML;
  };
  if (looks(place) !== looks(el("div", {}, ...buttons))) place.replaceChildren(...buttons);
}
