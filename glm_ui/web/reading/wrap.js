// Whether long lines of code are wrapped: for all code of the page, kept in this browser.

const KEPT = "glm-ui-wrap-code";
const { dataset } = document.documentElement;

export const wraps = () => dataset.wrapCode !== undefined;

/** @param {boolean} on */
export function wrapCode(on) {
  if (on) dataset.wrapCode = "";
  else delete dataset.wrapCode;
  try {
    if (on) localStorage.setItem(KEPT, "yes");
    else localStorage.removeItem(KEPT);
  } catch {
    // A browser that keeps nothing for this page: it holds until the page closes.
  }
}

/** As it was kept. */
export function restoreWrap() {
  try {
    if (localStorage.getItem(KEPT)) dataset.wrapCode = "";
  } catch {
    // nothing is kept
  }
}
