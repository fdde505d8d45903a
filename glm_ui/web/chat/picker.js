// @ts-nocheck
// How Gradio's dropdown behaves as a model picker. It takes any text that stands in its box when the focus leaves, so a
// search that was given up would become the model's name. Here a name is taken with Enter or by choosing a row alone.

const MOVES = new Set(["ArrowLeft", "ArrowRight", "Home", "End", "Backspace", "Delete"]);

/** Watches the boxes that `selector` finds, which Gradio may make anew. */
export function watchPickers(selector) {
  let picked = ""; // what the box holds while no search is under way; null once something was chosen
  let fresh = false; // nothing was typed yet: the first letter begins a search instead of adding to the name
  const listen = (kind, run) =>
    document.addEventListener(kind, (event) => event.target.matches?.(selector) && run(event.target, event), {
      capture: true,
    });

  const begin = (box) => {
    fresh = box.value === picked;
    if (fresh) box.select();
  };
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
    if (key === "Enter") ((picked = null), setTimeout(() => (picked = box.value)));
    if (key === "Escape") (giveBack(box), (fresh = true));
    if (MOVES.has(key)) fresh = false;
    if (!fresh || key.length !== 1 || ctrlKey || metaKey) return;
    fresh = false;
    if (box.value === picked) box.select(); // Gradio sets the caret anew when its list opens
  });
  listen("blur", giveBack);
  // A row is chosen by pressing it, before the focus leaves.
  document.addEventListener("pointerdown", ({ target }) => target.closest?.("ul[role=listbox]") && (picked = null), {
    capture: true,
  });
}
