// What a key means in a box that a person writes in. The Chat tab's and the Multimodal tab's boxes are Gradio's: their keys
// are looked at here before Gradio sees them.

import { closest, findAll } from "../parts/dom.js";

const BOXES = "#chat-input textarea, #mm-input textarea";
const touch = matchMedia("(pointer: coarse)");

/**
 * An input method is at work: its Enter takes a candidate and its Escape drops one. Safari says so by the key code alone.
 * @param {KeyboardEvent} event
 */
export const composing = (event) => event.isComposing || event.keyCode === 229;

/**
 * Enter sends; Shift+Enter breaks the line, and on a touch screen, which has no Shift+Enter, Enter does.
 * @param {KeyboardEvent} event
 */
export const sends = (event) => event.key === "Enter" && !event.shiftKey && !composing(event) && !touch.matches;

/**
 * @param {Event} event
 * @param {string} selector
 */
const isAt = ({ target }, selector) => target instanceof Element && target.matches(selector);

/** Keeps from Gradio each Enter that does not send. The browser still writes the line break. */
export function watchComposers() {
  /** @param {KeyboardEvent} event */
  const look = (event) => event.key === "Enter" && isAt(event, BOXES) && !sends(event) && event.stopPropagation();
  for (const kind of /** @type {const} */ (["keydown", "keypress"]))
    document.addEventListener(kind, look, { capture: true });
}

/** In a row of tabs the arrow keys, Home and End go to another tab and open it. */
export function watchTabs() {
  document.addEventListener("keydown", (event) => {
    const from = closest(event.target, "[role=tab]");
    const row = closest(from, "[role=tablist]");
    if (!from || !row || event.ctrlKey || event.altKey || event.metaKey) return;
    const tabs = findAll("[role=tab]", row).filter((tab) => tab.checkVisibility() && !tab.matches(":disabled"));
    const at = tabs.indexOf(from);
    /** @type {Record<string, number>} */
    const ways = { ArrowRight: at + 1, ArrowLeft: at - 1, Home: 0, End: -1 };
    const next = ways[event.key];
    if (next === undefined) return;
    event.preventDefault();
    const tab = tabs.at(next % tabs.length);
    tab?.focus();
    tab?.click();
  });
}

/**
 * Calls `stop` for an Escape in a composer or in a conversation. Elsewhere Escape closes what is open there.
 * @param {() => void} stop
 */
export function watchEscape(stop) {
  const scope = `${BOXES}, glm-log, glm-log *, #mm-out, #mm-out *, body`;
  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && !event.defaultPrevented && !composing(event) && isAt(event, scope)) stop();
  });
}
