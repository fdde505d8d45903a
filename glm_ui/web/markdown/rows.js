// @ts-nocheck
// A long list or table that is still growing: its finished items or rows stay as they are, and only the last one is
// parsed again. Whatever does not look like a plain continuation is given back to the ordinary way of drawing.

import { arrange } from "./arrange.js";
import { listItem, tableRow } from "./blocks.js";
import { parseBlocks } from "./grammar.js";
import { mend } from "./mend.js";

const LONG = 3000;
const CERTAIN = /^ {0,3}(?:[^\s\d>#|=~`:<[$\\*+_-]|\*\*[^\s*])|^[^\n]*\n/;

/** What differs between the two. `cut(token, n)`: how many characters the first n rows take. */
const KINDS = {
  list: {
    rows: (token) => token.items,
    body: (node) => node,
    head: () => "",
    cut: (token, n) => token.items.slice(0, n).reduce((sum, item) => sum + item.raw.length, 0),
    draw: (item, _token, live) => listItem(item, live),
    mark: (token) => (token.ordered ? token.raw.match(/^\s*\d+([.)])/)?.[1] : token.raw.trimStart()[0]),
  },
  table: {
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
  },
};

export class OpenRows {
  /** For the open end of a text (`groups`, standing as `nodes`, from `start` on) that is one long list or table. */
  static of(groups, nodes, start) {
    const [token] = groups[0]?.tokens ?? [];
    const kind = KINDS[token?.type];
    const one = groups.every((group, i) => i === 0 || group.type === "space") && nodes.length === 1;
    if (!kind || !one || token.raw.length < LONG || kind.rows(token).length < 4) return null;
    return new OpenRows(token, kind, nodes[0], start);
  }

  constructor(token, kind, node, start) {
    this.type = token.type;
    this.kind = kind;
    this.body = kind.body(node);
    this.mark = kind.mark(token);
    this.loose = token.loose;
    this.head = kind.head(token);
    this.count = kind.rows(token).length - 1;
    this.from = start + this.head.length + kind.cut(token, this.count);
    this.ok = this.body && this.body.children.length === this.count + 1;
  }

  /** Draws the rows that came. null: no longer a plain continuation; else {closed, end, text} of what follows. */
  grow(src, links) {
    const { kind } = this;
    const text = src.slice(this.from);
    const { tokens, fill } = parseBlocks(this.head + text, { links, live: true });
    const [token, ...others] = tokens;
    if (!this.ok || !this.#continues(token)) return null;
    const next = others.find((other) => other.type !== "space");
    const between = others.slice(0, others.indexOf(next)).reduce((sum, other) => sum + other.raw.length, 0);
    const length = token.raw.length - this.head.length;
    const closed = Boolean(next) && CERTAIN.test(next.raw);
    const rows = kind.rows(token);
    const finished = closed ? rows.length : rows.length - 1;
    const drawn = rows.slice(0, finished).map((row) => kind.draw(this.#loosen(filled(row, fill)), token, false));
    const cut = closed ? length : kind.cut(token, finished);
    const open = closed ? [] : this.#open(text.slice(cut, next ? length : undefined), links);
    if (!open) return null;
    arrange(this.body, this.body.children[this.count] ?? null, [...drawn, ...open]);
    this.count += finished;
    this.from += cut;
    return { closed, end: this.from, text: closed ? text.slice(length) : next ? text.slice(length + between) : "" };
  }

  /** The last look, from the `token` that a parse of the whole found here. false if it is not what stands there. */
  finish(token, fill, start) {
    const { kind, count } = this;
    // Tags count for more than the elements that they become (bounded.js): such a block is drawn anew.
    const same =
      this.ok &&
      !token.raw.includes("<") &&
      token.type === this.type &&
      token.loose === this.loose &&
      kind.mark(token) === this.mark;
    if (!same || start + this.head.length + kind.cut(token, count) !== this.from) return false;
    const rest = kind.rows(token).slice(count);
    arrange(
      this.body,
      this.body.children[count] ?? null,
      rest.map((row) => kind.draw(filled(row, fill), token, false)),
    );
    return true;
  }

  #continues(token) {
    return token?.type === this.type && this.kind.mark(token) === this.mark && (this.loose || !token.loose);
  }

  #open(text, links) {
    const { tokens, fill } = parseBlocks(this.head + mend(text), { links, live: true });
    const rows = tokens[0]?.type === this.type ? this.kind.rows(tokens[0]) : [];
    return rows.map((row) => this.kind.draw(this.#loosen(filled(row, fill)), tokens[0], true));
  }

  /** In a loose list every item holds paragraphs, also where the item itself does not show it. */
  #loosen(row) {
    if (this.loose) for (const token of row.tokens ?? []) if (token.type === "text") token.type = "paragraph";
    return row;
  }
}

const filled = (row, fill) => {
  if (Array.isArray(row)) row.forEach((cell) => fill(cell));
  else fill(row);
  return row;
};
