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
 * Copies HTML, and text for programs that take none. The forms may still be made when this is called: a browser lets be
 * copied only what is asked for at once. Resolves to whether they are on the clipboard.
 * @param {Promise<{html: string, text: string}>} forms
 */
export async function formattedToClipboard(forms) {
  /**
   * @param {string} type
   * @param {"html" | "text"} form
   */
  const blob = async (type, form) => new Blob([(await forms)[form]], { type });
  try {
    const item = new ClipboardItem({
      "text/html": blob("text/html", "html"),
      "text/plain": blob("text/plain", "text"),
    });
    await navigator.clipboard.write([item]);
    return true;
  } catch {
    const { html, text } = await forms;
    return byCommand(text, html);
  }
}

/**
 * Copies a PNG picture. Resolves to whether it is on the clipboard.
 * @param {Blob} picture
 */
export async function pictureToClipboard(picture) {
  try {
    await navigator.clipboard.write([new ClipboardItem({ "image/png": picture })]);
    return true;
  } catch {
    return false;
  }
}

/**
 * Whether a paste is meant as text though it holds a file: cells of a sheet come as text, as HTML and as a picture of them.
 * A file that was copied in a folder may bring its name as text, and a picture of a web page its HTML.
 * @param {ReadonlyArray<string>} types of what was copied
 */
export const meansText = (types) => types.includes("text/plain") && types.includes("text/html");

/**
 * The files that come with a paste and are meant. A picture without a name of its own gets the time as one.
 * @param {ClipboardEvent} event
 */
export function pastedFiles({ clipboardData }) {
  if (meansText(clipboardData?.types ?? [])) return [];
  const time = new Date().toTimeString().slice(0, 8).replaceAll(":", "");
  return [...(clipboardData?.files ?? [])].map((file, i) =>
    file.name === "image.png" ? new File([file], `pasted-${time}${i || ""}.png`, { type: file.type }) : file,
  );
}

/**
 * Selects a hidden box: inside the open dialog, because everything outside it can have no selection.
 * @param {string} text
 * @param {string} [html]
 */
function byCommand(text, html) {
  const before = document.activeElement;
  const box = document.createElement("textarea");
  box.value = text;
  box.readOnly = true;
  box.style.cssText = "position:fixed;top:0;left:-9999px";
  (before?.closest("dialog") ?? document.body).append(box);
  box.select();
  /** @param {ClipboardEvent} event */
  const fill = (event) => {
    event.preventDefault();
    event.clipboardData?.setData("text/plain", text);
    event.clipboardData?.setData("text/html", html ?? "");
  };
  if (html !== undefined) document.addEventListener("copy", fill, { once: true });
  const copied = document.execCommand("copy");
  document.removeEventListener("copy", fill);
  box.remove();
  if (before instanceof HTMLElement || before instanceof SVGElement) before.focus({ preventScroll: true });
  return copied;
}
