// Conversations as one HTML file that opens anywhere: no script, no address that is fetched, styles inside, a policy on
// top that forbids both. Built from elements, never from a model's HTML.

import { repliesOf } from "../tools/calls.js";
import { marked } from "../tools/citations.js";
import { citedIn, linkCited, linkNumbers, listed, sourcesAbove } from "../tools/sources.js";
import { path } from "./conversation.js";
import { el } from "../parts/dom.js";
import { answeredBy, day, ending, facts, fileNames } from "./export.js";
import { renderMarkdown, settled } from "../markdown/markdown.js";
import { dataUrl } from "./portable.js";

/** @typedef {import("./export.js").Words} Words */

const POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'";
const PICTURE = /^data:image\/(png|jpeg|gif|webp|avif);base64,[\w+/=]+$/;
const SHEET = `
:root { color-scheme: light dark; }
body { margin: 0 auto; padding: 32px 24px 64px; max-width: 800px; font: 16px/1.6 var(--glm-sans); color: var(--glm-text); background: var(--glm-page); }
h1 { margin: 0; font-size: 26px; line-height: 1.25; overflow-wrap: anywhere; }
nav ol { padding-left: 1.6em; }
a { color: var(--glm-accent); }
.facts, .ending, .who, .file { margin: 4px 0 0; color: var(--glm-muted); font-size: 14px; }
.system { margin: 16px 0 0; padding-left: 14px; border-left: 1px solid var(--glm-line); color: var(--glm-muted); font-size: 14px; white-space: pre-wrap; }
.conversation + .conversation, nav + .conversation { margin-top: 64px; padding-top: 32px; border-top: 1px solid var(--glm-line); }
.user { display: flex; flex-direction: column; align-items: flex-end; margin-top: 32px; }
.bubble { max-width: 85%; padding: 8px 16px; border-radius: 16px; background: var(--glm-bubble); white-space: pre-wrap; overflow-wrap: anywhere; }
.user img { max-width: 85%; max-height: 420px; border-radius: 10px; margin-bottom: 8px; }
.assistant { margin-top: 24px; }
.thinking, .tool { margin: 8px 0; color: var(--glm-muted); font-size: 14px; }
.thinking summary, .tool summary { cursor: pointer; }
.thinking div { margin: 8px 0 8px 5px; padding-left: 14px; border-left: 1px solid var(--glm-line); white-space: pre-wrap; overflow-wrap: anywhere; }
.tool pre { overflow-x: auto; }
math[display="block"] { margin: 8px 0; }
@media print { body { padding: 0; } }
`;

/**
 * The pieces of the file. `words`: those of the export, with `untitled`, `you`, `assistant`, `thinking`, …
 * @param {import("./export.js").Records} records
 * @param {Words} words
 * @param {Page.ChatNode} [answer] this one alone, with its question
 */
export async function toHtml(records, words, answer) {
  const bodies = [];
  const titles = [];
  for await (const record of records) {
    const title = record.title || words.untitled;
    titles.push(title);
    bodies.push(await conversation(record, { title, id: `c${titles.length}`, answer }, words));
  }
  const nav =
    titles.length > 1
      ? el(
          "nav",
          {},
          el("h1", {}, words.all_title),
          el("ol", {}, ...titles.map((title, i) => el("li", {}, el("a", { href: `#c${i + 1}` }, title)))),
        )
      : null;
  const head = [
    el("meta", { charset: "utf-8" }),
    el("meta", { "http-equiv": "Content-Security-Policy", content: POLICY }),
    el("meta", { name: "viewport", content: "width=device-width, initial-scale=1" }),
    el("meta", { name: "referrer", content: "no-referrer" }),
    el("title", {}, titles.length === 1 ? titles[0] : words.all_title),
  ];
  const sheets = `<style>${await pageSheet("tokens")}@layer reset {${SHEET}}${await pageSheet("markdown")}</style>`;
  return [
    "<!doctype html>\n<html>\n<head>\n",
    ...head.map(source),
    sheets,
    '\n</head>\n<body class="glm">\n',
    nav ? source(nav) : "",
    ...bodies,
    "</body>\n</html>\n",
  ];
}

/** @param {Element} node */
const source = (node) => `${node.outerHTML}\n`;

/**
 * @param {Page.Conversation} record
 * @param {{title: string, id: string, answer?: Page.ChatNode}} how
 * @param {Words} words
 */
async function conversation(record, { title, id, answer }, words) {
  const system = !answer && record.settings?.system?.trim();
  const shown = path(record);
  const drawn = answer ? shown.filter((node) => node.id === answer.id || node.id === answer.parent) : shown;
  const turns = await drawnTurns(shown, drawn, words);
  const made = el(
    "section",
    { class: "conversation", id },
    el("h1", {}, title),
    el("p", { class: "facts" }, (answer ? [day(answer.createdAt)] : facts(record)).join(" · ")),
    system ? el("p", { class: "system" }, system) : null,
    ...turns,
  );
  await settled();
  atRest(made);
  return source(made);
}

/**
 * The turns as elements; their formulas and code come to rest later.
 * @param {Array<Page.ChatNode>} shown all turns of the conversation, which name the sources
 * @param {Array<Page.ChatNode>} drawn those that are wanted
 * @param {Words} words
 */
export async function drawnTurns(shown, drawn, words) {
  const turns = [];
  for (const node of drawn)
    turns.push(node.role === "user" ? await asked(node, words) : answered(node, words, sourcesAbove(shown, node)));
  return turns;
}

/**
 * @param {Page.ChatNode} node
 * @param {Words} words
 */
async function asked(node, words) {
  const pictures = (await Promise.all([...(node.pictures ?? []), ...(node.files ?? [])].map(pictureOf)))
    .filter(Boolean)
    .map((src) => el("img", { src, alt: "" }));
  const names = fileNames(node).map((name) => el("p", { class: "file" }, `${words.file}: ${name}`));
  return el(
    "article",
    { class: "user", "aria-label": words.you },
    ...pictures,
    ...names,
    node.text ? el("div", { class: "bubble", dir: "auto" }, node.text) : null,
  );
}

/**
 * @param {Page.ChatNode} node
 * @param {Words} words
 * @param {Array<Page.Source>} above
 */
function answered(node, words, above) {
  const sources = listed(node.sources).map(({ number, title, url }) => el("p", {}, `[${number}] ${title}: ${url}`));
  const why = ending(node, words);
  return el(
    "article",
    { class: "assistant", "aria-label": words.assistant },
    el("p", { class: "who" }, answeredBy(node) || words.assistant),
    ...repliesOf(node).flatMap((reply, i) => replied(reply, node.sources, citedIn(node, i, above), words)),
    ...sources,
    why ? el("p", { class: "ending" }, why) : null,
  );
}

/**
 * @param {import("../tools/calls.js").Reply} reply
 * @param {Page.ChatNode["sources"]} sources
 * @param {import("../tools/sources.js").Cite} cite
 * @param {Words} words
 */
function replied({ thinking, text, toolCalls, cited }, sources, cite, words) {
  const answer = el("div", { class: "md" });
  answer.append(renderMarkdown(marked(text, cited)));
  linkCited(answer, cited, sources);
  linkNumbers(answer, cite);
  const tools = toolCalls.map((call) =>
    el(
      "details",
      { class: "tool" },
      el("summary", {}, `${words.tool}: ${call.name ?? ""}`),
      el("pre", {}, String(call.arguments ?? "")),
      typeof call.result === "string" ? el("pre", {}, call.result) : null,
      ...[call.pictures ?? []]
        .flat()
        .filter((src) => PICTURE.test(src))
        .map((src) => el("img", { src, alt: "" })),
    ),
  );
  const fold =
    thinking && el("details", { class: "thinking" }, el("summary", {}, words.thinking), el("div", {}, thinking));
  return [...(fold ? [fold] : []), answer, ...tools];
}

/**
 * What is there of a file as a picture: the first data URL or Blob that is one. Never an address.
 * @param {any} file
 * @returns {Promise<string | null>}
 */
async function pictureOf(file) {
  for (const value of [file?.sent, ...Object.values(file ?? {})]) {
    if (typeof value === "string" && PICTURE.test(value)) return value;
    if (value instanceof Blob && PICTURE.test(`data:${value.type};base64,AA==`)) return dataUrl(value);
  }
  return null;
}

/**
 * Takes out what only works on the living page; formulas keep their MathML, which needs no fonts.
 * @param {Element} root
 */
export function atRest(root) {
  for (const button of root.querySelectorAll("button, input[type=button]")) button.remove();
  for (const drawn of root.querySelectorAll(".katex")) {
    const math = drawn.querySelector("math");
    if (math) drawn.replaceWith(math);
  }
  for (const each of root.querySelectorAll("[data-waiting], [data-copy]")) {
    each.removeAttribute("data-waiting");
    each.removeAttribute("data-copy");
  }
}

/**
 * One of the page's style sheets; "" if it cannot be had.
 * @param {string} name
 */
export async function pageSheet(name) {
  try {
    const response = await fetch(new URL(`../styles/${name}.css`, import.meta.url));
    const text = response.ok ? await response.text() : "";
    return text.includes("</") ? "" : text;
  } catch {
    return "";
  }
}
