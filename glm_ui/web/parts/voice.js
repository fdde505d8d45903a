// The one place of the page that screen readers read out when it changes: for the few things that are worth it.

import { el } from "./dom.js";

/** @type {HTMLElement | undefined} */
let voice;

/** @param {string} text */
export function announce(text) {
  if (!voice) document.body.append((voice = el("div", { class: "glm off-screen", role: "status" })));
  voice.textContent = text;
}
