// What is said aloud of a reply while it comes: that it is waited for, that the model thinks, that it answers. Each once
// when it begins, and no word of the reply itself. How it ended is said by others (reply.js, turn_view.js).

import { seconds } from "../parts/locale.js";

/**
 * @param {Wire.Frame} frame
 * @param {Wire.Words} words
 * @returns {string | null} null where the frame begins nothing
 */
function phaseOf(frame, words) {
  if (frame.k === "files") return words.preparing;
  if (frame.k === "retry") return `${frame.why} ${words.retrying} ${seconds(Math.ceil(frame.delay), 0)}`;
  if (frame.k === "wait") return waitingOf(frame.phase, words);
  if (frame.a) return words.answering;
  return frame.t ? words.thinking : null;
}

/**
 * @param {string} phase of waiting_line.js
 * @param {Wire.Words} words
 */
function waitingOf(phase, words) {
  if (phase === "reconnecting") return words.reconnecting;
  return phase === "reconnected" ? null : words.waiting;
}

export class Phases {
  #now = "";

  /**
   * @param {Wire.Words} words
   * @param {(text: string) => void} announce
   */
  constructor(words, announce) {
    this.words = words;
    this.announce = announce;
  }

  /** @param {Wire.Frame} frame */
  frame(frame) {
    const phase = phaseOf(frame, this.words);
    if (phase === null || phase === this.#now) return;
    this.#now = phase;
    this.announce(phase);
  }
}
