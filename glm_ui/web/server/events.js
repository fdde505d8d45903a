// Server-sent events as our own routes send them: `id` is a frame's number, `event` the turn that it is of, where one
// connection has several. No page elements, no requests.

/** Kinds of the frame after which none comes. */
const LAST = new Set(["done", "error", "ended", "plan"]);

/**
 * Whether none comes after this one. `all` stands for every frame so far, the last one among them.
 * @param {{k?: string, frames?: Array<any>}} frame
 * @returns {boolean}
 */
export const isLast = ({ k = "", frames = [] }) => LAST.has(k) || (k === "all" && frames.some(isLast));

// The server says something every two seconds.
const SILENT = 12_000;
const LOOKS = 3000;

/** @typedef {{turn: string, number: number, frame: Wire.Frame}} Told */

/**
 * Ends where the body does, and where nothing has come for long: a network that is gone, or a laptop that slept, cuts a
 * connection without a word. Date, because performance.now() sleeps too.
 * @param {ReadableStream<Uint8Array<ArrayBuffer>>} body
 * @returns {AsyncGenerator<Told>}
 */
export async function* eventsOf(body) {
  const reader = body.getReader();
  const decoder = new TextDecoder();
  let held = "";
  let heard = Date.now();
  const look = () => void (Date.now() - heard > SILENT && reader.cancel().catch(() => {}));
  const clock = setInterval(look, LOOKS);
  try {
    for (;;) {
      const { value, done } = await reader.read();
      if (done) return;
      heard = Date.now();
      held += decoder.decode(value, { stream: true });
      let end;
      let start = 0;
      while ((end = held.indexOf("\n\n", start)) >= 0) {
        const told = toldBy(held.slice(start, end));
        if (told) yield told;
        start = end + 2;
      }
      held = held.slice(start);
    }
  } finally {
    clearInterval(clock);
    reader.cancel().catch(() => {});
  }
}

/**
 * @param {string} event
 * @returns {Told | null} null for a heartbeat
 */
export function toldBy(event) {
  let number = 0;
  let turn = "";
  for (let at = 0; at < event.length;) {
    if (event.startsWith("data: ", at)) return { turn, number, frame: JSON.parse(event.slice(at + 6)) };
    const end = event.indexOf("\n", at);
    if (end < 0) return null;
    if (event.startsWith("id: ", at)) number = Number(event.slice(at + 4, end));
    if (event.startsWith("event: ", at)) turn = event.slice(at + 7, end);
    at = end + 1;
  }
  return null;
}
