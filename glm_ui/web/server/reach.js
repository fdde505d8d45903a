// Whether this app's own server can be reached: the browser says when its network is gone, a request that fails says it
// too, and then it is asked again until it answers. No page elements.

const FIRST = 1_000;
const LONGEST = 30_000;

/** @typedef {"online" | "no_network" | "no_server"} State */

/** @type {State} */
let state = globalThis.navigator?.onLine === false ? "no_network" : "online";
/** @type {Set<(state: State) => void>} */
const listeners = new Set();
/** @type {ReturnType<typeof setTimeout> | undefined} */
let timer;
let wait = FIRST;

export const reach = {
  get state() {
    return state;
  },
  get gone() {
    return state !== "online";
  },
  /**
   * `listener(state)` at each change.
   * @param {(state: State) => void} listener
   */
  onChange(listener) {
    listeners.add(listener);
  },
  /**
   * A request has got an answer, of whatever kind, or none.
   * @param {boolean} answered
   */
  heard(answered) {
    if (answered) return become("online");
    if (state === "online") become(globalThis.navigator?.onLine === false ? "no_network" : "no_server");
    return undefined;
  },
};

/** @param {State} next */
function become(next) {
  if (next === state) return;
  state = next;
  clearTimeout(timer);
  wait = FIRST;
  if (next === "no_server") timer = setTimeout(ask, wait);
  for (const listener of listeners) listener(next);
}

/** Any answer says that it is there, a refusal too. */
async function ask() {
  clearTimeout(timer);
  try {
    await fetch("healthz", { cache: "no-store", credentials: "same-origin" });
    become("online");
  } catch {
    if (navigator.onLine === false) return become("no_network");
    wait = Math.min(LONGEST, wait * 2);
    timer = setTimeout(ask, wait);
  }
  return undefined;
}

globalThis.addEventListener?.("offline", () => become("no_network"));
globalThis.addEventListener?.("online", () => void ask());
