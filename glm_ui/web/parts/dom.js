// Building elements: the only place where tags are made from words. No state, no network.

import { toClipboard } from "./clipboard.js";

/**
 * Attributes by name; `on…` is a listener. What is undefined, null or false is left out.
 * @typedef {Record<string, any>} Attributes
 * @typedef {Node | string | null | undefined} Child
 */

/**
 * el("button", {class: "x", onclick: f, "aria-label": "Copy"}, child, "text")
 * @template {keyof HTMLElementTagNameMap} T
 * @param {T} tag
 * @param {Attributes} [attributes]
 * @param {...Child} children
 * @returns {HTMLElementTagNameMap[T]}
 */
export function el(tag, attributes = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === undefined || value === null || value === false) continue;
    if (name.startsWith("on")) node.addEventListener(name.slice(2), value);
    else node.setAttribute(name, value === true ? "" : value);
  }
  node.append(...children.filter((child) => child !== null && child !== undefined));
  return node;
}

// 16×16 outlines, one path each.
/** @type {Record<string, string>} */
const ICONS = {
  copy: "M5.5 5.5v-3h8v8h-3M2.5 5.5h8v8h-8z",
  text: "M1.5 12.5L5 3.5h.6l3.5 9M2.8 9.4h5M10 12.5l2.1-5.5h.5l2.1 5.5M10.8 10.6h3.1",
  check: "M3 8.5l3.2 3.2L13 4.8",
  retry: "M13 8a5 5 0 1 1-1.6-3.7M13 2v3h-3",
  edit: "M10.8 2.8l2.4 2.4L5.6 12.8l-3.1.7.7-3.1z",
  undo: "M6 3L2.5 6.5 6 10M2.5 6.5H10a3.5 3.5 0 0 1 0 7H7",
  left: "M9.5 3.5L5 8l4.5 4.5",
  right: "M6.5 3.5L11 8l-4.5 4.5",
  plus: "M8 3v10M3 8h10",
  menu: "M2.5 4.5h11M2.5 8h11M2.5 11.5h11",
  tool: "M9.5 2.6a3.4 3.4 0 0 0-3.4 4.6l-3.7 3.7 2.1 2.1 3.7-3.7a3.4 3.4 0 0 0 4.4-4.2L10.6 7 9 5.4l1.9-2a3.4 3.4 0 0 0-1.4-.8z",
  pin: "M5.5 2.5h5l-.8 4 2.3 2.5H4l2.3-2.5zM8 9v4.5",
  trash: "M3 4.5h10M6.5 4.5v-2h3v2M4.5 4.5l.6 9h5.8l.6-9",
  search: "M7 11.5a4.5 4.5 0 1 0 0-9 4.5 4.5 0 0 0 0 9zM10.4 10.4l3.1 3.1",
  close: "M4 4l8 8M12 4l-8 8",
  code: "M5.5 4.5L2 8l3.5 3.5M10.5 4.5L14 8l-3.5 3.5",
  camera: "M2.5 5h2.7l1.2-1.8h3.2L10.8 5h2.7v8h-11zM8 11.2a2.4 2.4 0 1 0 0-4.8 2.4 2.4 0 0 0 0 4.8z",
  link: "M6.8 9.2a2.6 2.6 0 0 0 3.7 0l2.2-2.2A2.6 2.6 0 1 0 9 3.3l-.8.8M9.2 6.8a2.6 2.6 0 0 0-3.7 0L3.3 9A2.6 2.6 0 1 0 7 12.7l.8-.8",
  enlarge: "M9.5 2.5h4v4M13.5 2.5L9 7M6.5 13.5h-4v-4M2.5 13.5L7 9",
  download: "M8 2.5v7.5M4.8 7L8 10.2 11.2 7M3 13.5h10",
  more: "M3.5 8h.01M8 8h.01M12.5 8h.01",
  stop: "M4 4h8v8H4z",
  wrap: "M2.5 4h11M2.5 8h8.5a2 2 0 0 1 0 4H8M9.5 10.5L8 12l1.5 1.5M2.5 12h2.5",
  lines: "M6 4h7.5M6 8h7.5M6 12h7.5M2.5 4h.01M2.5 8h.01M2.5 12h.01",
  file: "M3.5 2.5h6l3 3v8h-9zM9.5 2.5v3h3",
  chat: "M2.5 3h11v8.5H7L4 14v-2.5H2.5z",
  chevron: "M4.5 6.5L8 10l3.5-3.5",
  speaker: "M2.5 6.2v3.6h2.4L8.5 13V3L4.9 6.2zM10.7 6a2.8 2.8 0 0 1 0 4M12.4 4.2a5.4 5.4 0 0 1 0 7.6",
  microphone:
    "M8 10a2.2 2.2 0 0 0 2.2-2.2V4.2a2.2 2.2 0 0 0-4.4 0v3.6A2.2 2.2 0 0 0 8 10zM3.8 7.8a4.2 4.2 0 0 0 8.4 0M8 12v2",
  star: "M8 2.2l1.8 3.7 4 .6-2.9 2.8.7 4L8 11.4l-3.6 1.9.7-4-2.9-2.8 4-.6z",
  slash: "M2.5 2.5h11v11h-11zM9.5 5l-3 6",
  person: "M8 8.2a2.7 2.7 0 1 0 0-5.4 2.7 2.7 0 0 0 0 5.4zM2.8 13.5c.6-2.6 2.6-4 5.2-4s4.6 1.4 5.2 4",
  up: "M8 13V4M4.2 7.6L8 3.8l3.8 3.8",
  picture: "M2.5 3.5h11v9h-11zM2.5 11l3.2-3 2.6 2.2 2-1.7 3.2 2.7M10.6 6.4h.01",
  compare: "M2.5 3h4.5v10H2.5zM9 3h4.5v10H9z",
  thinking: "M6 12.3h4M6.6 14.5h2.8M5.9 10.2a4.2 4.2 0 1 1 4.2 0v.1H5.9z",
  no_thinking: "M6 12.3h4M6.6 14.5h2.8M5.9 10.2a4.2 4.2 0 1 1 4.2 0v.1H5.9zM2.2 1.8l11.6 12.4",
  region: "M2.5 5V2.5H5M11 2.5h2.5V5M13.5 11v2.5H11M5 13.5H2.5V11M7 2.5h2M13.5 7v2M7 13.5h2M2.5 7v2",
  down: "M8 3v9M4.2 8.4L8 12.2l3.8-3.8",
};

/**
 * The path of an icon.
 * @param {string} name one of ICONS
 */
export const outline = (name) => ICONS[name];

/** @param {string} name one of ICONS */
export function icon(name) {
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  svg.setAttribute("viewBox", "0 0 16 16");
  svg.setAttribute("class", "icon");
  svg.setAttribute("aria-hidden", "true");
  const path = document.createElementNS("http://www.w3.org/2000/svg", "path");
  path.setAttribute("d", ICONS[name]);
  svg.append(path);
  return svg;
}

/**
 * @param {string} name
 * @param {string} label
 * @param {(event: any) => unknown} onclick
 */
export function iconButton(name, label, onclick) {
  return el("button", { type: "button", class: "icon-button", "aria-label": label, title: label, onclick }, icon(name));
}

/**
 * A heading that screen readers find and nobody sees. Its words are no text of the page, so that no copy holds them.
 * @param {string} name
 */
export const turnHeading = (name) => el("h2", { class: "off-screen", "aria-label": name });

/**
 * @param {unknown} place
 * @returns {place is HTMLElement | SVGElement}
 */
const isFocusable = (place) => place instanceof HTMLElement || place instanceof SVGElement;

/**
 * Runs `draw`, which makes elements inside `root` anew. If one of them had the focus, the new element with the same
 * data-key gets it; if that cannot take it (a disabled or hidden button), its neighbour does, or else `root`.
 * @template T
 * @param {HTMLElement} root
 * @param {() => T} draw
 * @returns {T}
 */
export function keepingFocus(root, draw) {
  const before = document.activeElement;
  const inside = root !== before && root.contains(before);
  const key = inside && isFocusable(before) ? before.dataset.key : undefined;
  const drawn = draw();
  if (key === undefined || document.activeElement === before) return drawn;
  const same = root.querySelector(`[data-key="${CSS.escape(key)}"]`);
  for (const place of [same, ...(same?.parentElement?.children ?? []), root]) {
    if (isFocusable(place)) place.focus({ preventScroll: true });
    if (place && document.activeElement === place) break;
  }
  return drawn;
}

/**
 * Copies `text`, and shows for a moment on `button` that it did.
 * @param {string} text
 * @param {HTMLElement | null} [button]
 */
export async function copyText(text, button) {
  const copied = await toClipboard(text);
  if (!copied || !button || button.dataset.copied) return;
  const old = [...button.childNodes];
  button.dataset.copied = "yes";
  button.replaceChildren(icon("check"));
  setTimeout(() => {
    delete button.dataset.copied;
    button.replaceChildren(...old);
  }, 1200);
}

const PATIENCE = 30_000;
const AGAIN = 250;

/**
 * Asks `fact` until it gives something; resolves to that, or to null when patience ends.
 * @template T
 * @param {() => T | null | undefined | false | ""} fact
 * @returns {Promise<T | null>}
 */
export async function until(fact) {
  for (const end = Date.now() + PATIENCE; Date.now() < end;) {
    const it = fact();
    if (it) return it;
    await new Promise((done) => setTimeout(done, AGAIN));
  }
  return null;
}

/**
 * Resolves when what was drawn is on the screen; in a page that nobody looks at, soon.
 * @returns {Promise<void>}
 */
export const painted = () =>
  new Promise((done) => {
    const late = setTimeout(done, 100);
    requestAnimationFrame(() => setTimeout(() => (clearTimeout(late), done())));
  });

/**
 * The first element that `selector` finds below `root`, where it is one of HTML's.
 * @param {string} selector
 * @param {ParentNode} [root]
 */
export function find(selector, root = document) {
  const found = root.querySelector(selector);
  return found instanceof HTMLElement ? found : null;
}

/**
 * Of HTML's elements that `selector` finds below `root`, all.
 * @param {string} selector
 * @param {ParentNode} [root]
 * @returns {Array<HTMLElement>}
 */
export const findAll = (selector, root = document) =>
  [...root.querySelectorAll(selector)].filter((each) => each instanceof HTMLElement);

/**
 * The element that `selector` finds at or above what an event was about.
 * @param {EventTarget | null} target
 * @param {string} selector
 */
export function closest(target, selector) {
  const found = target instanceof Element ? target.closest(selector) : null;
  return found instanceof HTMLElement ? found : null;
}

/**
 * What a box holds that may not be there.
 * @param {string} selector
 */
export function valueOf(selector) {
  const box = document.querySelector(selector);
  return box instanceof HTMLInputElement || box instanceof HTMLTextAreaElement ? box.value : undefined;
}
