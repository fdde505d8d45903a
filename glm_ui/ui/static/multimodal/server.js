// What the Multimodal tab asks its own server besides turns, and who asks. No page elements, no conversation.

const VISITOR = "glm-ui-visitor";

/** A secret word of this browser: uploads are found again by it, also after a reload. */
export function visitor() {
  try {
    const kept = localStorage.getItem(VISITOR);
    if (kept) return kept;
    localStorage.setItem(VISITOR, word);
  } catch {
    // Blocked in a third-party frame: it then lasts as long as the page.
  }
  return word;
}

const word = Array.from(crypto.getRandomValues(new Uint8Array(18)), (byte) => byte.toString(16).padStart(2, "0")).join("");

/** Thrown with what the server said: {what, why, todo, way_out}. */
export class Refused extends Error {
  constructor(error) {
    super(error.what);
    this.error = error;
  }
}

const unreachable = { what: "GLM UI's own server cannot be reached.", why: "", todo: "Check that it runs, then try again.", way_out: "retry" };

/** Posts `said`; resolves to the Response. */
export async function post(path, said, signal) {
  let response;
  try {
    response = await fetch(`glm_ui/${path}`, { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify({ visitor: visitor(), ...said }), signal, credentials: "same-origin" });
  } catch (reason) {
    if (signal?.aborted) throw reason;
    throw new Refused(unreachable);
  }
  if (response.ok) return response;
  const body = await response.json().catch(() => ({}));
  throw new Refused(body.error ?? unreachable);
}
