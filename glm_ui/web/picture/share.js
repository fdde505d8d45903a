// "Share as a picture": a dialog that draws an answer or a conversation, shows the pictures, and lets them be copied or
// saved.

import { TurnView } from "../chat/turn_view.js";
import { fileName, save, wordsOfFile } from "../conversations/export.js";
import { pictureToClipboard } from "../parts/clipboard.js";
import { el, find } from "../parts/dom.js";
import { frame } from "../parts/menu.js";
import { picturesOf } from "./render.js";
import { looks, rowsOf, TooLong } from "./sheet.js";

/**
 * @typedef {object} Shared
 * @property {Page.Conversation} record
 * @property {Page.ChatNode} [answer] this one alone, with its question
 * @property {Wire.Words} words
 * @property {Page.AnyChat} [chat] where the conversation is open: thinking that is unfolded there is in the picture
 */

/** @param {Shared} shared */
export async function sharePicture(shared) {
  const { reading } = shared.words;
  const view = openDialog(reading);
  try {
    const pictures = await drawnOf(shared);
    if (!view.dialog.open) return;
    const name = fileName(shared.record.title || shared.words.list.untitled, "png");
    view.show(pictures, reading);
    const ways = buttons(pictures, name, reading, view.tell);
    view.actions.append(...ways);
    ways.at(-1)?.focus();
  } catch (reason) {
    view.tell(reason instanceof TooLong ? reading.share_long : reading.share_failed);
  }
}

/** @param {Shared} shared */
async function drawnOf({ record, answer, words, chat }) {
  /** @param {string} id */
  const isOpen = (id) => {
    const view = chat?.log.viewOf(id);
    return view instanceof TurnView && Boolean(find("details.thinking[open]:not([hidden])", view.root));
  };
  return picturesOf(
    await rowsOf(structuredClone(record), { answer, words: wordsOfFile(words), isOpen }),
    await looks(),
  );
}

/** @param {Wire.Words["reading"]} words */
function openDialog(words) {
  const said = el("p", { role: "status" }, words.share_drawing);
  const place = el("div", { class: "share-pictures", role: "group", tabindex: "0", "aria-label": words.share_title });
  place.hidden = true;
  const close = el(
    "button",
    { type: "button", class: "dialog-action", onclick: () => dialog.close() },
    words.share_close,
  );
  const actions = el("div", { class: "dialog-actions" }, close);
  const look = { class: "glm question share", "aria-label": words.share_title };
  const dialog = el("dialog", look, el("h2", {}, words.share_title), said, place, actions);
  /** @type {Array<string>} */
  const addresses = [];
  dialog.addEventListener("keydown", (event) => event.key === "Escape" && event.stopPropagation());
  dialog.addEventListener("close", () => {
    dialog.remove();
    for (const address of addresses) URL.revokeObjectURL(address);
  });
  frame().append(dialog);
  dialog.showModal();
  /** @param {string} text */
  const tell = (text) => (said.textContent = text);
  /**
   * @param {Array<Blob>} pictures
   * @param {Wire.Words["reading"]} reading
   */
  const show = (pictures, reading) => {
    addresses.push(...pictures.map((picture) => URL.createObjectURL(picture)));
    const alt = (/** @type {number} */ i) => counted(reading.share_one, i + 1, pictures.length);
    place.append(...addresses.map((src, i) => el("img", { src, alt: alt(i) })));
    place.hidden = false;
    tell(pictures.length > 1 ? counted(reading.share_several, 1, pictures.length) : "");
  };
  return { dialog, actions, tell, show };
}

/**
 * @param {string} text
 * @param {number} n
 * @param {number} all
 */
const counted = (text, n, all) => text.replace("{n}", String(n)).replace("{all}", String(all));

/**
 * Copying, of one picture where the browser can, and saving.
 * @param {Array<Blob>} pictures
 * @param {string} name of the file
 * @param {Wire.Words["reading"]} words
 * @param {(text: string) => void} tell
 */
function buttons(pictures, name, words, tell) {
  const copy = async () => tell((await pictureToClipboard(pictures[0])) ? words.copied : words.not_copied);
  const keep = () => {
    for (const [i, picture] of pictures.entries()) save(namedFile(name, i, pictures.length), [picture], "image/png");
    tell(words.share_saved.replace("{name}", name));
  };
  const can = pictures.length === 1 && typeof ClipboardItem === "function";
  return [
    ...(can ? [el("button", { type: "button", class: "dialog-action", onclick: copy }, words.share_copy)] : []),
    el("button", { type: "button", class: "dialog-action main", onclick: keep }, words.share_save),
  ];
}

/**
 * @param {string} name
 * @param {number} i
 * @param {number} all
 */
const namedFile = (name, i, all) => (all > 1 ? name.replace(/\.png$/, ` (${i + 1}).png`) : name);
