// The language of the page: its words, and the switch. first.js has decided which; English is in the page already, the
// words of another language are fetched before anything is drawn.

import { appearanceMenu } from "../page/appearance.js";
import { el, find } from "./dom.js";

const KEPT = "glm-ui-language"; // read by first.js
const ENGLISH = "en";

const decided = () => document.documentElement.dataset.language ?? ENGLISH;
let now = ENGLISH;

/** What a request says so that the server answers in the page's language. */
export const languageHeader = () => ({ "accept-language": now });

/**
 * The page's configuration in the language to speak. Where its words cannot be fetched the page stays English.
 * @param {Wire.Config} config
 */
export async function inLanguage(config) {
  const key = decided();
  if (key !== ENGLISH) {
    try {
      const answer = await fetch("glm_ui/words", { headers: { "accept-language": key } });
      if (!answer.ok) throw new Error(String(answer.status));
      const spoken = await answer.json();
      config = { ...config, ...spoken, multimodal: { ...config.multimodal, ...spoken.multimodal } };
      now = key;
    } catch (reason) {
      console.warn("The page stays English:", reason);
      document.documentElement.lang = ENGLISH;
    }
  }
  relabel(config);
  document.querySelector("#bar")?.append(appearanceMenu(config.words.appearance), languageSwitch(config));
  return config;
}

/**
 * What stands in the page and its style sheets already.
 * @param {Wire.Config} config
 */
function relabel({ words, multimodal }) {
  for (const [place, label] of [
    ["#skip", words.skip],
    ["#side-toggle", words.side_bar],
    ["glm-log", words.conversation_log],
  ]) {
    const found = find(place);
    found?.setAttribute("aria-label", label);
    if (found?.title) found.title = label;
  }
  const { tap, drop } = multimodal.words;
  const zone = matchMedia("(pointer: coarse)").matches ? tap : drop; // a finger drops nothing
  document.documentElement.style.setProperty("--glm-words-drop", JSON.stringify(zone));
}

/**
 * A button for each other language, which keeps the choice and opens the page anew.
 * @param {Wire.Config} config
 */
function languageSwitch({ languages }) {
  const others = Object.entries(languages).filter(([key]) => key !== now);
  return el(
    "span",
    { id: "bar-languages" },
    ...others.map(([key, name]) =>
      el("button", { type: "button", class: "bar-language", lang: key, onclick: () => choose(key) }, name),
    ),
  );
}

/** @param {string} key */
function choose(key) {
  const address = new URL(location.href);
  address.searchParams.delete("lang");
  try {
    localStorage.setItem(KEPT, key);
  } catch {
    address.searchParams.set("lang", key); // a browser that keeps nothing for this page
  }
  if (address.href === location.href) location.reload();
  else location.assign(address);
}
