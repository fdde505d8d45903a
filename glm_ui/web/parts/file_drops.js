// Files that are dropped on a part of the page or pasted while it is in sight, kept from the browser and from what lies
// around it.

import { pastedFiles } from "./clipboard.js";

/**
 * While files are held over `root` it has the class "dropping". `first`: it hears of them before what lies in it.
 * @param {HTMLElement} root
 * @param {(files: Array<File>) => unknown} take
 * @param {{first?: boolean}} [how]
 */
export function takeDrops(root, take, { first = false } = {}) {
  /** @param {DragEvent} event */
  const mine = (event) => [...(event.dataTransfer?.types ?? [])].includes("Files") && !event.defaultPrevented;
  /** @param {boolean} on */
  const light = (on) => root.classList.toggle("dropping", on);
  /** @param {DragEvent} event */
  const over = (event) => light(mine(event)) && event.preventDefault();
  /** @param {DragEvent} event */
  const dropped = (event) => {
    light(false);
    if (!mine(event)) return;
    event.preventDefault(); // or the browser leaves the page for the file
    event.stopPropagation();
    if (first) event.target?.dispatchEvent(new DragEvent("dragleave", { bubbles: true })); // or what lies in it stays lit
    take([...(event.dataTransfer?.files ?? [])]);
  };
  root.addEventListener("dragover", over, { capture: first });
  root.addEventListener("drop", dropped, { capture: first });
  root.addEventListener("dragleave", ({ relatedTarget: to }) => {
    if (!(to instanceof Node && root.contains(to))) light(false);
  });
}

/**
 * @param {HTMLElement} root
 * @param {(files: Array<File>) => unknown} take
 */
export function takePastes(root, take) {
  document.addEventListener("paste", (event) => {
    const files = root.offsetParent ? pastedFiles(event) : [];
    if (!files.length) return;
    event.preventDefault();
    take(files);
  });
}
