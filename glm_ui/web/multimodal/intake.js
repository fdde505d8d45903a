// How files come in: chosen, dropped, pasted, from the camera, by their address. They are uploaded here, one after the
// other, because Gradio's own upload cannot be stopped.

import { el, find } from "../parts/dom.js";
import { Refused } from "../server/request.js";
import { rememberOriginal } from "./originals.js";
import { ProgressBar } from "./progress_bar.js";
import { upload } from "./upload.js";
import { sentencesOf } from "../parts/sentences.js";

export class Intake {
  /** @type {Array<File>} */
  waiting = [];
  /**
   * Stops the upload that is under way.
   * @type {AbortController | null}
   */
  abort = null;
  /** @type {MediaStream | null} */
  stream = null;
  /**
   * Is told whether the form for an address is open.
   * @type {(open: boolean) => void}
   */
  onaddress = () => undefined;
  /**
   * The upload that is under way: whether all files arrive.
   * @type {Promise<boolean>}
   */
  #sending = Promise.resolve(true);

  /**
   * `add(files)` takes what has arrived: {id, name, size} or {url, name}; `say(sentence)` tells what went wrong; `isSeen()`
   * whether the tab is in sight that a picture of the camera would go to.
   * @param {{
   * words: Wire.MultimodalWords & {cancel: string},
   * isSeen: () => boolean,
   * add: (files: Array<Page.FileRef>) => void,
   * say: (sentence: string) => void,
   * }} parts
   */
  constructor({ words, isSeen, add, say }) {
    this.words = words;
    this.isSeen = isSeen;
    this.add = add;
    this.say = say;
    this.bar = new ProgressBar({ stop: words.stop, onstop: () => this.#stop() });
    this.form = this.#addressForm();
    this.shot = el("div", { class: "mm-camera", hidden: true });
    this.parts = [this.form, this.shot, this.bar.root];
  }

  /**
   * Uploads files, one after the other, and adds them when all are there.
   * @param {Array<File>} files
   */
  give(files) {
    this.waiting.push(...files);
    if (this.waiting.length && !this.abort) this.#sending = this.#send();
  }

  /** Resolves when nothing is being uploaded: to whether what was on its way has arrived. */
  whole() {
    return this.abort ? this.#sending : Promise.resolve(true);
  }

  async #send() {
    const { words, bar } = this;
    const { signal } = (this.abort = new AbortController());
    /** @type {Array<Page.FileRef>} */
    const arrived = [];
    /** @type {Array<string>} */
    const failed = [];
    let before = 0;
    bar.working(`${words.upload}…`);
    for (let file = this.waiting.shift(); file; file = this.waiting.shift()) {
      const { name, size: bytes } = file;
      /** @param {number} sent */
      const heard = (sent) => {
        const total = before + bytes + this.waiting.reduce((sum, { size }) => sum + size, 0);
        bar.progress(
          `${words.upload} ${name}, ${Math.floor((100 * (before + sent)) / (total || 1))} %`,
          before + sent,
          total,
        );
      };
      try {
        const there = await upload(file, heard, signal);
        rememberOriginal(there.id, file);
        arrived.push(there);
      } catch (reason) {
        if (!signal.aborted) failed.push(reason instanceof Refused ? reason.whole : String(reason));
      }
      before += bytes;
    }
    this.abort = null;
    if (signal.aborted) bar.halted(words.upload_stopped);
    else if (failed.length) bar.halted(sentencesOf(...failed));
    else bar.done();
    if (arrived.length) this.add(arrived);
    return !signal.aborted && !failed.length;
  }

  #stop() {
    this.waiting = [];
    this.abort?.abort();
  }

  // --- an address ------------------------------------------------------------------------------------------------

  #addressForm() {
    const { words } = this;
    const box = el("input", {
      type: "url",
      class: "mm-box",
      placeholder: "https://",
      "aria-label": words.address_label,
      id: "mm-address",
    });
    const form = el(
      "form",
      { class: "mm-line", hidden: true, novalidate: true },
      box,
      el("button", { type: "submit", class: "small-button chip-action" }, words.address_add),
    );
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      const url = box.value.trim();
      if (!/^https?:\/\/[^\s/]/.test(url) || !URL.canParse(url)) return this.say(words.address_wrong);
      box.value = "";
      this.askAddress();
      this.add([{ url, name: nameOf(url) }]);
    });
    form.addEventListener("keydown", (event) => {
      if (event.key !== "Escape") return;
      event.stopPropagation();
      this.askAddress();
    });
    return form;
  }

  /** Opens the form for an address, or closes it. */
  askAddress() {
    this.form.hidden = !this.form.hidden;
    this.onaddress(!this.form.hidden);
    if (!this.form.hidden) find("input", this.form)?.focus();
  }

  // --- the camera ------------------------------------------------------------------------------------------------

  /** Shows what the camera sees, or turns it off. */
  async film() {
    const { words } = this;
    if (!this.shot.hidden) return this.#cameraOff();
    try {
      this.stream = await navigator.mediaDevices.getUserMedia({
        video: { facingMode: "environment", width: { ideal: 1920 } },
      });
    } catch {
      return this.say(words.camera_failed);
    }
    if (!this.isSeen()) return this.#cameraOff();
    const film = el("video", { autoplay: true, playsinline: true, muted: true });
    film.srcObject = this.stream;
    film.muted = true;
    this.shot.replaceChildren(
      film,
      el(
        "div",
        { class: "mm-line" },
        el(
          "button",
          { type: "button", class: "small-button chip-action go", onclick: () => this.#take(film) },
          words.camera_take,
        ),
        el(
          "button",
          { type: "button", class: "small-button chip-action", onclick: () => this.#cameraOff() },
          words.cancel,
        ),
      ),
    );
    this.shot.hidden = false;
    // The tab was left: nobody looks at the film any more.
    const left = new IntersectionObserver(() => {
      if (this.isSeen()) return;
      left.disconnect();
      this.#cameraOff();
    });
    left.observe(this.shot);
  }

  /** @param {HTMLVideoElement} film */
  async #take(film) {
    if (!film.videoWidth) return;
    const canvas = el("canvas", { width: film.videoWidth, height: film.videoHeight });
    canvas.getContext("2d")?.drawImage(film, 0, 0);
    /** @type {Blob | null} */
    const blob = await new Promise((done) => canvas.toBlob(done, "image/jpeg", 0.95));
    this.#cameraOff();
    if (!blob) return;
    this.give([new File([blob], `camera-${stamp()}.jpg`, { type: "image/jpeg" })]);
  }

  #cameraOff() {
    for (const track of this.stream?.getTracks() ?? []) track.stop();
    this.shot.hidden = true;
    this.shot.replaceChildren();
  }
}

const stamp = () => new Date().toTimeString().slice(0, 8).replaceAll(":", "");

/**
 * The last step of an address, as people read it; as it stands where its "%" begins no character.
 * @param {string} address
 */
function nameOf(address) {
  const url = new URL(address);
  const last = url.pathname.split("/").at(-1) ?? "";
  try {
    return decodeURIComponent(last) || url.host;
  } catch {
    return last;
  }
}
