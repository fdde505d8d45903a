// Writing into Gradio's message box as a person would: the browser's own undo knows of it, and Gradio hears of it.

/**
 * Puts `text` in the place of what stands from `from` to `to`; the caret stands behind it.
 * @param {HTMLTextAreaElement} box
 * @param {number} from
 * @param {number} to
 * @param {string} text
 */
export function write(box, from, to, text) {
  box.focus();
  box.setSelectionRange(from, to);
  if (from === to && !text) return;
  const done = document.execCommand(text ? "insertText" : "delete", false, text);
  if (done && box.value.startsWith(text, from)) return;
  box.setRangeText(text, from, to, "end"); // a browser without the command
  box.dispatchEvent(new Event("input", { bubbles: true }));
}

/**
 * Gives the box the focus and its caret: a dialog that was taken away gives back the focus alone, and nothing typed would
 * arrive.
 * @param {HTMLTextAreaElement | null} box
 */
export function focusBox(box) {
  if (!box) return;
  const { selectionStart: from, selectionEnd: to } = box;
  box.blur();
  box.focus();
  box.setSelectionRange(from, to);
}

/**
 * The box that `selector` finds: Gradio may make it anew.
 * @param {string} selector
 */
export function boxAt(selector) {
  const found = document.querySelector(selector);
  return found instanceof HTMLTextAreaElement ? found : null;
}
