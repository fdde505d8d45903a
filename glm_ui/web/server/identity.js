// Who this page is to its own server: two secrets, minted here, sent in bodies alone. No page elements.
//
// `session` is this page's: what is kept under it (a typed key, the last requests) is no other tab's, and goes when the
// page does. `visitor` is this browser's: conversations are shared by its tabs and name their uploads.

const PAGE = "glm-ui-page";
const BROWSER = "glm-ui-visitor";
const BYTES = 24;
const USABLE = /^[\w-]{22,200}$/;

/** 192 bits. `crypto.randomUUID` would want a secure context. */
const mint = () =>
  Array.from(crypto.getRandomValues(new Uint8Array(BYTES)), (byte) => byte.toString(16).padStart(2, "0")).join("");

const page = withdraw() ?? mint();
const browser = mint();

/** This page's secret. A reload keeps it. */
export const session = () => page;

/** This browser's secret. */
export function visitor() {
  try {
    const kept = localStorage.getItem(BROWSER);
    if (kept && USABLE.test(kept)) return kept;
    localStorage.setItem(BROWSER, browser);
  } catch {
    // Blocked in a third-party frame: it then lasts as long as the page.
  }
  return browser;
}

// The tab's storage holds the secret only while nobody looks at the page: for a reload, or after the browser has thrown
// a hidden tab away. A tab that is duplicated in sight finds none and mints its own.
function deposit() {
  try {
    sessionStorage.setItem(PAGE, page);
  } catch {
    // Blocked: a reload then begins anew.
  }
}

function withdraw() {
  try {
    const kept = sessionStorage.getItem(PAGE);
    sessionStorage.removeItem(PAGE);
    return kept && USABLE.test(kept) ? kept : null;
  } catch {
    return null;
  }
}

const watched = globalThis.document; // a test may have none
watched?.addEventListener("visibilitychange", () => (watched.visibilityState === "hidden" ? deposit() : withdraw()));
if (watched?.visibilityState === "hidden") deposit();

// The server waits a while before it forgets: a reload, and a page that comes back out of the browser's cache, are the
// same page again, and say so by asking for their state.
globalThis.addEventListener?.("pagehide", () => {
  deposit();
  navigator.sendBeacon("glm_ui/leave", JSON.stringify({ session: page }));
});
