// A text cut into pieces that a browser speaks one by one, and the language of each. Pure: text in, text out.

/** Characters of a piece. Chrome falls silent in the middle of an utterance that takes longer than some 15 seconds. */
export const LONGEST = 180;
const SOFT_ENDS = /[,;:，；：、—–]/g;
/** Scripts that name a language, the rarer before those that are found in several languages. */
const SCRIPTS = /** @type {const} */ ([
  ["ja", /[\u3040-\u30ff]/g],
  ["ko", /[\uac00-\ud7af]/g],
  ["zh", /\p{Script=Han}/gu],
  ["ru", /\p{Script=Cyrillic}+/gu],
  ["el", /\p{Script=Greek}{2,}/gu],
  ["ar", /\p{Script=Arabic}+/gu],
  ["he", /\p{Script=Hebrew}+/gu],
  ["hi", /\p{Script=Devanagari}+/gu],
  ["th", /\p{Script=Thai}+/gu],
]);
const LATIN = /\p{Script=Latin}+/gu;
const ACCENTED = /[^\P{Script=Latin}a-zA-Z]/u;
/** Share of the kana in a Japanese text: kanji are Han. */
const KANA = 0.1;

/**
 * The language of a text by its script. What is written in Latin letters is English, unless it has others than English
 * has and the reader's own language is written so too.
 * @param {string} text
 * @param {string} [own] the reader's language, such as "de-AT"
 */
export function languageOf(text, own = "en") {
  const count = (/** @type {RegExp} */ script) => text.match(script)?.length ?? 0;
  const counts = SCRIPTS.map(([language, script]) => ({ language, n: count(script) }));
  const han = counts.find(({ language }) => language === "zh")?.n ?? 0;
  const most = counts.reduce((best, each) => (each.n > best.n ? each : best));
  if (most.language === "zh" && counts[0].n > KANA * han) return "ja";
  if (most.n && most.n >= count(LATIN)) return most.language;
  const latin = /^(zh|ja|ko|ru|el|ar|he|hi|th|uk|bg|fa|ur)\b/.test(own) ? "en" : own.split("-")[0];
  return ACCENTED.test(text) ? latin : "en";
}

/**
 * Each block of a text as pieces of at most LONGEST characters, cut where a sentence ends: else at a comma, else between
 * words.
 * @param {Array<string>} blocks
 * @param {string} [own] the reader's language
 * @returns {Array<{text: string, language: string}>}
 */
export function piecesOf(blocks, own) {
  return blocks.flatMap((block) => {
    const language = languageOf(block, own);
    return sentencesOf(block, language)
      .flatMap(shortened)
      .map((piece) => piece.trim())
      .filter((piece) => /[\p{L}\p{N}]/u.test(piece))
      .map((text) => ({ text, language }));
  });
}

/**
 * @param {string} text
 * @param {string} language
 */
function sentencesOf(text, language) {
  if (!("Segmenter" in Intl)) return [text];
  const segments = new Intl.Segmenter(language, { granularity: "sentence" }).segment(text);
  return Array.from(segments, ({ segment }) => segment);
}

/** @param {string} sentence */
function shortened(sentence) {
  const pieces = [];
  let from = 0;
  while (sentence.length - from > LONGEST) {
    const end = from + cutOf(sentence.slice(from, from + LONGEST));
    pieces.push(sentence.slice(from, end));
    from = end;
  }
  return [...pieces, sentence.slice(from)];
}

/**
 * Where to end a piece: behind the last comma in its second half, else behind its last blank, else where no letter is
 * halved.
 * @param {string} piece
 */
function cutOf(piece) {
  const comma = [...piece.matchAll(SOFT_ENDS)].at(-1)?.index ?? 0;
  if (comma >= piece.length / 2) return comma + 1;
  const blank = piece.lastIndexOf(" ");
  if (blank > 0) return blank + 1;
  return /[\ud800-\udbff]$/.test(piece) ? piece.length - 1 : piece.length;
}

/**
 * The voice for a language: one of the reader's own region first, then the browser's own choice; null where there is none.
 * @template {{lang: string, default: boolean, localService: boolean}} Voice
 * @param {Array<Voice>} voices
 * @param {string} language such as "zh"
 * @param {string} [own] the reader's language
 * @returns {Voice | null}
 */
export function voiceFor(voices, language, own = "") {
  const name = (/** @type {Voice} */ { lang }) => lang.replace("_", "-").toLowerCase();
  const able = voices.filter((voice) => name(voice).split("-")[0] === language);
  const rank = (/** @type {Voice} */ voice) =>
    4 * Number(name(voice) === own.toLowerCase()) + 2 * Number(voice.localService) + Number(voice.default);
  return able.reduce(
    (best, each) => (!best || rank(each) > rank(best) ? each : best),
    /** @type {Voice | null} */ (null),
  );
}
