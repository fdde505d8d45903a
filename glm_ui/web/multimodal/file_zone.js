// Where files come in on the Multimodal tab: Gradio's drop zone, which Gradio draws and which hands its files over, the
// ways beside it, and the whole tab.

import { el, find, icon } from "../parts/dom.js";
import { takeDrops, takePastes } from "../parts/file_drops.js";

/** Opens the browser's dialog of files. */
export const chooseFiles = () => find("#mm-files input[type=file]")?.click();

/**
 * @param {import("./intake.js").Intake} intake
 * @returns {HTMLElement} what stands below the zone
 */
export function fileZone(intake) {
  const { words } = intake;
  /**
   * @param {string} name
   * @param {string} label
   * @param {Record<string, any>} attributes
   */
  const way = (name, label, attributes) =>
    el("button", { type: "button", class: "mm-way", ...attributes }, icon(name), label);
  const address = way("link", words.address, { "aria-expanded": "false", onclick: () => intake.askAddress() });
  intake.onaddress = (open) => address.setAttribute("aria-expanded", String(open));
  const camera = navigator.mediaDevices ? way("camera", words.camera, { onclick: () => intake.film() }) : null;
  const tab = find("#mm-tab");
  if (tab) watchTab(tab, (files) => intake.give(files));
  nameZone();
  return el(
    "div",
    { class: "glm mm-intake" },
    el("div", { class: "mm-ways" }, address, camera, el("span", { class: "mm-hint" }, words.paste)),
    ...intake.parts,
  );
}

/**
 * Files that are dropped beside the zone are meant for it too. Heard before Gradio's zone hears of them.
 * @param {HTMLElement} tab
 * @param {(files: Array<File>) => void} give
 */
function watchTab(tab, give) {
  takePastes(tab, give);
  takeDrops(tab, give, { first: true });
  /** @param {Event} event */
  const chosen = (event) => {
    const box = event.target;
    if (!(box instanceof HTMLInputElement) || !box.matches("#mm-files input[type=file]")) return;
    event.stopPropagation();
    const files = [...(box.files ?? [])];
    box.value = ""; // so that the same file can be chosen again
    give(files);
  };
  tab.addEventListener("change", chosen, { capture: true });
}

/** Gradio gives the zone a name that differs from the words it shows. */
function nameZone() {
  const zone = find("#mm-files");
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
