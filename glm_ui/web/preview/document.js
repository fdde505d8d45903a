// What of a code block can be previewed, and the page that is made of it. Text in, text out.

/** @typedef {"html" | "svg"} Kind */

/** @type {Record<string, Kind>} */
const KINDS = { html: "html", htm: "html", xhtml: "html", svg: "svg" };
/** Languages that say too little: the text decides. */
const UNSURE = new Set(["", "xml", "markup", "text", "code"]);
const BEGINNING = /^\s*(?:<\?xml[^<>]*>\s*)?(?:<!--[\s\S]{0,500}?-->\s*)?(<!doctype\s+html|<html|<svg)\b/i;
const LONGEST_TITLE = 80;

/**
 * What a code block is as a page; null if it is none.
 * @param {string} language
 * @param {string} text
 * @returns {Kind | null}
 */
export function kindOf(language, text) {
  const name = language.toLowerCase();
  if (Object.hasOwn(KINDS, name)) return KINDS[name];
  const found = UNSURE.has(name) && BEGINNING.exec(text.slice(0, 1000));
  if (!found) return null;
  return found[1].toLowerCase() === "<svg" ? "svg" : "html";
}

/** What a page calls itself: its title, or its first heading; "" if it has neither. @param {string} text */
export function titleOf(text) {
  const found = /<title[^<>]*>([^<]{1,400})/i.exec(text) ?? /<h1[^<>]*>([^<]{1,400})/i.exec(text);
  return (found?.[1] ?? "")
    .replace(/&amp;/g, "&")
    .replace(/&(?:lt|gt|quot|#39|nbsp);/g, " ")
    .replace(/\s+/g, " ")
    .trim()
    .slice(0, LONGEST_TITLE);
}

/**
 * A page that is still arriving is worth drawing where it ends outside of a tag, a script and a style: nothing that is
 * half there is seen.
 * @param {string} text
 */
export function isCalm(text) {
  if (text.lastIndexOf("<") > text.lastIndexOf(">")) return false;
  const lower = text.toLowerCase();
  return ["script", "style", "title"].every(
    (name) => lower.lastIndexOf(`<${name}`) <= Math.max(lower.lastIndexOf(`</${name}`), -1),
  );
}

const FRAMES = /<(?=\/?(?:i?frame|frameset|object|embed|fencedframe|portal)\b)/gi;
const HINTS =
  /<link\b[^<>]{0,400}?\brel\s{0,9}=\s{0,9}["']?(?:preconnect|dns-prefetch|prefetch|prerender|preload)\b[^<>]*>/gi;
/** Strings become HTML through the policy of prelude.js alone. */
const POLICY = "require-trusted-types-for 'script'; trusted-types default";
const BARE = "body{margin:16px;font:16px/1.5 system-ui,sans-serif;color:#1c1d21}";
const DRAWING =
  "html,body{height:100%}body{margin:0;display:grid;place-items:center}body>svg{max-width:100%;max-height:100vh}";

/**
 * The whole page for the frame, `prelude` first. Frames within it are taken out: they could do what the prelude takes away.
 * So are hints to connect early, which no policy covers.
 * @param {Kind} kind
 * @param {string} text
 * @param {string} prelude a script
 * @param {{x: number, y: number}} [scroll]
 */
export function pageOf(kind, text, prelude, { x, y } = { x: 0, y: 0 }) {
  const own = text.replace(FRAMES, "<x-").replace(HINTS, "");
  const bare = kind === "svg" ? DRAWING : /<(?:style|html|body)\b/i.test(text) ? "" : BARE;
  const lines = prelude.split("\n").length - 1;
  return (
    `<!doctype html><meta http-equiv="Content-Security-Policy" content="${POLICY}"><meta charset="utf-8">` +
    `<meta name="viewport" content="width=device-width, initial-scale=1">` +
    `<script data-x="${Number(x)}" data-y="${Number(y)}" data-lines="${lines}">${prelude}</script>` +
    (bare && `<style>${bare}</style>`) +
    own
  );
}

/**
 * The name of the file that a block is saved as.
 * @param {Kind} kind
 * @param {string} text
 */
export function fileNameOf(kind, text) {
  const name = titleOf(text)
    .replace(/[^\p{L}\p{N}]+/gu, "-")
    .replace(/^-+|-+$/g, "")
    .slice(0, 60);
  return `${name || "preview"}.${kind}`;
}
