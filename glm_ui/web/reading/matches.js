// Where words stand in what is drawn: as ranges of the page, over the borders of elements inside a line.

/** Matches above this are not looked for. */
export const MOST = 1000;
const LEFT_OUT =
  "button, .md-code-head, .katex-mathml, .turn-foot, .turn-actions, [hidden], textarea, select, .off-screen";
const BLOCK = "p, li, h1, h2, h3, h4, h5, h6, td, th, pre, summary, blockquote, div, section, article, dt, dd";

/**
 * `text` in small letters, each at its place: one whose small form is longer stays as it is.
 * @param {string} text
 */
export function folded(text) {
  const small = text.toLowerCase();
  if (small.length === text.length) return small;
  return Array.from(text, (letter) => {
    const one = letter.toLowerCase();
    return one.length === letter.length ? one : letter;
  }).join("");
}

/**
 * Where `words` begin in `text`, both folded, one after another.
 * @param {string} text
 * @param {string} words
 */
export function placesIn(text, words, most = MOST) {
  /** @type {Array<number>} */
  const places = [];
  if (!words) return places;
  for (let at = text.indexOf(words); at >= 0 && places.length < most; at = text.indexOf(words, at + words.length))
    places.push(at);
  return places;
}

/**
 * The ranges of `root` that hold `query`, in the order of the page; at most MOST.
 * @param {Element} root
 * @param {string} query
 * @returns {Array<Range>}
 */
export function matchesIn(root, query) {
  const words = folded(query);
  if (!words.trim()) return [];
  const { nodes, text } = textsOf(root);
  let first = 0;
  return placesIn(folded(text), words).map((at) => {
    while (nodes[first].start + nodes[first].node.length <= at) first += 1;
    let last = first;
    while (nodes[last].start + nodes[last].node.length < at + words.length) last += 1;
    const range = document.createRange();
    range.setStart(nodes[first].node, Math.max(0, at - nodes[first].start));
    range.setEnd(nodes[last].node, Math.max(0, at + words.length - nodes[last].start));
    return range;
  });
}

/**
 * The texts below `root` and the whole of them; a line break stands between blocks.
 * @param {Element} root
 */
function textsOf(root) {
  /** @type {Array<{node: Text, start: number}>} */
  const nodes = [];
  /** @type {Array<string>} */
  const pieces = [];
  let length = 0;
  /** @type {Element | null} */
  let block = null;
  const walker = document.createTreeWalker(root, NodeFilter.SHOW_TEXT | NodeFilter.SHOW_ELEMENT, (node) =>
    node instanceof Element
      ? node.matches(LEFT_OUT)
        ? NodeFilter.FILTER_REJECT
        : NodeFilter.FILTER_SKIP
      : NodeFilter.FILTER_ACCEPT,
  );
  for (let node = walker.nextNode(); node; node = walker.nextNode()) {
    if (!(node instanceof Text) || !node.data) continue;
    const own = node.parentElement?.closest(BLOCK) ?? null;
    if (block && own !== block) {
      pieces.push("\n");
      length += 1;
    }
    block = own;
    nodes.push({ node, start: length });
    pieces.push(node.data);
    length += node.length;
  }
  return { nodes, text: pieces.join("") };
}
