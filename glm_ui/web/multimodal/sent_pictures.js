// The pictures of a question as its model saw them: fetched from the server once they are looked at, regions cut out of
// them, boxes written down. Draws nothing.

import { fileRef } from "../chat/turn.js";
import { el } from "../parts/dom.js";
import { visitor } from "../server/identity.js";
import { post, postJson } from "../server/request.js";

const MAX_KEPT = 8 * 2 ** 20; // bytes of one picture
const FIRST_MODEL = "glm-4.5v";

/** @typedef {Page.ChatNode | import("./next_question.js").Next} Owner the question whose picture it is */

export class SentPictures {
  /** @param {import("../chat/chat.js").Chat} chat */
  constructor(chat) {
    this.chat = chat;
  }

  /**
   * @param {Owner} owner
   * @param {Page.Picture} seen
   * @returns {Wire.Wanted}
   */
  #wanted(owner, seen) {
    const { conversation, session } = this.chat;
    const route = conversation.nodes.find(({ parent, model }) => parent === owner.id && model) ?? owner;
    return {
      visitor: visitor(),
      session: session(),
      model: route.model ?? FIRST_MODEL,
      provider: route.provider ?? null,
      file: fileRef(owner.files[seen.file]),
      item: seen.item,
    };
  }

  /**
   * A picture as it was sent: kept with the conversation once it was seen, for the server forgets uploads soon.
   * @param {Owner} owner
   * @param {Page.Picture} seen
   */
  async fetch(owner, seen) {
    if (seen.sent instanceof Blob) return seen.sent;
    const answer = await post("picture", this.#wanted(owner, seen));
    const picture = await answer.blob();
    if (picture.size <= MAX_KEPT && this.chat.conversation.nodes.some((node) => node === owner)) {
      seen.sent = picture;
      this.chat.keep(true);
    }
    return picture;
  }

  /**
   * The region as an upload of its own.
   * @param {Owner} owner
   * @param {Page.Picture} seen
   * @param {Pick<Wire.Region, "box" | "label" | "drawn">} found
   */
  cut(owner, seen, { box, label, drawn }) {
    return postJson("region", { ...this.#wanted(owner, seen), box, label, drawn });
  }
}

/**
 * Boxes as a file in COCO's format, which the browser saves.
 * @param {{boxes: Array<Wire.BoxTold>, pictures: Array<Page.Picture>}} found
 */
export async function saveBoxes({ boxes, pictures }) {
  /** @type {Wire.Boxes} */
  const said = {
    boxes: boxes.map(({ box, label, picture }) => ({ box, label, picture })),
    pictures: pictures.map(({ name, size }) => [name, size ?? [1000, 1000]]),
  };
  const answer = await post("coco", said);
  const link = el("a", { href: URL.createObjectURL(await answer.blob()), download: "boxes.json" });
  link.click();
  URL.revokeObjectURL(link.href);
}
