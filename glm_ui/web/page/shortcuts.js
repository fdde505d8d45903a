// Shortcuts of the page: which keys mean what, and which are turned off. A key without Ctrl or ⌘ counts only where nothing
// is being written, and no key of an input method ever counts.

const OFF = "glm-ui-shortcuts-off";

/**
 * By name: the key; `mod`: with Ctrl, on a Mac ⌘; `anywhere`: also while something is being written. `elsewhere` means that
 * another listener does it (keys.js), and here it is only listed.
 * @typedef {{key: string, mod?: boolean, shift?: boolean, alt?: boolean, anywhere?: boolean, elsewhere?: boolean}} Shortcut
 */

/** @type {Record<string, Shortcut>} */
export const SHORTCUTS = {
  new: { key: "o", mod: true, shift: true, anywhere: true },
  search: { key: "k", mod: true, anywhere: true },
  find: { key: "f", mod: true, shift: true, anywhere: true },
  focus: { key: "/" },
  stop: { key: "Escape", elsewhere: true },
  copy: { key: "c", mod: true, shift: true, anywhere: true },
  next: { key: "ArrowDown", alt: true },
  previous: { key: "ArrowUp", alt: true },
  models: { key: "l", mod: true, shift: true, anywhere: true },
  sheet: { key: "?" },
};

const WRITING = "input:not([type=checkbox], [type=radio], [type=button]), textarea, select, [contenteditable]";

/**
 * The name of the shortcut that a key means, or "".
 * @param {Pick<KeyboardEvent, "key" | "code" | "ctrlKey" | "metaKey" | "shiftKey" | "altKey" | "isComposing" | "keyCode">} event
 * @param {{writing: boolean, mac: boolean, off: Set<string>}} at `writing`: the focus is where one writes
 */
export function shortcutOf(event, { writing, mac, off }) {
  if (event.isComposing || event.keyCode === 229) return "";
  const mod = mac ? event.metaKey && !event.ctrlKey : event.ctrlKey && !event.metaKey;
  const other = mac ? event.ctrlKey : event.metaKey;
  /** @param {Shortcut} shortcut */
  const means = (shortcut) =>
    sameKey(event, shortcut) &&
    !other &&
    mod === Boolean(shortcut.mod) &&
    event.altKey === Boolean(shortcut.alt) &&
    (event.shiftKey === Boolean(shortcut.shift) || isSign(shortcut.key)) &&
    !(writing && !shortcut.anywhere) &&
    !shortcut.elsewhere;
  const found = Object.keys(SHORTCUTS).find((name) => means(SHORTCUTS[name])) ?? "";
  return off.has(found) ? "" : found;
}

/** A sign may need Shift on one keyboard and not on another. @param {string} key */
const isSign = (key) => key === "/" || key === "?";

/**
 * A letter is known by its place where the keyboard writes other letters.
 * @param {Pick<KeyboardEvent, "key" | "code">} event
 * @param {Shortcut} shortcut
 */
const sameKey = ({ key, code }, { key: wanted }) =>
  key.toLowerCase() === wanted.toLowerCase() ||
  (wanted.length === 1 && /^[a-z]$/.test(wanted) && !/^[a-z]$/i.test(key) && code === `Key${wanted.toUpperCase()}`);

/** @param {EventTarget | null} target */
export const isWriting = (target) => target instanceof Element && Boolean(target.closest(WRITING));

export const onMac = () => /Mac|iPhone|iPad/.test(navigator.platform);

/** Names of shortcuts that are turned off in this browser. */
export function turnedOff() {
  try {
    return new Set((localStorage.getItem(OFF) ?? "").split(" ").filter(Boolean));
  } catch {
    return new Set();
  }
}

/** @param {Set<string>} off */
export function turnOff(off) {
  try {
    localStorage.setItem(OFF, [...off].join(" "));
  } catch {
    // Blocked in a third-party frame: it then lasts as long as the page.
  }
}

/**
 * Does what a key means.
 * @param {Record<string, () => unknown>} acts by name
 * @param {() => Set<string>} off
 */
export function watchShortcuts(acts, off) {
  const mac = onMac();
  document.addEventListener("keydown", (event) => {
    if (event.defaultPrevented || event.repeat || document.querySelector("dialog[open]")) return;
    const name = shortcutOf(event, { writing: isWriting(event.target), mac, off: off() });
    if (!name || !acts[name]) return;
    event.preventDefault();
    acts[name]();
  });
}
