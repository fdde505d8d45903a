// How a text that stops anywhere is shown until the rest comes: markers that are not finished yet are closed or left
// out, so that the page does not jump. Text in, text out; the finished text never passes through here.

const BLOCK_START = /^[ \t>]*(?:[-*+][ \t]|\d{1,9}[.)][ \t]|#{1,6}[ \t]|\||>)/;
const FENCE = /^[ \t>]*(?:(?:[-*+]|\d{1,9}[.)])[ \t]+)*(`{3,}|~{3,})/;
/** A last line of markers alone: what it will be shows with its next letter. */
const MARKERS_ONLY = /^(?:[-*+=#|~`_> \t]+|[ \t>]*\d{1,9}[.)]?[ \t]*)$/;
const FIRST_MARKERS = /^[-*+=#|~`_> \t]+$/;
/** Characters at the end of a block in which open markers are looked for. */
const REACH = 2000;
const HALF_TAG =
  /<\/?(?:[a-z][a-z0-9]*|(?:a|img|b|i|u|s|em|strong|br|sub|sup|kbd|del|ins|details|summary|table|tr|td|th|p|div|span)[\s/][^<>]*)?$/i;
const HALF_PICTURE = /!(?:\[[^\]\n]*(?:\](?:\([^)\n]*)?)?)?$/;
const HALF_LINK = /\[([^[\]\n]{1,300})\]\([^()\s]*(?:\s[^()\n]*)?$/;
const HIDDEN = /\\[\s\S]|(`+)(?!`)[\s\S]*?[^`]\1(?!`)|\$\$[^$]*\$\$|\$[^\s$][^$\n]*\$|\\\([^\n]*?\\\)/g;

/**
 * `text` as it may be parsed while its end is still being written.
 * @param {string} text
 */
export function mend(text) {
  if (insideFence(text)) return text.replace(/\n[ \t>]*[`~]{1,2}$/, "");
  const table = mendTable(text);
  if (table) return table;
  const shown = withoutLastMarkers(text).trimEnd();
  const at = Math.max(lastBlock(shown), shown.length - REACH);
  return shown.slice(0, at) + mendInline(shown.slice(at));
}

/** @param {string} text */
function withoutLastMarkers(text) {
  const at = text.lastIndexOf("\n") + 1;
  return (at ? MARKERS_ONLY : FIRST_MARKERS).test(text.slice(at)) ? text.slice(0, at) : text;
}

/** @param {string} text */
function insideFence(text) {
  if (!/`{3}|~{3}/.test(text)) return false;
  /** @type {string | null} */
  let mark = null;
  for (const line of text.split("\n")) {
    const found = FENCE.exec(line)?.[1];
    if (!found) continue;
    if (!mark) mark = found;
    else if (
      found[0] === mark[0] &&
      found.length >= mark.length &&
      !line.slice(line.indexOf(found) + found.length).trim()
    )
      mark = null;
  }
  return mark !== null;
}

/**
 * A head row is a table from the start, before its line of dashes is complete.
 * @param {string} text
 */
function mendTable(text) {
  const at = text.lastIndexOf("\n\n") + 1 || 0;
  const [head, dashes, more] = text.slice(at).trimStart().split("\n");
  if (more !== undefined || !/^ {0,3}\|[^|]*\S/.test(head) || (dashes && !/^[ \t|:-]*$/.test(dashes))) return null;
  if (dashes === undefined && !head.slice(1).includes("|")) return null;
  const columns = head
    .trim()
    .replace(/^\||\|$/g, "")
    .split("|").length;
  return `${text.slice(0, at)}\n${head}\n${"|---".repeat(columns)}|\n`;
}

/**
 * Where the last line, item or paragraph of `text` begins: markers do not reach out of it.
 * @param {string} text
 */
function lastBlock(text) {
  let at = text.length;
  while (at > 0) {
    const before = text.lastIndexOf("\n", at - 1);
    const line = text.slice(before + 1, at);
    const start = BLOCK_START.exec(line);
    if (start) return before + 1 + start[0].length;
    if (!line.trim()) return at;
    at = before;
    if (before < 0) return 0;
  }
  return 0;
}

/** @param {string} block */
function mendInline(block) {
  const plain = block.replace(HIDDEN, (found) => "x".repeat(found.length));
  const tick = /`+/.exec(plain);
  if (tick)
    return tick.index + tick[0].length >= plain.length ? block.slice(0, tick.index).trimEnd() : `${block}${tick[0]}`;
  let shown = block.replace(HALF_PICTURE, "").replace(HALF_LINK, "$1").replace(HALF_TAG, "");
  shown = shown.replace(/(?<!\\)[*_~]{1,3}$/, "").trimEnd();
  return shown + closers(shown.replace(HIDDEN, (found) => "x".repeat(found.length)));
}

/**
 * What closes the emphasis that is open at the end of `plain`, innermost first.
 * @param {string} plain
 */
function closers(plain) {
  /** @type {Array<[number, string]>} */
  const open = [];
  for (const mark of ["**", "~~", "*"]) {
    const rest = mark === "*" ? plain.replaceAll("**", "xx") : plain;
    const found = [
      ...rest.matchAll(mark === "*" ? /(?<![\w*])\*(?=[^\s*])|(?<=[^\s*])\*/g : mark === "**" ? /\*\*/g : /~~/g),
    ];
    const last = found.at(-1);
    if (last && found.length % 2 && /\S/.test(plain[last.index + mark.length] ?? "")) open.push([last.index, mark]);
  }
  return open
    .sort((a, b) => b[0] - a[0])
    .map(([, mark]) => mark)
    .join("");
}
