// Pages as people write them: "1-3,7" and back. Pure.

/**
 * "1-3,7" -> Set {1, 2, 3, 7}; "" is all of `count`. What cannot be read is left out: the server says what is wrong.
 * @param {string} text
 * @param {number} count
 * @returns {Set<number>}
 */
export function pagesOf(text, count) {
  if (!text.trim()) return new Set(range(1, count));
  const pages = new Set();
  for (const piece of text.split(/[,;，、\s]+/)) {
    const match = /^(\d+)?(?:[-–—](\d+)?)?$/.exec(piece);
    if (!piece || !match) continue;
    const first = Number(match[1] ?? 1);
    const last = /[-–—]/.test(piece) ? Number(match[2] ?? count) : first;
    for (const page of range(Math.max(1, first), Math.min(count, last))) pages.add(page);
  }
  return pages;
}

/**
 * Set {1, 2, 3, 7} -> "1-3,7"; all of `count` -> "".
 * @param {Set<number>} pages
 * @param {number} count
 */
export function textOf(pages, count) {
  if (pages.size === count) return "";
  const sorted = [...pages].sort((a, b) => a - b);
  /** @type {Array<[number, number]>} */
  const runs = [];
  for (const page of sorted) {
    const run = runs.at(-1);
    if (run && run[1] === page - 1) run[1] = page;
    else runs.push([page, page]);
  }
  return runs.map(([first, last]) => (first === last ? `${first}` : `${first}-${last}`)).join(",");
}

/**
 * @param {number} first
 * @param {number} last
 */
const range = (first, last) => Array.from({ length: Math.max(0, last - first + 1) }, (_, i) => first + i);
