// Where a long sheet is cut into pictures. Numbers in, numbers out; no page.

/**
 * The heights at which a sheet is cut: between lines where there is a gap, else at the limit. The last is its end.
 * @param {number} height of the sheet, in CSS pixels
 * @param {Array<[number, number]>} solid top and bottom of what is not to be cut: lines of text, rows, pictures
 * @param {number} longest height of a picture
 * @returns {Array<number>}
 */
export function cutsOf(height, solid, longest) {
  const spans = joined(solid);
  const cuts = [];
  let at = 0;
  for (let start = 0; height - start > longest; start = cuts[cuts.length - 1]) {
    const limit = start + longest;
    while (at < spans.length && spans[at][1] <= limit) at += 1;
    const top = spans[at]?.[0] ?? limit;
    cuts.push(Math.floor(top > start && top < limit ? top : limit));
  }
  return [...cuts, Math.ceil(height)];
}

/**
 * Spans in their order, those that overlap as one.
 * @param {Array<[number, number]>} spans
 */
function joined(spans) {
  /** @type {Array<[number, number]>} */
  const all = [];
  for (const [top, bottom] of [...spans].sort((a, b) => a[0] - b[0])) {
    const last = all.at(-1);
    if (last && top < last[1]) last[1] = Math.max(last[1], bottom);
    else all.push([top, bottom]);
  }
  return all;
}

/**
 * Text as XML may hold it: some control characters and halves of letters end an XML document.
 * @param {string} text
 */
export const xmlText = (text) =>
  text.replace(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/g, "").replace(/\p{Surrogate}/gu, "\ufffd");
