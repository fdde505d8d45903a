// The one picture in the frame: its thumbnail at first, then what was fetched. Draws no boxes.

import { el } from "../parts/dom.js";

/**
 * @typedef {import("./sent_pictures.js").Owner} Owner
 * @typedef {[number, number]} Size width and height, in pixels
 * @typedef {(owner: Owner, seen: Page.Picture) => Promise<Blob>} FetchPicture
 */

export class ShownPicture {
  /**
   * What was fetched, or is being fetched, by key.
   * @type {Map<string, Promise<Blob>>}
   */
  #fetched = new Map();
  /** @type {HTMLImageElement | null} */
  #image = null;
  /** The address that the image is loaded from. */
  #address = "";
  /** No more than the thumbnail is left of it. */
  small = false;

  /** @param {FetchPicture} fetchPicture */
  constructor(fetchPicture) {
    this.fetchPicture = fetchPicture;
  }

  /**
   * An image of this picture in place of the one before.
   * @param {Owner} owner
   * @param {Page.Picture} seen
   * @param {{key: string, size: Size, onload: () => void}} how `onload` is called once it is known how much of it is left
   */
  show(owner, seen, { key, size: [width, height], onload }) {
    this.clear();
    const image = el("img", { class: "mm-picture waiting", alt: seen.name, width, height, draggable: "false" });
    if (seen.thumb) image.src = seen.thumb;
    this.#image = image;
    void this.#load(image, owner, seen, key).then(onload);
    return image;
  }

  /**
   * Nothing is shown. A browser holds a picture until its address is given up, and an image that still loads from an
   * address that was given up is an error in the console: so it stops loading first.
   */
  clear() {
    this.#image?.removeAttribute("src");
    if (this.#address) URL.revokeObjectURL(this.#address);
    this.#image = null;
    this.#address = "";
  }

  /** The pictures belong to a question that is gone from sight. */
  forget() {
    this.#fetched.clear();
  }

  /**
   * @param {HTMLImageElement} image
   * @param {Owner} owner
   * @param {Page.Picture} seen
   * @param {string} key
   */
  async #load(image, owner, seen, key) {
    const asked = this.#fetched.get(key) ?? this.fetchPicture(owner, seen);
    this.#fetched.set(key, asked);
    const picture = await asked.catch(() => null);
    if (!picture) this.#fetched.delete(key);
    if (this.#image !== image) return; // another is shown by now
    if (picture) image.src = this.#address = URL.createObjectURL(picture);
    this.small = !picture;
    image.classList.remove("waiting");
  }
}
