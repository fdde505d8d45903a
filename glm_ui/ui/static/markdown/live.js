// Markdown that is still arriving. Finished blocks are drawn once and left alone; only the open end is parsed again.
// `finish` compares with a parse of the whole, so that the result is always that of `renderMarkdown`.

import { arrange } from "./arrange.js";
import { grouped, renderGroup } from "./blocks.js";
import { OpenFence } from "./fence.js";
import { lineEnds, parseBlocks } from "./grammar.js";
import { mend } from "./mend.js";
import { say } from "./pieces.js";
import { OpenRows } from "./rows.js";

// After a slow draw wait this many times as long: at most a fifth of the time goes into drawing.
const PATIENCE = 4;
// A block that begins like this can no longer turn out to belong to the one before it.
const CERTAIN = /^ {0,3}(?:[^\s\d>#|=~`:<[$\\*+_-]|\d+[^\d.)\s]|\*\*[^\s*]|`[^`])|^[^\n]*\n/;

export class LiveMarkdown {
  #element;
  #text = "";
  #src = "";
  #held = "";
  #start = 0; // where in #src the part that may still change begins
  #done = []; // finished blocks: {type, raw, links, loose, nodes}
  #tail = []; // nodes of the part that may still change
  #links = {};
  #rows = null;
  #fence = null;
  #frame = 0;
  #idleUntil = 0;
  #finished = false;
  #onDraw;

  /** `element` is emptied and gets the class `md`. `words`: copy, copied, picture, code. */
  constructor(element, { words, onDraw } = {}) {
    this.#element = element;
    this.#onDraw = onDraw;
    element.classList.add("md");
    element.replaceChildren();
    say(words);
  }

  get text() {
    return this.#text;
  }

  /** The first words are drawn at once, later ones with the next frame. */
  append(text) {
    if (!text || this.#finished) return;
    const first = !this.#text;
    this.#text += text;
    const whole = this.#held + text;
    this.#held = whole.endsWith("\r") ? "\r" : "";
    this.#src += lineEnds(this.#held ? whole.slice(0, -1) : whole);
    if (first) this.#draw();
    else this.#frame ||= requestAnimationFrame(() => this.#onFrame());
  }

  /** No more comes: the last look. */
  finish() {
    if (this.#finished) return;
    cancelAnimationFrame(this.#frame);
    this.#finished = true;
    this.#src += lineEnds(this.#held);
    this.#drawWhole();
    this.#onDraw?.();
  }

  #onFrame() {
    if (this.#finished) return;
    const started = performance.now();
    this.#frame = 0;
    if (started < this.#idleUntil) {
      this.#frame = requestAnimationFrame(() => this.#onFrame());
      return;
    }
    this.#draw();
    // A message is handled after the frame was laid out and painted, so that their cost counts too.
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = () => {
      const cost = performance.now() - started;
      if (cost > 4) this.#idleUntil = started + cost * (1 + PATIENCE);
      port1.close();
    };
    port2.postMessage(null);
  }

  #draw() {
    if (this.#fence?.grow(this.#src)) return this.#onDraw?.();
    this.#fence = null;
    if (this.#rows) this.#growRows();
    if (!this.#rows) this.#growBlocks();
    return this.#onDraw?.();
  }

  // --- the open end --------------------------------------------------------------------------------------------

  #growBlocks() {
    const text = this.#src.slice(this.#start);
    const { tokens, fill } = parseBlocks(text, { links: this.#links, live: true });
    const groups = grouped(tokens);
    const count = finishedCount(groups);
    const finished = groups.slice(0, count).map((group) => this.#record(group, fill));
    const length = groups.slice(0, count).reduce((sum, group) => sum + group.raw.length, 0);
    this.#fence = OpenFence.at(this.#src, this.#start + length);
    const open = this.#fence ? this.#openFence() : drawOpen(text.slice(length), this.#links);
    const standing = arrange(this.#element, this.#tail[0] ?? null, [...finished.flatMap(({ nodes }) => nodes), ...open]);
    this.#settle(finished, standing, length);
    if (!this.#fence) this.#rows = OpenRows.of(groups.slice(count), this.#tail, this.#start);
  }

  #openFence() {
    this.#fence.grow(this.#src);
    return [this.#fence.node];
  }

  /** A block that will not change, drawn; its definitions hold for all that follow. */
  #record(group, fill) {
    for (const token of group.tokens) {
      fill(token);
      if (token.type === "def") this.#links = { [token.tag]: { href: token.href, title: token.title }, ...this.#links };
    }
    return record(group, this.#links);
  }

  #settle(finished, standing, length) {
    let at = 0;
    for (const block of finished) {
      block.nodes = standing.slice(at, at + block.nodes.length);
      at += block.nodes.length;
    }
    this.#done.push(...finished);
    this.#tail = standing.slice(at);
    this.#start += length;
    // The open code block grows by its own hand: what stands on the page must be its node.
    if (this.#fence && this.#tail[0] !== this.#fence.node) {
      this.#tail[0].replaceWith(this.#fence.node);
      this.#tail = [this.#fence.node];
    }
  }

  #growRows() {
    const after = this.#rows.grow(this.#src, this.#links);
    if (!after) {
      this.#rows = null;
      return;
    }
    const open = after.text ? drawOpen(after.text, this.#links) : [];
    const [node] = this.#tail;
    this.#tail = arrange(this.#element, node, [node, ...open], new Set([node]));
    if (!after.closed) return;
    const raw = this.#src.slice(this.#start, after.end);
    this.#done.push({ type: this.#rows.type, raw, loose: this.#rows.loose, links: linksKey(raw, this.#links), nodes: [node] });
    this.#tail = this.#tail.slice(1);
    this.#start = after.end;
    this.#rows = null;
  }

  // --- the end ---------------------------------------------------------------------------------------------------

  #drawWhole() {
    const { tokens, links, fill } = parseBlocks(this.#src);
    const kept = new Set();
    const wanted = grouped(tokens).flatMap((group, i) => {
      const nodes = this.#standing(group, i, links, fill);
      if (!nodes) return record({ ...group, tokens: group.tokens.map(fill) }, links).nodes;
      for (const node of nodes) kept.add(node);
      return nodes;
    });
    arrange(this.#element, this.#element.firstChild, wanted, kept);
    this.#done = [];
    this.#tail = [];
    this.#rows = null;
  }

  /** The nodes that show `group` already, as the whole text has it; else null. */
  #standing(group, i, links, fill) {
    const before = this.#done[i];
    const key = linksKey(group.raw, links);
    if (before) {
      const same = before.raw === group.raw && before.type === group.type && before.loose === group.tokens[0].loose;
      return same && before.links === key ? before.nodes : null;
    }
    const open = i === this.#done.length && this.#rows && key === linksKey(group.raw, this.#links);
    return open && this.#rows.finish(group.tokens[0], fill, this.#start) ? this.#tail.slice(0, 1) : null;
  }
}

/** How many of `groups` can be taken as final: not the last, nor the one before it while the last is uncertain. */
function finishedCount(groups) {
  const solid = groups.map((group, i) => (group.type === "space" ? -1 : i)).filter((i) => i >= 0);
  const last = solid.at(-1) ?? 0;
  return CERTAIN.test(groups[last]?.raw ?? "") ? last : (solid.at(-2) ?? 0);
}

const linksKey = (raw, links) => (raw.includes("[") ? JSON.stringify(Object.entries(links).sort()) : "");

function record(group, links) {
  const fragment = document.createDocumentFragment();
  renderGroup(fragment, group);
  return { type: group.type, raw: group.raw, loose: group.tokens[0].loose, links: linksKey(group.raw, links), nodes: [...fragment.childNodes] };
}

function drawOpen(text, links) {
  const { tokens, fill } = parseBlocks(mend(text), { links, live: true });
  tokens.forEach(fill);
  const groups = grouped(tokens);
  const fragment = document.createDocumentFragment();
  groups.forEach((group, i) => renderGroup(fragment, group, i === groups.length - 1));
  return [...fragment.childNodes];
}
