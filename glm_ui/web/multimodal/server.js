// What the Multimodal tab asks its own server besides turns. No page elements, no conversation.

import { visitor } from "../server/identity.js";
import { languageHeader } from "../parts/language.js";

export { visitor };

/** Thrown with what the server said: {what, why, todo, way_out}. */
export class Refused extends Error {
  /** @param {Page.Problem} error */
  constructor(error) {
    super(error.what);
    this.error = error;
  }
}

const unreachable = {
  what: "GLM UI's own server cannot be reached.",
  why: "",
  todo: "Check that it runs, then try again.",
  way_out: "retry",
};

/**
 * Posts `said`; resolves to the Response.
 * @param {string} path
 * @param {object} said
 * @param {AbortSignal} [signal]
 */
export async function post(path, said, signal) {
  /** @type {Response} */
  let response;
  try {
    response = await fetch(`glm_ui/${path}`, {
      method: "POST",
      headers: { "content-type": "application/json", ...languageHeader() },
      body: JSON.stringify({ visitor: visitor(), ...said }),
      signal,
      credentials: "same-origin",
    });
  } catch (reason) {
    if (signal?.aborted) throw reason;
    throw new Refused(unreachable);
  }
  if (response.ok) return response;
  const body = await response.json().catch(() => ({}));
  throw new Refused(body.error ?? unreachable);
}
