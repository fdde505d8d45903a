// How Gradio's dropdown behaves as a model picker. It takes any text that stands in its box when the focus leaves, so a
// search that was given up would become the model's name. Here a name is taken with Enter or by choosing a row alone.

import { closest } from "../parts/dom.js";

const MOVES = new Set(["ArrowLeft", "ArrowRight", "Home", "End", "Backspace", "Delete"]);

/**
 * Watches the boxes that `selector` finds, which Gradio may make anew. Gradio lets the focus go once a name was taken with
 * Enter: `chosen` takes it on.
 * @param {string} selector
 * @param {() => void} chosen
 */
export function watchPickers(selector, chosen) {
  /** @type {string | null} */
  let picked = ""; // what the box holds while no search is under way; null once something was chosen
  let entered = false; // a name was taken with Enter, and the focus has not left the box since
  let fresh = false; // nothing was typed yet: the first letter begins a search instead of adding to the name
  /**
   * @template {keyof DocumentEventMap} K
   * @param {K} kind
   * @param {(box: HTMLInputElement, event: DocumentEventMap[K]) => void} run
   */
  const listen = (kind, run) =>
    document.addEventListener(
      kind,
      (event) => {
        const box = event.target;
        if (box instanceof HTMLInputElement && box.matches(selector)) run(box, event);
      },
      { capture: true },
    );

  /** @param {HTMLInputElement} box */
  const begin = (box) => {
    fresh = box.value === picked;
    if (fresh) box.select();
  };
  /** @param {HTMLInputElement} box */
  const giveBack = (box) => {
    if (picked === null || box.value === picked) return;
    box.value = picked;
    box.dispatchEvent(new Event("input", { bubbles: true }));
  };

  listen("focusin", (box) => {
    picked = box.value;
    begin(box);
  });
  listen("click", begin);
  listen("keydown", (box, { key, ctrlKey, metaKey }) => {
    if (key === "Enter") ((picked = null), setTimeout(() => (picked = box.value)), (entered = true));
    if (key === "Escape") (giveBack(box), (fresh = true));
    if (MOVES.has(key)) fresh = false;
    if (!fresh || key.length !== 1 || ctrlKey || metaKey) return;
    fresh = false;
    if (box.value === picked) box.select(); // Gradio sets the caret anew when its list opens
  });
  listen("blur", (box) => {
    giveBack(box);
    if (entered) setTimeout(() => document.activeElement === document.body && chosen());
    entered = false;
  });
  // A row is chosen by pressing it, before the focus leaves.
  document.addEventListener("pointerdown", ({ target }) => closest(target, "ul[role=listbox]") && (picked = null), {
    capture: true,
  });
}
