// The clipboard: writing to it, also where `navigator.clipboard` is missing (plain HTTP off localhost) or refused (a frame of
// another site). No words and no buttons.

/**
 * Copies `text`. Resolves to whether it is on the clipboard.
 * @param {string} text
 */
export async function toClipboard(text) {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    return byCommand(text);
  }
}

/**
 * The files that come with a paste. A picture without a name of its own gets the time as one.
 * @param {ClipboardEvent} event
 */
export function pastedFiles({ clipboardData }) {
  const time = new Date().toTimeString().slice(0, 8).replaceAll(":", "");
  return [...(clipboardData?.files ?? [])].map((file, i) =>
    file.name === "image.png" ? new File([file], `pasted-${time}${i || ""}.png`, { type: file.type }) : file,
  );
}

/**
 * Selects a hidden box: inside the open dialog, because everything outside it can have no selection.
 * @param {string} text
 */
function byCommand(text) {
  const before = document.activeElement;
  const box = document.createElement("textarea");
  box.value = text;
  box.readOnly = true;
  box.style.cssText = "position:fixed;top:0;left:-9999px";
  (before?.closest("dialog") ?? document.body).append(box);
  box.select();
  const copied = document.execCommand("copy");
  box.remove();
  if (before instanceof HTMLElement || before instanceof SVGElement) before.focus({ preventScroll: true });
  return copied;
}
