// What is said of what a turn waits for. No page elements.

import { seconds } from "../parts/locale.js";

/**
 * What is waited for, since when (of performance.now()).
 * @typedef {{phase: string, since: number, done?: number, total?: number, delay?: number, attempt?: number, of?: number,
 *   why?: string}} Waiting
 */

/**
 * @param {Waiting} waiting
 * @param {Wire.Words} words
 */
export function waitingLine({ phase, since, done, total, delay = 0, attempt, of, why }, words) {
  const passed = (performance.now() - since) / 1000;
  const left = Math.max(0, Math.ceil(delay - passed));
  /** @type {Record<string, string>} */
  const lines = {
    files: `${words.preparing} ${done}/${total}`,
    connecting: words.connecting,
    reconnecting: words.reconnecting,
    reconnected: "",
    first_byte: passed < 1 ? words.waiting : `${words.waiting}, ${seconds(Math.floor(passed), 0)}`,
    retry: `${why} ${words.retrying} ${seconds(left, 0)} (${attempt}/${of})`,
  };
  return lines[phase] ?? null;
}
