// How files come in: dropped, chosen, pasted, from the camera, by their address. Gradio's drop zone is drawn by Gradio, but
// what is put into it is uploaded here, because Gradio's own upload cannot be stopped.

import { pastedFiles } from "../parts/clipboard.js";
import { el, find, icon } from "../parts/dom.js";
import { Refused } from "../server/request.js";
import { rememberOriginal } from "./originals.js";
import { ProgressBar } from "./progress_bar.js";
import { upload } from "./upload.js";

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
   * `add(files)` takes what has arrived: {id, name, size} or {url, name}; `say(sentence)` tells what went wrong.
   * @param {{
   * words: Wire.MultimodalWords & {cancel: string},
   * zone: () => HTMLElement | null,
   * add: (files: Array<Page.FileRef>) => void,
   * say: (sentence: string) => void,
   * }} parts
   */
  constructor({ words, zone, add, say }) {
    this.words = words;
    this.zone = zone;
    this.add = add;
    this.say = say;
    this.bar = new ProgressBar({ stop: words.stop, onstop: () => this.#stop() });
    this.form = this.#addressForm();
    this.shot = el("div", { class: "mm-camera", hidden: true });
    const camera = navigator.mediaDevices
      ? el("button", { type: "button", class: "mm-way", onclick: () => this.#camera() }, icon("camera"), words.camera)
      : null;
    const address = el(
      "button",
      { type: "button", class: "mm-way", "aria-expanded": "false", onclick: () => this.#toggleAddress() },
      icon("link"),
      words.address,
    );
    this.addressButton = address;
    this.root = el(
      "div",
      { class: "glm mm-intake" },
      el("div", { class: "mm-ways" }, address, camera, el("span", { class: "mm-hint" }, words.paste)),
      this.form,
      this.shot,
      this.bar.root,
    );
    document.addEventListener("paste", (event) => this.#pasted(event));
    this.#wholeTab();
    this.#nameZone();
  }

  /**
   * Uploads files, one after the other, and adds them when all are there.
   * @param {Array<File>} files
   */
  give(files) {
    this.waiting.push(...files);
    if (this.waiting.length && !this.abort) void this.#send();
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
    else if (failed.length) bar.halted(failed.join(" "));
    else bar.done();
    if (arrived.length) this.add(arrived);
  }

  #stop() {
    this.waiting = [];
    this.abort?.abort();
  }

  choose() {
    find("#mm-files input[type=file]")?.click();
  }

  /** @param {ClipboardEvent} event */
  #pasted(event) {
    const files = pastedFiles(event);
    if (!files.length || !this.zone()?.offsetParent) return;
    event.preventDefault();
    this.give(files);
  }

  /** Files that are dropped beside the drop zone are meant for it too. Heard before Gradio's zone hears of them. */
  #wholeTab() {
    const tab = find("#mm-tab");
    if (!tab) return;
    /** @param {DragEvent} event */
    const carries = (event) => event.dataTransfer?.types.includes("Files");
    tab.addEventListener("dragover", (event) => {
      if (!carries(event)) return;
      event.preventDefault();
      tab.classList.add("dropping");
    });
    tab.addEventListener("dragleave", ({ relatedTarget: to }) => {
      if (!(to instanceof Node && tab.contains(to))) tab.classList.remove("dropping");
    });
    /** @param {DragEvent} event */
    const dropped = (event) => {
      tab.classList.remove("dropping");
      if (!carries(event)) return;
      event.preventDefault();
      event.stopPropagation();
      event.target?.dispatchEvent(new DragEvent("dragleave", { bubbles: true })); // or Gradio's zone stays lit
      this.give([...(event.dataTransfer?.files ?? [])]);
    };
    /** @param {Event} event */
    const chosen = (event) => {
      const box = event.target;
      if (!(box instanceof HTMLInputElement) || !box.matches("#mm-files input[type=file]")) return;
      event.stopPropagation();
      const files = [...(box.files ?? [])];
      box.value = ""; // so that the same file can be chosen again
      this.give(files);
    };
    tab.addEventListener("drop", dropped, { capture: true });
    tab.addEventListener("change", chosen, { capture: true });
  }

  /** Gradio gives the zone a name that differs from the words it shows. */
  #nameZone() {
    const zone = this.zone();
    if (!zone) return;
    const name = () => zone.querySelector("button[aria-label]")?.removeAttribute("aria-label");
    new MutationObserver(name).observe(zone, {
      childList: true,
      subtree: true,
      attributes: true,
      attributeFilter: ["aria-label"],
    });
    name();
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
      this.#toggleAddress();
      this.add([{ url, name: nameOf(url) }]);
    });
    return form;
  }

  #toggleAddress() {
    this.form.hidden = !this.form.hidden;
    this.addressButton.setAttribute("aria-expanded", String(!this.form.hidden));
    if (!this.form.hidden) find("input", this.form)?.focus();
  }

  // --- the camera ------------------------------------------------------------------------------------------------

  async #camera() {
    const { words } = this;
    if (!this.shot.hidden) return this.#cameraOff();
    try {
      this.stream = await navigator.mediaDevices.getUserMedia({
        video: { facingMode: "environment", width: { ideal: 1920 } },
      });
    } catch {
      return this.say(words.camera_failed);
    }
    if (!this.zone()?.offsetParent) return this.#cameraOff();
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
      if (this.zone()?.offsetParent) return;
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
