// Where an answer rests on a source: `cited` of a node, [{at, url, text}], where `at` counts the characters of its text
// before the place. The text itself stays as it came, for it goes back to its provider. Pure functions; no page.

/** @typedef {Page.Source} Source */

import { markOf } from "../markdown/cite_mark.js";

/** Opens a block that no mark may stand in: code, or a formula. */
const OPENS = /^[ \t]*(?:>[ \t]*)*(`{3,}|~{3,}|\$\$|\\\[)/;
/** @type {Record<string, string>} */
const FORMULA_ENDS = { $$: "$$", "\\[": "\\]" };
const WORDS = /[\p{L}\p{N}]/u;
const DEFINITION = /^[ \t>]*\[[^\][]{1,400}\]:/;
/** What may stand before a line's own words: quotes, bullets, numbers, the marks of a heading. */
const BEFORE_WORDS = /^(?:[ \t>]|(?:[-*+]|\d{1,9}[.)]|#{1,6})(?:[ \t]|$))*/;
/** Code, formulas, links and addresses: a mark in them would be part of them. */
const WHOLE =
  /(`+)[^`]+\1|!?\[[^\][]*\]\([^()]*(?:\([^()]*\)[^()]*)?\)|<[^<>\s][^<>]*>|https?:\/\/\S+|\$[^$]+\$|\\\(.*?\\\)/g;
/** A longer line is not looked into. */
const LONGEST_LINE = 4000;
const LETTER = /[0-9A-Za-z\u00c0-\u024f]/;
const LONGEST_WORD = 40;

/**
 * Adds the citation of a frame to its node.
 * @param {Page.ChatNode} node
 * @param {{url: string, text: string, back: number}} frame
 */
export function addCitation(node, { url, text, back }) {
  let at = node.text.length;
  for (let left = back; left > 0 && at > 0; left--) at -= /[\udc00-\udfff]/.test(node.text[at - 1]) ? 2 : 1;
  const cited = node.cited ?? [];
  if (!cited.some((known) => known.at === at && known.url === url)) node.cited = [...cited, { at, url, text }];
}

/**
 * Where each citation can stand in `text` without changing what its Markdown means: [place, index], in the order of
 * places. One inside a block of code or a formula stands nowhere.
 * @param {string} text
 * @param {Array<{at: number}>} cited
 * @returns {Array<[number, number]>}
 */
export function placesOf(text, cited) {
  const wanted = cited.map(({ at }, i) => /** @type {[number, number]} */ ([at, i])).sort(([a], [b]) => a - b);
  /** @type {Array<[number, number]>} */
  const places = [];
  /** @type {Line | null} */
  let before = null; // the last line that has words, where a mark can stand at its end
  let closing = ""; // of the block that is open
  let next = 0;
  for (let start = 0; next < wanted.length && start <= text.length;) {
    const line = new Line(text, start);
    const opens = closing ? "" : (OPENS.exec(line.text)?.[1] ?? "");
    const free = !closing && !opens;
    for (; next < wanted.length && wanted[next][0] <= line.end; next++) {
      const [at, index] = wanted[next];
      const place = (free ? line.placeAt(at) : null) ?? (closing ? null : before?.placeAt(before.end)) ?? null;
      if (place !== null) places.push([place, index]);
    }
    if (opens && !isClosed(line.text, opens)) closing = FORMULA_ENDS[opens] ?? opens;
    else if (closing && closes(line.text, closing)) closing = "";
    if (!free) before = null;
    else if (line.hasWords(line.text)) before = line;
    start = line.end + 1;
  }
  return places;
}

/**
 * Whether a formula that opens with `opens` also ends in this line.
 * @param {string} line
 * @param {string} opens
 */
const isClosed = (line, opens) =>
  opens in FORMULA_ENDS && line.includes(FORMULA_ENDS[opens], line.indexOf(opens) + opens.length);

/**
 * @param {string} line
 * @param {string} closing
 */
const closes = (line, closing) =>
  Object.values(FORMULA_ENDS).includes(closing) ? line.includes(closing) : OPENS.exec(line)?.[1].startsWith(closing);

class Line {
  /** @type {Array<[number, number]> | null} */
  #whole = null;
  #before;

  /**
   * @param {string} all
   * @param {number} start
   */
  constructor(all, start) {
    const end = all.indexOf("\n", start);
    this.start = start;
    this.end = end < 0 ? all.length : end;
    this.text = all.slice(start, this.end);
    this.#before = BEFORE_WORDS.exec(this.text)?.[0].length ?? 0;
  }

  /**
   * Whether `text`, from a line's beginning, is more than a bullet, a rule, or the line below the head of a table.
   * @param {string} text
   */
  hasWords(text) {
    return WORDS.test(text.slice(this.#before)) && !DEFINITION.test(this.text);
  }

  /**
   * The nearest place for a mark at `at` of the whole text: behind a word and what must stay whole, before blanks and the
   * border of a table; null where no words stand before it.
   * @param {number} at
   */
  placeAt(at) {
    const { text } = this;
    at -= this.start;
    if (!this.hasWords(text.slice(0, at))) return null;
    for (let n = 0; n < LONGEST_WORD && LETTER.test(text[at - 1] ?? "") && LETTER.test(text[at] ?? ""); n++) at++;
    for (const [from, to] of this.whole) if (from < at && at < to) at = to;
    while (at > 0 && /[\s|]/.test(text[at - 1])) at--;
    return this.start + at;
  }

  /** From where to where a mark cannot stand. */
  get whole() {
    const found = this.text.length > LONGEST_LINE ? [] : this.text.matchAll(WHOLE);
    this.#whole ??= Array.from(found, ({ 0: { length }, index }) => [index, index + length]);
    return this.#whole;
  }
}

/**
 * The text with `said(index, place)` at each place.
 * @param {string} text
 * @param {Array<Page.Cited> | undefined} cited
 * @param {(index: number, place: number) => string} said
 */
function withSaid(text, cited, said) {
  if (!cited?.length) return text;
  const pieces = [];
  let from = 0;
  for (const [place, index] of placesOf(text, cited)) {
    const words = said(index, place);
    if (!words) continue;
    const before = text.slice(from, place);
    pieces.push(before, endsInAddress(before) ? " " : "", words);
    from = place;
  }
  return [...pieces, text.slice(from)].join("");
}

/**
 * An address takes all that follows it without a blank.
 * @param {string} text
 */
const endsInAddress = (text) =>
  /^[^(]*:\/\//.test(text.slice(Math.max(text.lastIndexOf(" "), text.lastIndexOf("\n")) + 1));

/**
 * The text as it is drawn, with a mark at each place.
 * @param {string} text
 * @param {Array<Page.Cited> | undefined} cited
 */
export const marked = (text, cited) => withSaid(text, cited, markOf);

/**
 * The text as it is read elsewhere: each place has the number of its source, as [1].
 * @param {{text: string, cited?: Array<Page.Cited>}} reply
 * @param {Array<Source> | undefined} sources
 */
export function numbered({ text, cited }, sources) {
  const numbers = new Map((sources ?? []).map(({ url, number }) => [url, number]));
  return withSaid(text, cited, (index, place) => {
    const number = numbers.get(cited?.[index].url ?? "");
    if (number === undefined) return "";
    return text[place] === "(" ? `[${number}] ` : `[${number}]`; // else it were a link
  });
}
