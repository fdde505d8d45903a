// How much of a text the parser sees at once. marked's rules look ahead from every place where they could begin, so a
// text made of markers alone would cost the square of its length. Text in, text out; no rule of Markdown enters here.

/** Levels of quotes, lists, emphasis and tags inside each other; what lies deeper is shown as text. */
export const DEEPEST = 24;
/** Cells of one table: ten columns by three hundred rows. The rows after them are shown as text. */
const MOST_CELLS = 3000;

const FEWEST_ELEMENTS = 4000;

/**
 * Elements that a text of `length` characters may become. Dense Markdown has one for every twelve characters or so.
 * @param {number} length
 */
export const mostElements = (length) => Math.max(FEWEST_ELEMENTS, length / 12);

const LONGEST_PIECE = 4000;
const MOST_MARKERS = 160;
const IS_MARKER = new Uint8Array(128);
for (const mark of "*_~`[]<>\\$!()@") IS_MARKER[mark.charCodeAt(0)] = 1;

const LINE_BREAK = 10;
const BLANK = 32;

/**
 * `text` in pieces that are parsed one by one; joined they are `text`. Ordinary paragraphs are one piece. A piece ends
 * after 4,000 characters or 160 markers: at a line break if there is one in its second half, else at a blank.
 * @param {string} text
 */
export function pieces(text) {
  if (text.length <= MOST_MARKERS) return [text];
  const found = [];
  let [from, markers, lineEnd, blank] = [0, 0, 0, 0];
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code === LINE_BREAK) lineEnd = i + 1;
    else if (code === BLANK) blank = i + 1;
    else if (code < 128) markers += IS_MARKER[code];
    if (markers < MOST_MARKERS && i - from < LONGEST_PIECE) continue;
    const half = (from + i) / 2;
    const cut = lineEnd > half ? lineEnd : blank > half ? blank : afterLetter(text, i);
    found.push(text.slice(from, cut));
    [from, markers, i] = [cut, 0, cut - 1];
  }
  if (from < text.length) found.push(text.slice(from));
  return found;
}

/**
 * The end of the letter at `i`: a pair of surrogates stays together.
 * @param {string} text
 * @param {number} i
 */
const afterLetter = (text, i) => i + ((text.codePointAt(i) ?? 0) > 0xffff ? 2 : 1);

/** A line with more markers of quotes and lists than DEEPEST. */
const DEEP_LINE = new RegExp(`^(?:[ \\t]*(?:[-+*](?=[ \\t])|\\d{1,9}[.)](?=[ \\t])|>)){${DEEPEST + 1}}`, "m");
/** What a quote is asked to hold together: after this many changes between quoted and unquoted lines a new one begins. */
const MOST_CHANGES = 12;

/**
 * The next place of something in a text, of which ever shorter ends are asked: a search goes on where the one before
 * ended, so that all together read the text once.
 */
export class Ahead {
  #find;
  #left = Infinity; // characters from the place found to the end; -1: there is none

  /** @param {(text: string) => number} find index of the first place, or -1 */
  constructor(find) {
    this.#find = find;
  }

  /**
   * Index in `end`, an end of the text that is not longer than those before; -1 if there is none.
   * @param {string} end
   */
  in(end) {
    if (this.#left > end.length) {
      const at = this.#find(end);
      this.#left = at < 0 ? -1 : end.length - at;
    }
    return this.#left < 0 ? -1 : end.length - this.#left;
  }
}

export const deepLine = () => new Ahead((text) => text.search(DEEP_LINE));

/**
 * `src` up to where a quote that begins it is cut.
 * @param {string} src
 */
export function quoteWindow(src) {
  let changes = 0;
  let quoted = true;
  for (let at = 0; at < src.length;) {
    const end = src.indexOf("\n", at) + 1 || src.length;
    const line = src.slice(at, Math.min(end, at + 8));
    if (!line.trim()) return src;
    const now = /^ {0,3}>/.test(line);
    if (now !== quoted) changes += 1;
    if (changes > MOST_CHANGES && now) return src.slice(0, at);
    quoted = now;
    at = end;
  }
  return src;
}

/**
 * `src` up to the row after which a table of its width would have too many cells.
 * @param {string} src
 */
export function tableWindow(src) {
  const columns = src.slice(0, src.indexOf("\n")).split("|").length;
  let end = 0;
  for (let rows = Math.max(2, MOST_CELLS / columns); rows > 0 && end >= 0; rows--)
    end = src.indexOf("\n", end) + 1 || -1;
  return end > 0 ? src.slice(0, end) : src;
}

const LONG_RUN = 1000;
const RUN_PIECE = 400;

/**
 * Letters that join or stack: combining marks, Arabic, Thai and the like, joiners.
 * @param {number} code
 */
const joins = (code) =>
  (code >= 0x300 && code < 0x2000) ||
  (code >= 0x200b && code < 0x2010) ||
  (code >= 0xa800 && code < 0xac00) ||
  (code >= 0xfb1d && code < 0xff00);

/**
 * `text` as [piece, alone] pairs: where a thousand and more letters join without a blank, which no language does, each
 * 400 of them are to be laid out alone, for the browser takes the square of a run's length.
 * @param {string} text
 * @returns {Array<[string, boolean]>}
 */
export function runs(text) {
  if (text.length < LONG_RUN) return [[text, false]];
  /** @type {Array<[string, boolean]>} */
  const found = [];
  let [done, start] = [0, 0];
  /** @param {number} end */
  const take = (end) => {
    if (end - start < LONG_RUN) return;
    if (start > done) found.push([text.slice(done, start), false]);
    for (let at = start; at < end; at += RUN_PIECE) found.push([text.slice(at, Math.min(end, at + RUN_PIECE)), true]);
    done = end;
  };
  for (let i = 0; i < text.length; i++) {
    if (joins(text.charCodeAt(i))) continue;
    take(i);
    start = i + 1;
  }
  take(text.length);
  if (done < text.length) found.push([text.slice(done), false]);
  return found;
}
