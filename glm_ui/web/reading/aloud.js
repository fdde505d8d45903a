// An answer that is read aloud by the browser's own voices, one at a time in the page, and only when it was asked for.

import { composing } from "../chat/keys.js";
import { renderMarkdown } from "../markdown/markdown.js";
import { find } from "../parts/dom.js";
import { piecesOf, voiceFor } from "./sentences.js";
import { spokenBlocks } from "./spoken_text.js";

/** Milliseconds that a browser may take to find its voices. */
const FOUND_WITHIN = 300;

/** @typedef {{id: string, stop: () => void}} Reading */

/** @type {Reading | null} */
let now = null;
/** @type {Promise<Array<SpeechSynthesisVoice>> | null} */
let found = null;

/** The browser's voices, empty where it has none. Some browsers find them late. */
export function voices() {
  const { speechSynthesis } = globalThis;
  const known = speechSynthesis?.getVoices() ?? [];
  if (known.length || !speechSynthesis) return Promise.resolve(known);
  found ??= new Promise((done) => {
    const told = () => done(speechSynthesis.getVoices());
    speechSynthesis.addEventListener?.("voiceschanged", told, { once: true });
    setTimeout(told, FOUND_WITHIN);
  });
  return found;
}

/** The answer that is read now, by its id. */
export const isRead = (/** @type {string} */ id) => now?.id === id;

export const stopReading = () => now?.stop();

/**
 * Reads an answer aloud until its end, Escape, or until it is out of sight for good: another conversation is shown,
 * another version, or the page goes.
 * @param {Page.ChatNode} node
 * @param {{root: HTMLElement, words: Wire.Words["reading"], announce: (text: string) => void}} page `root` shows the answer
 */
export async function readAloud(node, { root, words, announce }) {
  stopReading();
  const pieces = piecesOf(spokenBlocks(renderMarkdown(node.text), words.read_code), navigator.language);
  const own = new AbortController();
  const { signal } = own;
  const stop = () => {
    if (now === reading) now = null;
    if (signal.aborted) return;
    own.abort();
    speechSynthesis.cancel();
  };
  /** @type {Reading} */
  const reading = (now = { id: node.id, stop });
  watch(node.id, root, stop, signal);
  const spoken = await voices();
  for (const piece of pieces) {
    if (signal.aborted) break;
    const failed = await say(piece, voiceFor(spoken, piece.language, navigator.language));
    if (failed && !signal.aborted) {
      announce(words.read_failed);
      break;
    }
  }
  stop();
}

/**
 * Speaks one piece. Resolves when it is over, however it was; true where the browser could not speak it.
 * @param {{text: string, language: string}} piece
 * @param {SpeechSynthesisVoice | null} voice
 * @returns {Promise<boolean>}
 */
const say = ({ text, language }, voice) =>
  new Promise((done) => {
    const utterance = new SpeechSynthesisUtterance(text);
    utterance.lang = voice?.lang ?? language;
    utterance.voice = voice;
    utterance.onend = () => done(false);
    utterance.onerror = () => done(true);
    speechSynthesis.speak(utterance);
  });

/**
 * @param {string} id
 * @param {HTMLElement} root
 * @param {() => void} stop
 * @param {AbortSignal} signal
 */
function watch(id, root, stop, signal) {
  /** @param {KeyboardEvent} event */
  const pressed = (event) => {
    // An open menu or dialog takes its Escape itself.
    if (event.key !== "Escape" || composing(event) || find("dialog[open], .glm.menu")) return;
    event.preventDefault();
    event.stopPropagation();
    stop();
  };
  document.addEventListener("keydown", pressed, { capture: true, signal });
  addEventListener("pagehide", stop, { signal });
  const seen = new MutationObserver(() => find(`[data-answer="${CSS.escape(id)}"]`, root) || stop());
  seen.observe(root, { childList: true, subtree: true });
  signal.addEventListener("abort", () => seen.disconnect());
}
