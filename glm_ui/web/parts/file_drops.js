// Files that are dropped on a part of the page, kept from the browser and from what lies around it.

/**
 * @param {HTMLElement} root
 * @param {(files: Array<File>) => unknown} take
 */
export function takeDrops(root, take) {
  /** @param {DragEvent} event */
  const holdsFiles = ({ dataTransfer }) => [...(dataTransfer?.types ?? [])].includes("Files");
  root.addEventListener("dragover", (event) => holdsFiles(event) && event.preventDefault());
  root.addEventListener("drop", (event) => {
    if (!holdsFiles(event)) return;
    event.preventDefault();
    event.stopPropagation();
    take([...(event.dataTransfer?.files ?? [])]);
  });
}
