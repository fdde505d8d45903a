// What each shortcut does, on the tab in sight, and the sheet that lists them and turns them off.

import { el, find, findAll } from "../parts/dom.js";
import { frame } from "../parts/menu.js";
import { toClipboard } from "../parts/clipboard.js";
import { path } from "../conversations/conversation.js";
import { inSight, showSide } from "./places.js";
import { onMac, SHORTCUTS, turnedOff, turnOff, watchShortcuts } from "./shortcuts.js";

/**
 * @typedef {{
 * words: Wire.Words,
 * chats: () => Array<Page.AnyChat>,
 * focus: (what: string) => unknown,
 * announce: (text: string) => void,
 * }} Parts
 */

/** @param {Parts} parts */
export function startShortcuts(parts) {
  let off = turnedOff();
  const { words, chats, focus, announce } = parts;
  const chat = () => chats().find(({ log }) => log.root.offsetParent) ?? chats()[0];
  const sheet = () =>
    openSheet(words.shortcuts, off, (next) => {
      off = next;
      turnOff(off);
    });
  /** @type {Record<string, () => unknown>} */
  const acts = {
    new: () => chat()?.fresh(),
    search: () => (
      showSide(),
      findAll(".list-search")
        .find((box) => inSight(box) && box.offsetParent)
        ?.focus()
    ),
    find: () => document.dispatchEvent(new Event("glm-find")),
    focus: () => focus("input"),
    copy: () => copyLast(chat(), words, announce),
    next: () => toTurn(chat(), 1),
    previous: () => toTurn(chat(), -1),
    models: () => focus("model"),
    sheet,
  };
  watchShortcuts(acts, () => off);
  document.addEventListener("glm-shortcuts", sheet);
  return { isOff: (/** @type {string} */ name) => off.has(name) };
}

/**
 * @param {Page.AnyChat | undefined} chat
 * @param {Wire.Words} words
 * @param {(text: string) => void} announce
 */
async function copyLast(chat, words, announce) {
  const last = chat && path(chat.conversation).findLast(({ role, text }) => role === "assistant" && text);
  if (!last) return announce(words.shortcuts.nothing);
  return announce((await toClipboard(last.text)) ? words.shortcuts.copied : words.list.link_not_copied);
}

/**
 * Brings the next turn below, or the one above, to the top of the conversation.
 * @param {Page.AnyChat | undefined} chat
 * @param {1 | -1} step
 */
function toTurn(chat, step) {
  const root = chat?.log.root;
  if (!root) return;
  const top = root.getBoundingClientRect().top;
  const turns = findAll(".turn", root);
  const tops = turns.map((turn) => turn.getBoundingClientRect().top - top);
  const focused = turns.findIndex((turn) => turn === document.activeElement);
  const seen = step > 0 ? tops.findIndex((each) => each > 24) : tops.findLastIndex((each) => each < -1);
  const turn = turns[focused < 0 ? seen : focused + step];
  if (!turn) return;
  turn.tabIndex = -1;
  turn.scrollIntoView({ block: "start" });
  turn.focus({ preventScroll: true });
}

/** @type {Record<string, string>} */
const SIGNS = { ArrowDown: "↓", ArrowUp: "↑", Escape: "Esc" };

/** @param {import("./shortcuts.js").Shortcut} shortcut */
const keysOf = ({ key, mod, shift, alt }) => [
  ...(mod ? [onMac() ? "⌘" : "Ctrl"] : []),
  ...(shift ? [onMac() ? "⇧" : "Shift"] : []),
  ...(alt ? [onMac() ? "⌥" : "Alt"] : []),
  SIGNS[key] ?? key.toUpperCase(),
];

/**
 * @param {Wire.Words["shortcuts"]} words
 * @param {Set<string>} off
 * @param {(off: Set<string>) => void} changed
 */
function openSheet(words, off, changed) {
  if (find("dialog.shortcuts")) return;
  const next = new Set(off);
  const rows = Object.entries(SHORTCUTS).map(([name, shortcut]) => {
    const box = el("input", {
      type: "checkbox",
      checked: !off.has(name),
      onchange: () => {
        if (box.checked) next.delete(name);
        else next.add(name);
        changed(new Set(next));
      },
    });
    const keys = keysOf(shortcut).flatMap((key, i) => [i ? " + " : "", el("kbd", {}, key)]);
    return el(
      "li",
      {},
      el("label", {}, box, el("span", {}, words.names[name])),
      el("span", { class: "keys" }, ...keys),
    );
  });
  const close = el("button", { type: "button", class: "dialog-action main" }, words.close);
  const dialog = el(
    "dialog",
    { class: "glm question shortcuts", "aria-label": words.title },
    el("h2", {}, words.title),
    el("p", {}, words.more),
    el("ul", {}, ...rows),
    el("div", { class: "dialog-actions" }, close),
  );
  close.addEventListener("click", () => dialog.close());
  dialog.addEventListener("keydown", (event) => event.key === "Escape" && event.stopPropagation());
  dialog.addEventListener("click", (event) => event.target === dialog && dialog.close());
  dialog.addEventListener("close", () => dialog.remove());
  frame().append(dialog);
  dialog.showModal();
}
