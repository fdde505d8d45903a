// Tokens into elements. Every top-level block becomes nodes that depend on its token alone, so that a finished
// block never changes again. No parsing and no streaming state must enter here.

import { addText, checkbox, inline } from "./inline.js";
import { DEEPEST } from "./limits.js";
import { codeBlock, element, formula, plain, scroller } from "./pieces.js";
import { rawHtml } from "./raw_html.js";

/** @typedef {import("./inline.js").Parent} Parent */

/** @type {Record<string, string>} */
const CELL = { left: "md-left", center: "md-center", right: "md-right" };
/**
 * The first letter of `made` decides whether it runs from the left or from the right. Called when all is in it: the
 * browser looks for that letter again with every child that comes.
 * @param {Parent} parent
 * @param {HTMLElement} made
 */
function directed(parent, made) {
  made.dir = "auto";
  parent.append(made);
}

/**
 * @param {Parent} parent
 * @param {HTMLElement} made
 * @param {Markdown.Holding} token
 */
function line(parent, made, token) {
  inline(made, token.tokens);
  directed(parent, made);
}

/** @type {{[K in keyof Markdown.BlockFields]: (parent: Parent, token: Markdown.BlockOf<K>, live: boolean) => void}} */
const BLOCKS = {
  paragraph: (parent, token) => line(parent, element("p"), token),
  heading: (parent, token) => line(parent, element(`h${token.depth}`), token),
  hr: (parent) => parent.append(element("hr")),
  code: (parent, token, live) => parent.append(codeBlock(token.lang ?? "", codeText(token), !live || isClosed(token))),
  formula_block: (parent, token) => parent.append(formulaBlock(token)),
  blockquote(parent, token, live) {
    const made = element("blockquote");
    renderBlocks(made, token.tokens, live);
    directed(parent, made);
  },
  list(parent, token, live) {
    const made = element(token.ordered ? "ol" : "ul");
    if (token.ordered && token.start !== 1) made.setAttribute("start", String(token.start));
    for (const item of token.items) made.append(listItem(item, live));
    directed(parent, made);
  },
  table(parent, token) {
    /**
     * @param {"th" | "td"} name
     * @param {Array<Markdown.Cell>} row
     */
    const cells = (name, row) => row.map((cell, i) => tableCell(name, cell, token.align[i]));
    const head = element("thead", "", element("tr", "", ...cells("th", token.header)));
    const body = element("tbody");
    for (const row of token.rows) body.append(tableRow(row, token.align));
    const made = element("table", "", head, body);
    made.dir = "auto";
    parent.append(scroller(made));
  },
  html: (parent, token) => parent.append(rawHtml(token.raw)),
  text: (parent, token) => inline(parent, token.tokens ?? [token]),
  checkbox: (parent, token) => parent.append(checkbox(token.checked), " "),
  footnote: (parent, token) =>
    line(parent, element("div", "md-note", element("sup", "md-note-mark", token.label), " "), token),
  rest: (parent, token) => parent.append(plain(token.raw.trimEnd())),
  space() {},
  def() {},
};

/**
 * marked leaves the last line break out, except below a blank line.
 * @param {Markdown.BlockFields["code"]} token
 */
const codeText = ({ text, codeBlockStyle }) => (codeBlockStyle ? text : text.replace(/\n$/, ""));

/** @param {Markdown.BlockFields["code"]} token */
const isClosed = ({ raw, codeBlockStyle }) => {
  if (codeBlockStyle) return true;
  const mark = /^ *(`{3,}|~{3,})/.exec(raw)?.[1];
  return mark !== undefined && new RegExp(`\\n[ >]*${mark[0]}{${mark.length},} *\\n*$`).test(raw);
};

/** @param {Markdown.BlockFields["formula_block"]} token */
function formulaBlock(token) {
  if (token.tex === null) return element("div", "md-formula md-formula-block", token.text);
  return element("div", "md-formula-row", formula({ ...token, display: true }));
}

/**
 * @param {"th" | "td"} name
 * @param {Markdown.Cell} cell
 * @param {Markdown.Align} align
 */
function tableCell(name, cell, align) {
  const made = element(name, CELL[align ?? ""] ?? "");
  inline(made, cell.tokens);
  return made;
}

/**
 * @param {Array<Markdown.Cell>} row
 * @param {Array<Markdown.Align>} align
 */
export const tableRow = (row, align) => element("tr", "", ...row.map((cell, i) => tableCell("td", cell, align[i])));

/**
 * @param {Markdown.Item} item
 * @param {boolean} live
 */
export function listItem(item, live) {
  const made = element("li", item.task ? "md-task" : "");
  const [first, second] = item.tokens;
  /** @type {Array<Markdown.Token>} */
  // A list found to be loose late has its box beside the paragraph: same place as in one known to be loose.
  const tokens =
    first?.type === "checkbox" && second?.type === "paragraph"
      ? [{ ...second, tokens: [first, ...second.tokens] }, ...item.tokens.slice(2)]
      : item.tokens;
  renderBlocks(made, tokens, live);
  return made;
}

/**
 * `live`: the last of `tokens` may still grow.
 * @param {Parent} parent
 * @param {Array<Markdown.Token>} tokens
 */
export function renderBlocks(parent, tokens, live = false) {
  const groups = grouped(tokens);
  groups.forEach((group, i) => renderGroup(parent, group, live && i === groups.length - 1));
}

let folds = 0;

/**
 * The nodes of one group of tokens.
 * @param {Parent} parent
 * @param {Markdown.Group} group
 */
export function renderGroup(parent, group, live = false) {
  if (group.fold && folds < DEEPEST) return fold(parent, group.tokens, live);
  for (const token of group.tokens)
    if (isBlock(token)) drawBlock(parent, token, live);
    else addText(parent, token.raw);
  return undefined;
}

/**
 * @param {Markdown.Token} token
 * @returns {token is Markdown.BlockOf}
 */
const isBlock = (token) => Object.hasOwn(BLOCKS, token.type);

/**
 * @template {keyof Markdown.BlockFields} K
 * @param {Parent} parent
 * @param {Markdown.BlockOf<K>} token
 * @param {boolean} live
 */
const drawBlock = (parent, token, live) => BLOCKS[token.type](parent, token, live);

/**
 * @param {Parent} parent
 * @param {Array<Markdown.Token>} tokens the first is the opening tag
 * @param {boolean} live
 */
function fold(parent, [first, ...rest], live) {
  const opening = rawHtml(first.raw);
  const found = opening.querySelectorAll("details");
  folds += 1;
  try {
    renderBlocks(found[found.length - 1] ?? opening, rest, live);
  } finally {
    folds -= 1;
  }
  parent.append(opening);
}

/** @param {string} raw */
const foldDepth = (raw) => (raw.match(/<details[\s>]/gi)?.length ?? 0) - (raw.match(/<\/details\s*>/gi)?.length ?? 0);

/**
 * Tokens as groups that are drawn together: one each, except that a `<details>` keeps what comes until its end.
 * @param {Array<Markdown.Token>} tokens
 */
export function grouped(tokens) {
  /** @type {Array<Markdown.Group>} */
  const groups = [];
  let depth = 0;
  for (const token of tokens) {
    const change = token.type === "html" ? foldDepth(token.raw) : 0;
    if (depth > 0) {
      const group = groups[groups.length - 1];
      group.tokens.push(token);
      group.raw += token.raw;
      depth += change;
      group.closed = depth <= 0;
    } else {
      const opens = change > 0;
      depth = Math.max(0, change);
      groups.push({ tokens: [token], raw: token.raw, type: token.type, fold: opens, closed: !opens });
    }
  }
  return groups;
}
