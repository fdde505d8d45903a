// @ts-nocheck
// Tokens into elements. Every top-level block becomes nodes that depend on its token alone, so that a finished
// block never changes again. No parsing and no streaming state must enter here.

import { DEEPEST } from "./limits.js";
import { codeBlock, element, external, formula, laidOut, picture, plain, scroller, WORDS } from "./pieces.js";
import { inlineTag, rawHtml } from "./raw_html.js";

const CELL = { left: "md-left", center: "md-center", right: "md-right" };
const ENTITY = /&(?:#\d{1,7}|#[xX][0-9a-fA-F]{1,6}|[a-zA-Z][a-zA-Z0-9]{1,31});/g;
const decoder = document.createElement("textarea");
const MOST_DECODED = 3000;
const decoded = new Map();

/** `&copy;` and the like as characters; a textarea holds text only, whatever it is given. */
function decode(text) {
  if (!text.includes("&")) return text;
  return text.replace(ENTITY, (entity) => {
    if (decoded.size > MOST_DECODED) decoded.clear();
    if (!decoded.has(entity)) {
      decoder.innerHTML = entity;
      decoded.set(entity, decoder.value);
    }
    return decoded.get(entity);
  });
}

function addText(parent, text) {
  if (!text) return;
  const last = parent.lastChild;
  const [first, ...rest] = laidOut(text);
  if (last?.nodeType === Node.TEXT_NODE && typeof first === "string") last.appendData(first);
  else parent.append(first);
  parent.append(...rest);
}

// --- inside a line -------------------------------------------------------------------------------------------

const INLINE = {
  text: (parent, token) => inline(parent, token.tokens),
  strong: (parent, token) => inside(parent, element("strong"), token),
  em: (parent, token) => inside(parent, element("em"), token),
  del: (parent, token) => inside(parent, element("del"), token),
  codespan: (parent, token) => parent.append(element("code", "", token.text)),
  br: (parent) => parent.append(element("br")),
  link(parent, token) {
    const made = external(decode(token.href));
    inside(parent, made, token);
    for (const nested of made.querySelectorAll("a")) nested.replaceWith(nested.textContent);
  },
  image: (parent, token) => parent.append(picture(decode(token.href), decode(token.text))),
  formula: (parent, token) => parent.append(formula(token)),
  checkbox: (parent, token) => parent.append(checkbox(token.checked), " "),
  footnote_mark: (parent, token) => parent.append(element("sup", "md-note-mark", token.label)),
};

function inside(parent, made, token) {
  inline(made, token.tokens);
  parent.append(made);
}

function checkbox(checked) {
  const made = element("span", "md-box", checked ? "☑" : "☐");
  made.setAttribute("role", "img");
  made.setAttribute("aria-label", checked ? WORDS.done : WORDS.open);
  return made;
}

/** The first letter of `made` decides whether it runs from the left or from the right. Called when all is in it: the
 * browser looks for that letter again with every child that comes. */
function directed(parent, made) {
  made.dir = "auto";
  parent.append(made);
}

function line(parent, made, token) {
  inline(made, token.tokens);
  directed(parent, made);
}

/** Known tags open and close elements within their line; all others are text. */
function inline(parent, tokens) {
  const open = [{ node: parent }];
  let text = "";
  const flush = () => {
    addText(open.at(-1).node, text);
    text = "";
  };
  for (const token of tokens) {
    const words = textOf(token);
    if (words !== null) {
      text += words; // at once, for the browser copies a text node whenever it grows
      continue;
    }
    flush();
    if (token.type === "html") tag(open, token.raw);
    else INLINE[token.type](open.at(-1).node, token);
  }
  flush();
}

/** The words of a token that is text alone, else null. */
function textOf(token) {
  if (token.type === "text") return token.tokens ? null : decode(token.text);
  if (token.type === "escape") return token.text;
  return token.type === "html" || Object.hasOwn(INLINE, token.type) ? null : token.raw;
}

const literal = (parent, token) => addText(parent, token.raw);

function tag(open, raw) {
  const here = open.at(-1).node;
  const found = inlineTag(raw);
  if (!found) return raw.startsWith("<!--") ? undefined : addText(here, raw);
  if (found.closes) {
    const at = open.findLastIndex(({ name }) => name === found.name);
    return at > 0 ? open.splice(at) : addText(here, raw);
  }
  if (open.length > DEEPEST) return addText(here, raw);
  here.append(found.node);
  return found.holds && open.push({ node: found.node, name: found.name });
}

// --- blocks --------------------------------------------------------------------------------------------------

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
    if (token.ordered && token.start !== 1) made.setAttribute("start", token.start);
    for (const item of token.items) made.append(listItem(item, live));
    directed(parent, made);
  },
  table(parent, token) {
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

/** marked leaves the last line break out, except below a blank line. */
const codeText = ({ text, codeBlockStyle }) => (codeBlockStyle ? text : text.replace(/\n$/, ""));

const isClosed = ({ raw, codeBlockStyle }) => {
  if (codeBlockStyle) return true;
  const mark = /^ *(`{3,}|~{3,})/.exec(raw)?.[1];
  return Boolean(mark) && new RegExp(`\\n[ >]*${mark[0]}{${mark.length},} *\\n*$`).test(raw);
};

function formulaBlock(token) {
  if (token.tex === null) return element("div", "md-formula md-formula-block", token.text);
  return element("div", "md-formula-row", formula({ ...token, display: true }));
}

function tableCell(name, cell, align) {
  const made = element(name, CELL[align] ?? "");
  inline(made, cell.tokens);
  return made;
}

export const tableRow = (row, align) => element("tr", "", ...row.map((cell, i) => tableCell("td", cell, align[i])));

export function listItem(item, live) {
  const made = element("li", item.task ? "md-task" : "");
  const [first, second] = item.tokens;
  // A list found to be loose late has its box beside the paragraph: same place as in one known to be loose.
  const tokens =
    first?.type === "checkbox" && second?.type === "paragraph"
      ? [{ ...second, tokens: [first, ...second.tokens] }, ...item.tokens.slice(2)]
      : item.tokens;
  renderBlocks(made, tokens, live);
  return made;
}

/** `live`: the last of `tokens` may still grow. */
export function renderBlocks(parent, tokens, live = false) {
  const groups = grouped(tokens);
  groups.forEach((group, i) => renderGroup(parent, group, live && i === groups.length - 1));
}

let folds = 0;

/** The nodes of one group of tokens. */
export function renderGroup(parent, group, live = false) {
  if (group.fold && folds < DEEPEST) return fold(parent, group.tokens, live);
  for (const token of group.tokens) (BLOCKS[token.type] ?? literal)(parent, token, live);
  return undefined;
}

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

const foldDepth = (raw) => (raw.match(/<details[\s>]/gi)?.length ?? 0) - (raw.match(/<\/details\s*>/gi)?.length ?? 0);

/**
 * Tokens as groups that are drawn together: one each, except that a `<details>` keeps what comes until its end.
 * A group is {tokens, raw, type, fold, closed}.
 */
export function grouped(tokens) {
  const groups = [];
  let depth = 0;
  for (const token of tokens) {
    const change = token.type === "html" ? foldDepth(token.raw) : 0;
    if (depth > 0) {
      const group = groups.at(-1);
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
