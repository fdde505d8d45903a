// The page's side of highlight_worker.js: one worker, one text at a time, ended when it takes too long.

/** Milliseconds that the colours of one text may take. */
const PATIENCE = 2000;
const LOADING = 20_000;

/** @type {Worker | null} */
let worker = null;

/**
 * Safe HTML of `text` with its colours, or null: an unknown language, a text that takes too long, no worker here.
 * @param {string} language
 * @param {string} text
 */
export async function highlighted(language, text) {
  try {
    worker ??= await started();
    worker.postMessage({ language, text });
    return await answer(worker, PATIENCE);
  } catch {
    worker?.terminate();
    worker = null;
    return null;
  }
}

async function started() {
  const made = new Worker(new URL("highlight_worker.js", import.meta.url), { type: "module" });
  try {
    await answer(made, LOADING);
  } catch (reason) {
    made.terminate();
    throw reason;
  }
  return made;
}

/**
 * The next message of the worker; throws when it fails or says nothing for `patience` milliseconds.
 * @param {Worker} from
 * @param {number} patience
 * @returns {Promise<string | null>}
 */
function answer(from, patience) {
  return new Promise((done, failed) => {
    const late = setTimeout(() => failed(new Error("The worker takes too long.")), patience);
    from.onmessage = ({ data }) => (clearTimeout(late), done(data));
    from.onerror = () => (clearTimeout(late), failed(new Error("The worker failed.")));
  });
}
