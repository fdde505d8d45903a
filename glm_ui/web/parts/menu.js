// @ts-nocheck
// A menu below a button, and a question in a dialog. They know nothing of what is chosen in them.

import { el, icon } from "./dom.js";

const EDGE = 8;

/** Gradio keeps what stands in @media of its style sheet for its own frame alone, so ours must stand inside it. */
export const frame = () => document.querySelector(".gradio-container .contain") ?? document.body;

let open = null;

/**
 * Opens a menu at `button`. `items`: {label, icon, run, bad} or {heading}. Arrow keys move, Escape and a click beside
 * it close; the button has the focus again afterwards.
 */
export function openMenu(button, items, label = button.getAttribute("aria-label")) {
  const again = open?.button === button;
  open?.close();
  if (again) return;
  const rows = items.map((item) =>
    "heading" in item ? el("div", { class: "menu-heading", role: "presentation" }, item.heading) : row(item),
  );
  const menu = el("div", { class: "glm menu", role: "menu", "aria-label": label, popover: "manual" }, ...rows);
  const choices = [...menu.querySelectorAll("[role=menuitem]")];
  const close = (focus = true) => {
    if (open?.menu !== menu) return;
    open = null;
    removeEventListener("pointerdown", outside, true);
    removeEventListener("resize", close);
    const inside = menu.contains(document.activeElement);
    menu.remove();
    button.removeAttribute("aria-expanded");
    if (focus && inside) button.focus();
  };
  const outside = (event) => menu.contains(event.target) || button.contains(event.target) || close(false);
  const move = (event) => {
    const at = choices.indexOf(document.activeElement);
    const next = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: choices.length - 1 }[event.key];
    if (next !== undefined) choices[(next + choices.length) % choices.length].focus();
    else if (event.key === "Escape" || event.key === "Tab") close();
    else return;
    event.preventDefault();
    event.stopPropagation();
  };
  function row({ label: words, icon: name, run, bad }) {
    const choose = () => {
      close();
      run();
    };
    return el(
      "button",
      { type: "button", role: "menuitem", class: `menu-item${bad ? " bad" : ""}`, tabindex: "-1", onclick: choose },
      icon(name),
      words,
    );
  }
  menu.addEventListener("keydown", move);
  frame().append(menu);
  menu.showPopover?.();
  place(menu, button.getBoundingClientRect());
  button.setAttribute("aria-expanded", "true");
  addEventListener("pointerdown", outside, true);
  addEventListener("resize", close);
  open = { menu, button, close };
  choices[0]?.focus({ preventScroll: true });
}

function place(menu, at) {
  const { width, height } = menu.getBoundingClientRect();
  const below = at.bottom + 4 + height <= innerHeight - EDGE;
  const left = at.left + width <= innerWidth - EDGE ? at.left : at.right - width;
  menu.style.left = `${Math.max(EDGE, Math.min(left, innerWidth - width - EDGE))}px`;
  menu.style.top = `${below ? at.bottom + 4 : Math.max(EDGE, at.top - 4 - height)}px`;
}

/** Asks; resolves to the `value` of the action that was chosen, or null. `actions`: {label, value, tone}. */
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
