// Sources of an answer: chips in place of [1], or [ref_1] as Z.ai writes, and the list below. Drawn from what the conversation holds; nothing is
// fetched from elsewhere to draw it.

import { el } from "../parts/dom.js";

const MARK = /\[(ref_)?(\d{1,4})\]/g;
const APART = "code, pre, a, button, .katex, math";
const MOST = 500;

const HIGHEST = 9999;
/** Sources of a conversation that a turn tells the server of. */
const MOST_TOLD = 1000;

/**
 * `round`: in which reply of its turn it came.
 * @typedef {Page.Source} Source
 *
 * The source that a mark of an answer means: [ref_1] (`ref`) or [1].
 * @typedef {(ref: boolean, number: number) => Source | undefined} Cite
 */

/** @param {string | undefined} url */
const isWeb = (url) => /^https?:\/\//i.test(url ?? "");
/** @param {string} url */
const hostOf = (url) => (URL.canParse(url) ? new URL(url).hostname : "");

/** @typedef {Pick<Page.ChatNode, "sources">} Node */

/**
 * Sources of the nodes of `path` before `node`, the newest first.
 * @param {Array<Page.ChatNode> | null} path
 * @param {Page.ChatNode} node
 */
export const sourcesAbove = (path, node) =>
  (path ?? [])
    .slice(0, Math.max(0, path?.indexOf(node) ?? 0))
    .reverse()
    .flatMap(({ sources }) => sources ?? []);

/**
 * What the marks in the text of reply `round` of `node` mean. A provider's own search numbers what it finds anew in each
 * reply (`ref`), and the model reads those numbers there alone; what our tools found has one number in the whole
 * conversation. `above` are the sources of the nodes before.
 * @param {Node} node
 * @param {number} round
 * @param {Array<Source>} [above]
 * @returns {Cite}
 */
export function citedIn({ sources = [] }, round, above = []) {
  const own = sources.filter(({ url }) => isWeb(url));
  const all = [...own, ...above.filter(({ url }) => isWeb(url))];
  /** @param {number} n */
  const byRef = (n) =>
    own.find(({ ref, round: at }) => ref === n && at === round) ??
    own.find(({ ref }) => ref === n) ??
    own.find(({ ref, number }) => !ref && number === n);
  /** @param {number} n */
  const byNumber = (n) => all.find(({ ref, number }) => !ref && number === n);
  return (ref, n) => (ref ? byRef(n) : (byNumber(n) ?? byRef(n)));
}

/**
 * The sources that a conversation has numbered, the newest first, each number and each address once.
 * @param {Array<Node>} nodes from the first to the last
 * @returns {Array<{number: number, url: string}>}
 */
export function knownSources(nodes) {
  /** @type {Map<number, string>} */
  const found = new Map();
  const urls = new Set();
  for (const { number, url } of [...nodes].reverse().flatMap(({ sources }) => sources ?? [])) {
    const sound = Number.isInteger(number) && number > 0 && number <= HIGHEST && isWeb(url) && url.length <= 4096;
    if (!sound || found.has(number) || urls.has(url)) continue;
    found.set(number, url);
    urls.add(url);
  }
  return [...found].slice(0, MOST_TOLD).map(([number, url]) => ({ number, url }));
}

/**
 * The text with [ref_1] as the number of its source: as files have it, whose lists name numbers.
 * @param {string} text
 * @param {Cite} cite
 */
export const withNumbers = (text, cite) =>
  text.replace(/\[ref_(\d{1,4})\]/g, (mark, n) => {
    const source = cite(true, Number(n));
    return source ? `[${source.number}]` : mark;
  });

/**
 * Makes the marks of `answer` that have a source into links to it; others stay text.
 * @param {Element} answer
 * @param {Cite} cite
 */
export function linkNumbers(answer, cite) {
  const walker = document.createTreeWalker(answer, NodeFilter.SHOW_TEXT);
  const found = [];
  while (walker.nextNode() && found.length < MOST) {
    const { currentNode: node } = walker;
    if (node instanceof Text && node.data.includes("[") && !node.parentElement?.closest(APART)) found.push(node);
  }
  for (const node of found) split(node, cite);
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
 * @param {Cite} cite
 */
function split(node, cite) {
  const pieces = [];
  let from = 0;
  for (const match of node.data.matchAll(MARK)) {
    const source = cite(Boolean(match[1]), Number(match[2]));
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
 * Each source once: what two searches found has one number.
 * @param {Array<Source> | undefined} sources
 * @returns {Array<Source>}
 */
export const listed = (sources = []) =>
  sources.filter(({ url, number }, i) => isWeb(url) && i === sources.findIndex((other) => other.number === number));

/**
 * The list below an answer.
 * @param {HTMLElement} place
 * @param {Array<Source> | undefined} sources
 * @param {Wire.Words["tools"]} words
 */
export function drawSources(place, sources, words) {
  const rows = listed(sources).map(row);
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
