// A long list or table that is still growing: its finished items or rows stay as they are, and only the last one is
// parsed again. Whatever does not look like a plain continuation is given back to the ordinary way of drawing.

import { arrange } from "./arrange.js";
import { listItem, tableRow } from "./blocks.js";
import { parseBlocks } from "./grammar.js";
import { mend } from "./mend.js";

const LONG = 3000;
const CERTAIN = /^ {0,3}(?:[^\s\d>#|=~`:<[$\\*+_-]|\*\*[^\s*])|^[^\n]*\n/;

/**
 * @typedef {Markdown.BlockOf<"list">} List
 * @typedef {Markdown.BlockOf<"table">} Table
 */

/**
 * What differs between the two. `body` holds the rows as its children; `head` is what a parse of some rows begins with;
 * `cut` is how many characters the first n rows take; `mark` tells one list or table from another.
 * @template {List | Table} T
 * @template R
 * @typedef {object} Kind
 * @property {(token: Markdown.Token | undefined) => token is T} is
 * @property {(token: T) => Array<R>} rows
 * @property {(node: Element) => Element | null} body
 * @property {(token: T) => string} head
 * @property {(token: T, n: number) => number} cut
 * @property {(row: R, token: T, live: boolean) => HTMLElement} draw
 * @property {(token: T) => string | undefined} mark
 * @property {(row: R, fill: Markdown.Fill) => R} filled
 * @property {(row: R) => R} loosened
 */

/** @type {Kind<List, Markdown.Item>} */
const LIST = {
  is: (token) => token?.type === "list",
  rows: (token) => token.items,
  body: (node) => node,
  head: () => "",
  cut: (token, n) => token.items.slice(0, n).reduce((sum, item) => sum + item.raw.length, 0),
  draw: (item, _token, live) => listItem(item, live),
  mark: (token) => (token.ordered ? token.raw.match(/^\s*\d+([.)])/)?.[1] : token.raw.trimStart()[0]),
  filled: (item, fill) => fill(item),
  loosened: (item) => ({ ...item, tokens: item.tokens.map(loosened) }),
};

/** @type {Kind<Table, Array<Markdown.Cell>>} */
const TABLE = {
  is: (token) => token?.type === "table",
  rows: (token) => token.rows,
  body: (node) => node.querySelector("tbody"),
  head: (token) => `${token.raw.split("\n", 2).join("\n")}\n`,
  cut: (token, n) =>
    token.raw
      .split("\n")
      .slice(2, 2 + n)
      .join("\n").length + (n ? 1 : 0),
  draw: (row, token) => tableRow(row, token.align),
  mark: (token) => token.align.join(),
  filled: (row, fill) => row.map((cell) => fill(cell)),
  loosened: (row) => row,
};

/**
 * @param {Markdown.Token} token
 * @returns {Markdown.Token}
 */
function loosened(token) {
  return token.type === "text" && token.tokens ? { ...token, tokens: token.tokens, type: "paragraph" } : token;
}

/**
 * Whether the items of a list hold paragraphs.
 * @param {Markdown.Token | undefined} token
 */
export const isLoose = (token) => token?.type === "list" && token.loose;

/**
 * The open end of a text (`groups`, standing as `nodes`, from `start` on) where it is one long list or table.
 * @param {Array<Markdown.Group>} groups
 * @param {Array<ChildNode>} nodes
 * @param {number} start
 */
export function openRows(groups, nodes, start) {
  const [token] = groups[0]?.tokens ?? [];
  const [node] = nodes;
  const one = groups.every((group, i) => i === 0 || group.type === "space") && nodes.length === 1;
  if (!one || !(node instanceof Element) || token.raw.length < LONG) return null;
  if (LIST.is(token)) return token.items.length < 4 ? null : new OpenRows(token, LIST, node, start);
  if (TABLE.is(token)) return token.rows.length < 4 ? null : new OpenRows(token, TABLE, node, start);
  return null;
}

/**
 * @template {List | Table} T
 * @template R
 */
class OpenRows {
  /**
   * @param {T} token
   * @param {Kind<T, R>} kind
   * @param {Element} node
   * @param {number} start
   */
  constructor(token, kind, node, start) {
    this.type = token.type;
    this.kind = kind;
    this.body = kind.body(node);
    this.mark = kind.mark(token);
    this.loose = isLoose(token);
    this.head = kind.head(token);
    this.count = kind.rows(token).length - 1;
    this.from = start + this.head.length + kind.cut(token, this.count);
    this.ok = this.body?.children.length === this.count + 1;
  }

  /**
   * Draws the rows that came. null: no longer a plain continuation; else {closed, end, text} of what follows.
   * @param {string} src
   * @param {Markdown.Links} links
   */
  grow(src, links) {
    const { kind } = this;
    const text = src.slice(this.from);
    const { tokens, fill } = parseBlocks(this.head + text, { links, live: true });
    const [token, ...others] = tokens;
    if (!this.ok || !this.body || !this.#continues(token)) return null;
    const at = others.findIndex((other) => other.type !== "space");
    const next = at < 0 ? undefined : others[at];
    const between = others.slice(0, at).reduce((sum, other) => sum + other.raw.length, 0);
    const length = token.raw.length - this.head.length;
    const closed = next !== undefined && CERTAIN.test(next.raw);
    const rows = kind.rows(token);
    const finished = closed ? rows.length : rows.length - 1;
    const drawn = rows.slice(0, finished).map((row) => kind.draw(this.#loosen(kind.filled(row, fill)), token, false));
    const cut = closed ? length : kind.cut(token, finished);
    const open = closed ? [] : this.#open(text.slice(cut, next ? length : undefined), links);
    if (!open) return null;
    arrange(this.body, this.body.children[this.count] ?? null, [...drawn, ...open]);
    this.count += finished;
    this.from += cut;
    return { closed, end: this.from, text: closed ? text.slice(length) : next ? text.slice(length + between) : "" };
  }

  /**
   * The last look, from the `token` that a parse of the whole found here. false if it is not what stands there.
   * @param {Markdown.Token} token
   * @param {Markdown.Fill} fill
   * @param {number} start
   */
  finish(token, fill, start) {
    const { kind, count } = this;
    // Tags count for more than the elements that they become (bounded.js): such a block is drawn anew.
    const same = this.ok && !token.raw.includes("<") && isLoose(token) === this.loose;
    if (!same || !this.body || !kind.is(token) || kind.mark(token) !== this.mark) return false;
    if (start + this.head.length + kind.cut(token, count) !== this.from) return false;
    const rest = kind.rows(token).slice(count);
    arrange(
      this.body,
      this.body.children[count] ?? null,
      rest.map((row) => kind.draw(kind.filled(row, fill), token, false)),
    );
    return true;
  }

  /**
   * @param {Markdown.Token | undefined} token
   * @returns {token is T}
   */
  #continues(token) {
    const { kind, loose, mark } = this;
    return kind.is(token) && kind.mark(token) === mark && (loose || !isLoose(token));
  }

  /**
   * @param {string} text
   * @param {Markdown.Links} links
   */
  #open(text, links) {
    const { kind } = this;
    const { tokens, fill } = parseBlocks(this.head + mend(text), { links, live: true });
    const [token] = tokens;
    if (!kind.is(token)) return [];
    return kind.rows(token).map((row) => kind.draw(this.#loosen(kind.filled(row, fill)), token, true));
  }

  /**
   * In a loose list every item holds paragraphs, also where the item itself does not show it.
   * @param {R} row
   */
  #loosen(row) {
    return this.loose ? this.kind.loosened(row) : row;
  }
}
