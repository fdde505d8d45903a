// @ts-nocheck
// What a key means in a box that a person writes in. The Chat tab's and the Multimodal tab's boxes are Gradio's: their keys
// are looked at here before Gradio sees them.

const BOXES = "#chat-input textarea, #mm-input textarea";
const touch = matchMedia("(pointer: coarse)");

/** An input method is at work: its Enter takes a candidate and its Escape drops one. Safari says so by the key code alone. */
export const composing = (event) => event.isComposing || event.keyCode === 229;

/** Enter sends; Shift+Enter breaks the line, and on a touch screen, which has no Shift+Enter, Enter does. */
export const sends = (event) => event.key === "Enter" && !event.shiftKey && !composing(event) && !touch.matches;

/** Keeps from Gradio each Enter that does not send. The browser still writes the line break. */
export function watchComposers() {
  const look = (event) =>
    event.key === "Enter" && event.target.matches?.(BOXES) && !sends(event) && event.stopPropagation();
  for (const kind of ["keydown", "keypress"]) document.addEventListener(kind, look, { capture: true });
}

/** In a row of tabs the arrow keys, Home and End go to another tab and open it. */
export function watchTabs() {
  document.addEventListener("keydown", (event) => {
    const row = event.target.closest?.("[role=tab]")?.closest("[role=tablist]");
    if (!row || event.ctrlKey || event.altKey || event.metaKey) return;
    const tabs = [...row.querySelectorAll("[role=tab]")].filter((tab) => tab.checkVisibility() && !tab.disabled);
    const at = tabs.indexOf(event.target.closest("[role=tab]"));
    const next = { ArrowRight: at + 1, ArrowLeft: at - 1, Home: 0, End: -1 }[event.key];
    if (next === undefined) return;
    event.preventDefault();
    const tab = tabs.at(next % tabs.length);
    tab.focus();
    tab.click();
  });
}

/** Calls `stop` for an Escape in a composer or in a conversation. Elsewhere Escape closes what is open there. */
export function watchEscape(stop) {
  const scope = `${BOXES}, glm-log, glm-log *, #mm-out, #mm-out *, body`;
  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && !event.defaultPrevented && !composing(event) && event.target.matches?.(scope)) stop();
  });
}
