// Light, dark or as the system has it, and the size of what is read: a button of the bar that opens both choices. They
// are kept in this browser; first.js puts them on the page, before it is drawn and when they change.

import { el, icon } from "../parts/dom.js";

const KEPT = { theme: "glm-ui-theme", text: "glm-ui-text" }; // read by first.js
const FIRST = { theme: "system", text: "normal" };

/**
 * The button and what it opens.
 * @param {Wire.Words["appearance"]} words
 */
export function appearanceMenu(words) {
  const panel = el(
    "div",
    { id: "appearance", class: "appearance", popover: "auto", role: "dialog", "aria-label": words.label },
    choices("theme", words.theme, words.themes),
    choices("text", words.text, words.texts),
  );
  const button = el(
    "button",
    {
      type: "button",
      class: "icon-button",
      popovertarget: "appearance",
      "aria-label": words.label,
      title: words.label,
    },
    icon("text"),
  );
  return el("span", { class: "appearance-place" }, button, panel);
}

/**
 * @param {"theme" | "text"} kind
 * @param {string} label
 * @param {Record<string, string>} names
 */
function choices(kind, label, names) {
  const chosen = document.documentElement.dataset[kind] ?? FIRST[kind];
  const rows = Object.entries(names).map(([value, name]) =>
    el(
      "label",
      {},
      el("input", {
        type: "radio",
        name: `appearance-${kind}`,
        value,
        checked: value === chosen,
        onchange: () => choose(kind, value),
      }),
      el("span", {}, name),
    ),
  );
  return el("fieldset", {}, el("legend", {}, label), ...rows);
}

/**
 * @param {"theme" | "text"} kind
 * @param {string} value
 */
function choose(kind, value) {
  document.documentElement.dataset[kind] = value;
  try {
    localStorage.setItem(KEPT[kind], value);
  } catch {
    // A browser that keeps nothing for this page: the choice holds until it is closed.
  }
  dispatchEvent(new Event("glm-ui-appearance"));
}
