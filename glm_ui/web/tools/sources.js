// Sources of an answer: chips in place of [1], or [ref_1] as Z.ai writes, and the list below. Drawn from what the conversation holds; nothing is
// fetched from elsewhere to draw it.

import { el } from "../parts/dom.js";

const MARK = /\[(?:ref_)?(\d{1,3})\]/g;
const APART = "code, pre, a, button, .katex, math";
const MOST = 500;

/** @typedef {Wire.CitedTold} Source */

/** @param {string | undefined} url */
const isWeb = (url) => /^https?:\/\//i.test(url ?? "");
/** @param {string} url */
const hostOf = (url) => (URL.canParse(url) ? new URL(url).hostname : "");

/**
 * Makes the numbers of `answer` that have a source into links to it; others stay text.
 * @param {HTMLElement} answer
 * @param {Array<Source> | undefined} sources
 */
export function linkNumbers(answer, sources) {
  const known = new Map((sources ?? []).filter(({ url }) => isWeb(url)).map((source) => [source.number, source]));
  if (!known.size) return;
  const walker = document.createTreeWalker(answer, NodeFilter.SHOW_TEXT);
  const found = [];
  while (walker.nextNode() && found.length < MOST) {
    const { currentNode: node } = walker;
    if (node instanceof Text && node.data.includes("[") && !node.parentElement?.closest(APART)) found.push(node);
  }
  for (const node of found) split(node, known);
}

/**
 * Makes the places of `answer` that rest on a source into links to it.
 * @param {HTMLElement} answer
 * @param {Array<Page.Cited> | undefined} cited
 * @param {Array<Source> | undefined} sources
 */
export function linkCited(answer, cited, sources) {
  if (!cited?.length) return;
  const known = new Map((sources ?? []).filter(({ url }) => isWeb(url)).map((source) => [source.url, source]));
  for (const place of answer.querySelectorAll("span.md-cite")) {
    const { url, text } = cited[Number(/** @type {HTMLElement} */ (place).dataset.cite)] ?? {};
    const source = known.get(url ?? "");
    if (source) place.replaceWith(chip({ ...source, snippet: text || source.snippet }));
  }
}

/**
 * @param {Text} node
 * @param {Map<number, Source>} known
 */
function split(node, known) {
  const pieces = [];
  let from = 0;
  for (const match of node.data.matchAll(MARK)) {
    const source = known.get(Number(match[1]));
    if (!source) continue;
    pieces.push(node.data.slice(from, match.index), chip(source));
    from = match.index + match[0].length;
  }
  if (from) node.replaceWith(...pieces.filter(Boolean), node.data.slice(from));
}

/** @param {Source} source */
const about = ({ title, url, published, snippet }) =>
  [title, [hostOf(url), published].filter(Boolean).join(" · "), (snippet ?? "").slice(0, 300)]
    .filter(Boolean)
    .join("\n");

/** @param {string} url */
const opens = (url) => ({ href: url, target: "_blank", rel: "noopener noreferrer nofollow" });

/**
 * Its brackets are not seen: they are for what is copied.
 * @param {Source} source
 */
const chip = (source) =>
  el(
    "a",
    { class: "cite", ...opens(source.url), title: about(source), "aria-label": about(source) },
    el("span", { class: "cite-edge" }, "["),
    String(source.number),
    el("span", { class: "cite-edge" }, "]"),
  );

/**
 * The list below an answer.
 * @param {HTMLElement} place
 * @param {Array<Source> | undefined} sources
 * @param {Wire.Words["tools"]} words
 */
export function drawSources(place, sources, words) {
  const rows = (sources ?? []).filter(({ url }) => isWeb(url)).map(row);
  const summary = el("summary", {}, `${words.sources} · ${rows.length}`);
  place.replaceChildren(...(rows.length ? [el("details", { class: "source-list" }, summary, ...rows)] : []));
}

/** @param {Source} source */
function row({ number, url, title, published, snippet }) {
  const where = [hostOf(url), published].filter(Boolean).join(" · ");
  return el(
    "a",
    { class: "source", ...opens(url) },
    el("span", { class: "cite", "aria-hidden": "true" }, String(number)),
    el(
      "span",
      { class: "source-text" },
      el("span", { class: "source-title" }, title || url),
      el("small", {}, where),
      snippet ? el("small", {}, snippet.slice(0, 300)) : null,
    ),
  );
}
