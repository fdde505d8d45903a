// What is typed before the drafts are loaded: kept by this tab of the browser, until they take it over.

import { forget, remember, remembered } from "../chat/tab_memory.js";

/**
 * From now on keeps what the box that `box` finds holds. `left` is what a page before this one left there, at the same
 * address.
 * @param {string} box
 */
export function keepEarly(box) {
  const name = `glm-ui-early ${box}`;
  /** @type {{at: string, text: string} | null} */
  const left = JSON.parse(remembered(name) ?? "null");
  let held = false; // an empty box is put there while the page loads, which takes nothing away
  /** @param {string} text */
  const put = (text) => {
    held ||= Boolean(text);
    if (text) remember(name, JSON.stringify({ at: location.hash, text }));
    else if (held) forget(name);
  };
  /** @param {Event} event */
  const heard = ({ target }) => {
    if (target instanceof HTMLTextAreaElement && target.matches(box)) put(target.value);
  };
  document.addEventListener("input", heard);
  const already = document.querySelector(box);
  if (already instanceof HTMLTextAreaElement && already.value) put(already.value);
  return {
    left: left?.at === location.hash ? left.text : "",
    put,
    /** The drafts have it. */
    end() {
      document.removeEventListener("input", heard);
      forget(name);
    },
  };
}
