// How files come in besides Gradio's own drop zone: paste, camera, address. All but the address go through Gradio's
// file input, so that there is one way onto the server.

import { el, icon } from "../dom.js";

export class Intake {
  /** `add({url, name})` takes an address; `say(sentence)` tells what went wrong. */
  constructor({ words, zone, add, say }) {
    Object.assign(this, { words, zone, add, say });
    this.form = this.#addressForm();
    this.shot = el("div", { class: "mm-camera", hidden: true });
    const camera = navigator.mediaDevices?.getUserMedia && el("button", { type: "button", class: "mm-way", onclick: () => this.#camera() }, icon("camera"), words.camera);
    const address = el("button", { type: "button", class: "mm-way", "aria-expanded": "false", onclick: () => this.#toggleAddress() }, icon("link"), words.address);
    this.addressButton = address;
    this.root = el("div", { class: "mm-intake" }, el("div", { class: "mm-ways" }, address, camera || null, el("span", { class: "mm-hint" }, words.paste)), this.form, this.shot);
    document.addEventListener("paste", (event) => this.#pasted(event));
    this.#wholeTab();
  }

  /** Hands files to Gradio's own input, which uploads them. */
  give(files) {
    const input = this.zone().querySelector("input[type=file]");
    if (!input || !files.length) return;
    const transfer = new DataTransfer();
    for (const file of files) transfer.items.add(file);
    input.files = transfer.files;
    input.dispatchEvent(new Event("change", { bubbles: true }));
  }

  choose() {
    this.zone().querySelector("input[type=file]")?.click();
  }

  #pasted(event) {
    const files = [...(event.clipboardData?.files ?? [])];
    if (!files.length || !this.zone()?.offsetParent) return;
    event.preventDefault();
    this.give(files.map((file, i) => (file.name === "image.png" ? new File([file], `pasted-${stamp()}${i || ""}.png`, { type: file.type }) : file)));
  }

  /** Files that are dropped beside the drop zone are meant for it too. */
  #wholeTab() {
    const tab = document.querySelector("#mm-tab");
    const carries = (event) => event.dataTransfer?.types.includes("Files");
    tab.addEventListener("dragover", (event) => {
      if (!carries(event)) return;
      event.preventDefault();
      tab.classList.add("dropping");
    });
    tab.addEventListener("dragleave", (event) => tab.contains(event.relatedTarget) || tab.classList.remove("dropping"));
    tab.addEventListener("drop", (event) => {
      tab.classList.remove("dropping");
      if (!carries(event) || event.defaultPrevented || this.zone().contains(event.target)) return;
      event.preventDefault();
      this.give([...event.dataTransfer.files]);
    });
  }

  // --- an address ------------------------------------------------------------------------------------------------

  #addressForm() {
    const { words } = this;
    const box = el("input", { type: "url", class: "mm-box", placeholder: "https://", "aria-label": words.address_label, id: "mm-address" });
    const form = el("form", { class: "mm-line", hidden: true, novalidate: true }, box, el("button", { type: "submit", class: "chip-action" }, words.address_add));
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      const url = box.value.trim();
      if (!/^https?:\/\/[^\s/]/.test(url)) return this.say(words.address_wrong);
      box.value = "";
      this.#toggleAddress();
      this.add({ url, name: decodeURIComponent(new URL(url).pathname.split("/").at(-1)) || new URL(url).host });
    });
    return form;
  }

  #toggleAddress() {
    this.form.hidden = !this.form.hidden;
    this.addressButton.setAttribute("aria-expanded", String(!this.form.hidden));
    if (!this.form.hidden) this.form.querySelector("input").focus();
  }

  // --- the camera ------------------------------------------------------------------------------------------------

  async #camera() {
    const { words } = this;
    if (!this.shot.hidden) return this.#cameraOff();
    try {
      this.stream = await navigator.mediaDevices.getUserMedia({ video: { facingMode: "environment", width: { ideal: 1920 } } });
    } catch {
      return this.say(words.camera_failed);
    }
    const film = el("video", { autoplay: true, playsinline: true, muted: true });
    film.srcObject = this.stream;
    film.muted = true;
    this.shot.replaceChildren(film, el("div", { class: "mm-line" }, el("button", { type: "button", class: "chip-action go", onclick: () => this.#take(film) }, words.camera_take), el("button", { type: "button", class: "chip-action", onclick: () => this.#cameraOff() }, words.cancel)));
    this.shot.hidden = false;
  }

  async #take(film) {
    if (!film.videoWidth) return;
    const canvas = el("canvas", { width: film.videoWidth, height: film.videoHeight });
    canvas.getContext("2d").drawImage(film, 0, 0);
    const blob = await new Promise((done) => canvas.toBlob(done, "image/jpeg", 0.95));
    this.#cameraOff();
    this.give([new File([blob], `camera-${stamp()}.jpg`, { type: "image/jpeg" })]);
  }

  #cameraOff() {
    for (const track of this.stream?.getTracks() ?? []) track.stop();
    this.shot.hidden = true;
    this.shot.replaceChildren();
  }
}

const stamp = () => new Date().toTimeString().slice(0, 8).replaceAll(":", "");
