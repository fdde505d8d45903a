// Searching a text: the same whatever case and width its letters have. Pure; what is searched is store.js's.

const AROUND = 36;
const LENGTH = 120;

/** @typedef {{text: string, readonly plain: string}} Searchable */

/** @param {string} text */
export const folded = (text) => text.normalize("NFKC").toLowerCase();

/**
 * A text and the form of it that is searched, which is made with the first search: an answer on its way is kept often.
 * @param {string} text
 * @returns {Searchable}
 */
export function searchable(text) {
  /** @type {string | undefined} */
  let plain;
  return {
    text,
    get plain() {
      return (plain ??= folded(text));
    },
  };
}

/**
 * A piece of the text around the first of `words` that stands behind the title, as [[text, found], …]: the found words
 * apart. null where the title alone has them.
 * @param {Searchable} searched
 * @param {Array<string>} words folded
 * @param {string} title
 * @returns {Array<[string, boolean]> | null}
 */
export function snippet({ text, plain }, words, title) {
  const from = folded(title).length;
  const at = Math.min(...words.map((word) => plain.indexOf(word, from)).filter((place) => place >= 0));
  if (!Number.isFinite(at)) return null;
  // Folding keeps the length of nearly every text; where not, the folded one is shown.
  const shown = text.length === plain.length ? text : plain;
  const start = at <= from + AROUND ? from : wordStart(shown, at - AROUND);
  const cut = shown
    .slice(start, start + LENGTH)
    .replace(/\s+/g, " ")
    .trim();
  const found = marked(cut, words);
  return start > from ? [["…", false], ...found] : found;
}

/**
 * @param {string} text
 * @param {number} at
 */
function wordStart(text, at) {
  const space = text.slice(at, at + 12).search(/\s/);
  return space < 0 ? at : at + space + 1;
}

/**
 * @param {string} text
 * @param {Array<string>} words
 * @returns {Array<[string, boolean]>}
 */
function marked(text, words) {
  const plain = folded(text);
  if (plain.length !== text.length) return [[text, false]];
  /** @type {Array<[string, boolean]>} */
  const pieces = [];
  for (let at = 0; at < text.length;) {
    const next = words
      .map((word) => /** @type {[number, number]} */ ([plain.indexOf(word, at), word.length]))
      .filter(([place]) => place >= 0)
      .sort(([a, long], [b, longer]) => a - b || longer - long)[0];
    const [place, length] = next ?? [text.length, 0];
    if (place > at) pieces.push([text.slice(at, place), false]);
    if (length) pieces.push([text.slice(place, place + length), true]);
    at = place + length;
  }
  return pieces;
}
