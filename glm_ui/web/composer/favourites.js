// Which models a person marked as favourites: kept in this browser, values of the picker in the order they were marked.

const KEPT = "glm-ui-favourite-models";
const MOST = 50;

/** @returns {Array<string>} */
export function favourites() {
  try {
    const kept = JSON.parse(localStorage.getItem(KEPT) ?? "[]");
    return Array.isArray(kept) ? kept.filter((each) => typeof each === "string").slice(0, MOST) : [];
  } catch {
    return []; // a browser that keeps nothing for this page, or text that is none of ours
  }
}

/**
 * Marks a model, or takes its mark away; gives whether it is marked now.
 * @param {string} value
 */
export function toggleFavourite(value) {
  const before = favourites();
  const marked = !before.includes(value);
  try {
    localStorage.setItem(KEPT, JSON.stringify(marked ? [...before, value] : before.filter((each) => each !== value)));
  } catch {
    return !marked;
  }
  return marked;
}
