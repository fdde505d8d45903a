// The side bar: open beside the conversation on a wide page, folded over it on a narrow one.

import { closest, find, findAll } from "../parts/dom.js";
import { focus, inSight, tabsData } from "./places.js";

export const narrow = matchMedia("(max-width: 860px)");
/** The side bar, and what it opens beside itself. */
const OVER_SIDE = "#chat-side, ul[role=listbox], .menu, dialog";

/** The button says whether the bar is open, and is there on tabs that have one. */
export function showToggle() {
  const toggle = find("#side-toggle");
  const { side } = tabsData();
  toggle?.setAttribute("aria-expanded", String(narrow.matches ? side === "open" : side !== "closed"));
  if (toggle) toggle.style.visibility = findAll("#chat-side").some(inSight) ? "" : "hidden";
}

/** Folds and unfolds it, and takes a person to the place that a button in a sentence names. A click beside it folds it
 * where a person clicked: scripts press Gradio's hidden buttons. */
export function watchSideBar() {
  narrow.addEventListener("change", showToggle);
  document.addEventListener("click", ({ target, isTrusted }) => {
    const data = tabsData();
    const place = closest(target, "[data-focus]");
    if (closest(target, "#side-toggle")) data.side = narrow.matches === (data.side !== "open") ? "open" : "closed";
    else if (place) focus(place.dataset.focus ?? "");
    else if (isTrusted && narrow.matches && data.side === "open" && !closest(target, OVER_SIDE)) data.side = "closed";
    showToggle();
  });
}
