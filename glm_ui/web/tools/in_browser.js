// Calls that run in the browser: the server ends the turn for them, the page runs them, and the turn goes on with what
// they gave. No page elements enter here.

import { count } from "../parts/locale.js";

/** @typedef {{result: string, state: string, seconds: number, pictures: Array<string>}} Given */

/**
 * Whether the page runs this call, and has not begun.
 * @param {Page.ToolCall} call
 */
const runsHere = ({ state, why, verdict }) => state === "waiting" && why === "browser" && verdict !== "no";

/**
 * Whether the page can go on with this turn by itself: something runs here, and nobody is asked.
 * @param {Page.ChatNode} node
 */
export const runsByItself = ({ toolCalls = [] }) =>
  toolCalls.some(runsHere) && toolCalls.every((call) => call.state !== "waiting" || call.verdict || runsHere(call));

/**
 * Runs what runs here, one after the other. A call counts as begun before it begins, so that no reload runs it twice.
 * @param {Page.ChatNode} node
 * @param {{signal: AbortSignal, words: any, draw: () => void, keep: () => Promise<unknown>}} how
 */
export async function runHere(node, { signal, words, draw, keep }) {
  for (const call of node.toolCalls.filter(runsHere)) {
    if (signal.aborted) return;
    Object.assign(call, { state: "running", progress: { done: 0, total: null, text: words.loading } });
    draw();
    await keep();
    const onstart = () => (delete call.progress, draw());
    const given = await givenBy(call, words, { signal, onstart });
    delete call.progress;
    Object.assign(call, given);
    draw();
    await keep();
  }
}

/**
 * @param {Page.ToolCall} call
 * @param {any} words
 * @param {{signal: AbortSignal, onstart: () => void}} how
 * @returns {Promise<Given>}
 */
async function givenBy(call, words, how) {
  const code = codeOf(call.arguments);
  if (code === null) return failed(words.no_code);
  try {
    const { runPython } = await import("../python/run.js");
    return told(await runPython(code, how), words);
  } catch {
    return failed(how.signal.aborted ? words.stopped : words.not_loaded);
  }
}

/**
 * @param {string} result
 * @returns {Given}
 */
const failed = (result) => ({ result, state: "failed", seconds: 0, pictures: [] });

/**
 * The program of a call; null where it has none. Some models write the arguments as a text of JSON in JSON.
 * @param {string | undefined} given
 * @returns {string | null}
 */
export function codeOf(given) {
  try {
    const once = JSON.parse(given ?? "");
    const { code } = (typeof once === "string" ? JSON.parse(once) : once) ?? {};
    return typeof code === "string" ? code : null;
  } catch {
    return null;
  }
}

/**
 * What a run came to, as the person and the model read it.
 * @param {import("../python/run.js").Ran} ran
 * @param {any} words
 * @returns {Given}
 */
export function told({ ok, text, left, value, why, pictures, seconds }, words) {
  const lines = [
    text.trimEnd(),
    left ? words.left_out.replace("{n}", count(left)) : "",
    value ? `${words.value} ${value}` : "",
    why ? words[why].replace("{n}", String(Math.round(seconds))) : "",
  ].filter(Boolean);
  if (!lines.length && !pictures.length) lines.push(words.nothing);
  return { result: lines.join("\n"), state: ok ? "done" : "failed", seconds, pictures };
}
