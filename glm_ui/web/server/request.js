// One request to this app's own server: JSON there, in the page's language, and one shape for what goes wrong. No page
// elements.

import { languageHeader } from "../parts/language.js";
import { reach } from "./reach.js";
import { sentencesOf } from "../parts/sentences.js";

/** @type {Page.Problem} */
const UNREACHABLE = {
  slug: "server_unreachable",
  what: "GLM UI's own server cannot be reached.",
  why: "It may have stopped, or the network is down.",
  todo: "Check that it runs, then retry.",
  way_out: "retry",
};

/** Thrown when the server refuses, or cannot be asked. `error` is what is said of it; the message its short form. */
export class Refused extends Error {
  /** @param {Page.Problem} error */
  constructor(error) {
    super(sentencesOf(error.what, error.todo));
    this.error = error;
  }

  /** All that is said of it, as one text. */
  get whole() {
    const { what, why, todo } = this.error;
    return sentencesOf(what, why, todo);
  }

  /** Whether the server itself refused what it was asked: nothing was begun. Of a turn that it has no more it cannot say so. */
  get fromServer() {
    return ![UNREACHABLE.slug, "turn_gone"].includes(this.error.slug);
  }

  /** Whether no server has answered at all. */
  get unreachable() {
    return this.error === UNREACHABLE;
  }
}

/** No answer came, or (`what`, `wayOut`) a part of it. */
export const unreachable = (what = "", wayOut = "retry") =>
  new Refused(what ? { ...UNREACHABLE, what, way_out: wayOut } : UNREACHABLE);

/**
 * Posts `body` to one of our routes; resolves to whatever answers. Rejects as fetch does.
 * @param {string} path below glm_ui/
 * @param {object} body
 * @param {AbortSignal} [signal]
 */
export function send(path, body, signal) {
  const answer = fetch(`glm_ui/${path}`, {
    method: "POST",
    headers: { "content-type": "application/json", ...languageHeader() },
    body: JSON.stringify(body),
    signal,
    credentials: "same-origin",
  });
  answer.then(
    () => reach.heard(true),
    () => signal?.aborted || reach.heard(false),
  );
  return answer;
}

/**
 * Asks one of our routes that is read; resolves to whatever answers. Rejects as fetch does.
 * @param {string} path below glm_ui/
 * @param {Record<string, string>} headers
 * @param {AbortSignal} signal
 */
export const get = (path, headers, signal) =>
  fetch(`glm_ui/${path}`, {
    headers: { ...headers, ...languageHeader() },
    signal,
    credentials: "same-origin",
    cache: "no-store",
  });

/**
 * Tells one of our routes something whose answer nobody waits for, also while the page goes away.
 * @param {string} path
 * @param {object} body
 */
export const tell = (path, body) =>
  void fetch(`glm_ui/${path}`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(body),
    credentials: "same-origin",
    keepalive: true,
  }).catch(() => {});

/**
 * What an answer with an error status says.
 * @param {Response} response
 */
export async function refusalOf(response) {
  const said = await response.json().catch(() => null);
  return said?.error ? new Refused(said.error) : unreachable(`GLM UI's server answered ${response.status}.`);
}

/**
 * As `send`, but resolves to an answer that succeeded. Throws Refused, or what `signal` was aborted with.
 * @param {string} path
 * @param {object} body
 * @param {AbortSignal} [signal]
 */
export async function post(path, body, signal) {
  /** @type {Response} */
  let response;
  try {
    response = await send(path, body, signal);
  } catch (reason) {
    if (signal?.aborted) throw reason;
    throw unreachable();
  }
  if (!response.ok) throw await refusalOf(response);
  return response;
}

/**
 * As `post`, of a route that answers in JSON.
 * @template {keyof Page.Routes} P
 * @param {P} path
 * @param {Page.Routes[P][0]} body
 * @param {AbortSignal} [signal]
 * @returns {Promise<Page.Routes[P][1]>}
 */
export async function postJson(path, body, signal) {
  const response = await post(path, body, signal);
  try {
    return await response.json();
  } catch (reason) {
    if (signal?.aborted) throw reason;
    throw unreachable("The connection to GLM UI was cut.");
  }
}

/**
 * What is said where something failed.
 * @param {unknown} reason
 */
export const messageOf = (reason) => (reason instanceof Error ? reason.message : String(reason));
