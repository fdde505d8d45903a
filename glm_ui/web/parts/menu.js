// A menu below a button, and a question in a dialog. They know nothing of what is chosen in them.

import { el, findAll, icon } from "./dom.js";

const EDGE = 8;

/** Gradio keeps what stands in @media of its style sheet for its own frame alone, so ours must stand inside it. */
export const frame = () => document.querySelector(".gradio-container .contain") ?? document.body;

/**
 * `checked` says of one of several choices whether it is the one that holds.
 * @typedef {{heading: string} | {label: string, icon: string, run: () => unknown, bad?: boolean, checked?: boolean}} MenuItem
 * @typedef {{label: string, value?: string, tone?: string}} Answer
 */

/** @type {{menu: HTMLElement, button: HTMLElement, close: (focus?: boolean) => void} | null} */
let open = null;

/**
 * Opens a menu at `button`. Arrow keys move, Escape and a click beside it close; the button has the focus again
 * afterwards.
 * @param {HTMLElement} button
 * @param {Array<MenuItem>} items
 * @param {string | null} [label]
 */
export function openMenu(button, items, label = button.getAttribute("aria-label")) {
  const again = open?.button === button;
  open?.close();
  if (again) return;
  const rows = items.map((item) => row(item, () => close()));
  const menu = el("div", { class: "glm menu", role: "menu", "aria-label": label, popover: "manual" }, ...rows);
  const choices = findAll("[role^=menuitem]", menu);
  const resized = () => close();
  const close = (focus = true) => {
    if (open?.menu !== menu) return;
    open = null;
    removeEventListener("pointerdown", outside, true);
    removeEventListener("resize", resized);
    const inside = menu.contains(document.activeElement);
    menu.remove();
    button.removeAttribute("aria-expanded");
    if (focus && inside) button.focus();
  };
  /** @param {PointerEvent} event */
  const outside = ({ target }) =>
    [menu, button].some((part) => target instanceof Node && part.contains(target)) || close(false);
  menu.addEventListener("keydown", (event) => moveIn(choices, event) || closes(event, close));
  frame().append(menu);
  menu.showPopover?.();
  place(menu, button.getBoundingClientRect());
  button.setAttribute("aria-expanded", "true");
  addEventListener("pointerdown", outside, true);
  addEventListener("resize", resized);
  open = { menu, button, close };
  (choices.find(({ ariaChecked }) => ariaChecked === "true") ?? choices[0])?.focus({ preventScroll: true });
}

/**
 * @param {MenuItem} item
 * @param {() => void} close
 */
function row(item, close) {
  if ("heading" in item) return el("div", { class: "menu-heading", role: "presentation" }, item.heading);
  const onclick = () => (close(), item.run());
  const look = `menu-item${item.bad ? " bad" : ""}`;
  const isChoice = item.checked !== undefined;
  const role = isChoice ? "menuitemradio" : "menuitem";
  const checked = isChoice && String(item.checked);
  const attributes = { type: "button", role, "aria-checked": checked, class: look, tabindex: "-1", onclick };
  return el("button", attributes, icon(item.icon), item.label);
}

/**
 * @param {Array<HTMLElement>} choices
 * @param {KeyboardEvent} event
 * @returns {boolean} whether the key moved the focus
 */
function moveIn(choices, event) {
  const at = choices.findIndex((choice) => choice === document.activeElement);
  /** @type {Record<string, number>} */
  const ways = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: choices.length - 1 };
  const next = ways[event.key];
  if (next === undefined) return false;
  choices[(next + choices.length) % choices.length].focus();
  event.preventDefault();
  event.stopPropagation();
  return true;
}

/**
 * @param {KeyboardEvent} event
 * @param {() => void} close
 */
function closes(event, close) {
  if (event.key !== "Escape" && event.key !== "Tab") return;
  close();
  event.preventDefault();
  event.stopPropagation();
}

/**
 * @param {HTMLElement} menu
 * @param {DOMRect} at
 */
function place(menu, at) {
  const { width, height } = menu.getBoundingClientRect();
  const below = at.bottom + 4 + height <= innerHeight - EDGE;
  const left = at.left + width <= innerWidth - EDGE ? at.left : at.right - width;
  menu.style.left = `${Math.max(EDGE, Math.min(left, innerWidth - width - EDGE))}px`;
  menu.style.top = `${below ? at.bottom + 4 : Math.max(EDGE, at.top - 4 - height)}px`;
}

/**
 * Asks; resolves to the `value` of the action that was chosen, or null.
 * @param {{title: string, body?: Array<Node>, actions: Array<Answer>}} asked
 * @returns {Promise<string | null>}
 */
export function question({ title, body = [], actions }) {
  return new Promise((done) => {
    const buttons = actions.map(({ label, value, tone }) =>
      el(
        "button",
        { type: "button", class: `dialog-action ${tone ?? ""}`, onclick: () => dialog.close(value ?? "") },
        label,
      ),
    );
    const dialog = el(
      "dialog",
      { class: "glm question", "aria-label": title },
      el("h2", {}, title),
      ...body,
      el("div", { class: "dialog-actions" }, ...buttons),
    );
    dialog.addEventListener("keydown", (event) => event.key === "Escape" && event.stopPropagation());
    dialog.addEventListener("click", (event) => event.target === dialog && dialog.close(""));
    dialog.addEventListener("close", () => {
      dialog.remove();
      done(dialog.returnValue || null);
    });
    frame().append(dialog);
    dialog.showModal();
  });
}
