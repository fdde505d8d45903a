// Where things are on the page that Gradio draws: its row of tabs, its boxes and buttons. What is moved to is shown first.

import { closest, find, findAll } from "../parts/dom.js";

/** @type {Record<string, string>} */
const CHAT = {
  input: "#chat-input textarea",
  key: "#api-key input",
  model: "#chat-model input",
  settings: "#chat-more button",
};
/** @type {Record<string, string>} */
const MULTIMODAL = {
  input: "#mm-input textarea",
  key: "#mm-key input",
  model: "#mm-model input",
  settings: "#mm-more button",
};
/** @type {DOMStringMap} */
const NOTHING = {};

/** What the row of tabs knows: `side`, `keys`. */
export const tabsData = () => find("#tabs")?.dataset ?? NOTHING;

/** Keys of the providers that can be asked. */
export const usable = () => (tabsData().keys ?? "").split(" ");

/** @type {Record<string, string>} */
const picked = {};
/**
 * @param {string} tab
 * @param {string} value
 */
export const setPicked = (tab, value) => (picked[tab] = value);
/**
 * The model that is picked on a tab, as a choice: what its box shows is said in the page's language.
 * @param {Pick<Wire.Config, "picked">} config
 * @param {string} tab chat or multimodal
 */
export const pickedOn = (config, tab) => picked[tab] ?? config.picked[tab] ?? "";

/** Shows the side bar where it is folded away. */
export const showSide = () => (tabsData().side = "open");

/** @param {string} id */
export const click = (id) => find(`#${id}`)?.click();

/**
 * Whether the tab that this stands on is in sight.
 * @param {Element} each
 */
export const inSight = (each) => Boolean(closest(each, ".tabitem")?.offsetParent);

/** What is known of the model that is picked on the tab in sight. One alone is not looked for: that would lay out the page. */
export function facts() {
  const all = findAll("glm-facts");
  return ((all.length > 1 && all.find(inSight)) || all[0])?.dataset ?? NOTHING;
}

/** What a person came for, on each tab. */
const MAIN = "#chat-input textarea, #mm-input textarea, #models-tab input";

/** @param {string} what input, key, model or settings; main: past the bar and the side bar */
export function focus(what) {
  if (what === "model" && pickModel()) return undefined;
  if (what === "main") return findAll(MAIN).find(inSight)?.focus();
  if (find("#mm-tab")?.offsetParent) return focusMultimodal(what);
  if (what !== "input") tabsData().side = "open";
  return find(CHAT[what])?.focus();
}

/** Opens the list of models in the composer of the tab in sight, unless it is open; false where there is none. */
function pickModel() {
  const chip = findAll(".model-chip").find(inSight);
  if (chip?.ariaExpanded === "false") chip.click();
  return Boolean(chip);
}

/** @param {string} what */
export function focusMultimodal(what) {
  const folded = ["key", "settings"].includes(what) && !find("#mm-key")?.offsetParent;
  if (folded) find("#mm-more > button")?.click();
  setTimeout(() => find(MULTIMODAL[what])?.focus(), 50);
}
