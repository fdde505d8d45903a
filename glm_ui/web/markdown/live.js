// @ts-nocheck
// Markdown that is still arriving. Finished blocks are drawn once and left alone; only the open end is parsed again.
// `finish` compares with a parse of the whole, so that the result is always that of `renderMarkdown`.

import { arrange } from "./arrange.js";
import { grouped } from "./blocks.js";
import { countElements, drawAll, drawGroup } from "./bounded.js";
import { OpenFence } from "./fence.js";
import { lineEnds, parseBlocks } from "./grammar.js";
import { mostElements } from "./limits.js";
import { mend } from "./mend.js";
import { plain, say } from "./pieces.js";
import { OpenRows } from "./rows.js";

// After a slow draw wait this many times as long: at most a fifth of the time goes into drawing.
const PATIENCE = 4;
// Milliseconds. After a draw that took longer the open end is plain text until all is there.
const SLOW = 300;
const DEFINES = new Set(["def", "footnote"]);
const PLAIN_PIECE = 4000;
// A block that begins like this can no longer turn out to belong to the one before it.
const CERTAIN = /^ {0,3}(?:[^\s\d>#|=~`:<[$\\*+_-]|\d+[^\d.)\s]|\*\*[^\s*]|`[^`])|^[^\n]*\n/;

export class LiveMarkdown {
  #element;
  #text = "";
  #src = "";
  #held = "";
  #start = 0; // where in #src the part that may still change begins
  #done = []; // finished blocks: {type, raw, links, loose, nodes, size}
  #tail = []; // nodes of the part that may still change
  #size = 0; // elements of the finished blocks
  #plain = null; // the open end as text: how far it is shown, and its last node
  #links = Object.create(null);
  #linksKey = 0;
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

  /** Draws no more: the element is somebody else's now. */
  leave() {
    cancelAnimationFrame(this.#frame);
    this.#finished = true;
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
    const started = performance.now();
    try {
      const open = this.#plain ? this.#growPlain() : this.#drawOpenEnd();
      const tooMuch = open > mostElements(this.#src.length) - this.#size;
      if (!this.#plain && (tooMuch || performance.now() - started > SLOW)) this.#showPlain();
    } catch (reason) {
      console.warn("The end of an answer is shown as text:", reason);
      this.#showPlain();
    }
    this.#onDraw?.();
  }

  /** Returns how many elements the open end has, about. */
  #drawOpenEnd() {
    if (this.#fence?.grow(this.#src)) return 0;
    this.#fence = null;
    if (this.#rows) this.#growRows();
    if (!this.#rows) this.#growBlocks();
    if (this.#rows) return 2 * this.#rows.count;
    return this.#tail.reduce(
      (sum, node) => sum + (node.nodeType === Node.ELEMENT_NODE ? 1 + countElements(node) : 0),
      0,
    );
  }

  // --- an open end that is too much ------------------------------------------------------------------------------

  #showPlain() {
    const last = this.#done.findLast(({ nodes }) => nodes.length)?.nodes.at(-1) ?? null;
    while (this.#element.lastChild !== last) this.#element.lastChild.remove();
    [this.#fence, this.#rows, this.#tail] = [null, null, []];
    this.#plain = { shown: this.#start, node: null };
    this.#growPlain();
  }

  #growPlain() {
    const open = this.#plain;
    for (let text = this.#src.slice(open.shown); text;) {
      const full = open.node?.data.length > PLAIN_PIECE ? text.indexOf("\n") + 1 : 0;
      const piece = full || text.length;
      if (open.node) open.node.appendData(text.slice(0, piece));
      else {
        const made = plain("");
        made.append((open.node = document.createTextNode(text.slice(0, piece))));
        this.#element.append(made);
      }
      if (full) open.node = null;
      open.shown += piece;
      text = text.slice(piece);
    }
    return 0;
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
    const standing = arrange(this.#element, this.#tail[0] ?? null, [
      ...finished.flatMap(({ nodes }) => nodes),
      ...open,
    ]);
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
      if (!DEFINES.has(token.type) || Object.hasOwn(this.#links, token.tag)) continue;
      const { tag, href, title } = token;
      this.#links[tag] = { href, title };
      this.#linksKey = withLink(this.#linksKey, tag, href, title);
    }
    return record(group, this.#linksKey, mostElements(this.#src.length) - this.#size, fill);
  }

  #settle(finished, standing, length) {
    let at = 0;
    for (const block of finished) {
      block.nodes = standing.slice(at, at + block.nodes.length);
      at += block.nodes.length;
    }
    for (const block of finished) this.#finish(block);
    this.#tail = standing.slice(at);
    this.#start += length;
    // The open code block grows by its own hand: what stands on the page must be its node.
    if (this.#fence && this.#tail[0] !== this.#fence.node) {
      this.#tail[0].replaceWith(this.#fence.node);
      this.#tail = [this.#fence.node];
    }
  }

  #finish(block) {
    this.#done.push(block);
    this.#size += block.size;
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
    this.#finish({
      type: this.#rows.type,
      raw,
      loose: this.#rows.loose,
      links: keyFor(raw, this.#linksKey),
      nodes: [node],
      size: 1 + countElements(node),
    });
    this.#tail = this.#tail.slice(1);
    this.#start = after.end;
    this.#rows = null;
  }

  // --- the end ---------------------------------------------------------------------------------------------------

  #drawWhole() {
    const kept = new Set();
    try {
      const { tokens, links, fill } = parseBlocks(this.#src);
      const key = Object.entries(links).reduce((sum, [tag, { href, title }]) => withLink(sum, tag, href, title), 0);
      const wanted = drawAll(grouped(tokens), this.#src.length, (group, room, i) => {
        const standing = this.#standing(group, i, key, fill);
        if (!standing || standing.size > room) return record(group, key, room, fill);
        for (const node of standing.nodes) kept.add(node);
        return standing;
      });
      arrange(this.#element, this.#element.firstChild, wanted, kept);
    } catch (reason) {
      console.warn("An answer is shown as text:", reason);
      this.#element.replaceChildren(plain(this.#text));
    }
    this.#done = [];
    this.#tail = [];
    this.#rows = null;
    this.#plain = null;
  }

  /** What shows `group` already, as the whole text has it: {nodes, size}; else null. */
  #standing(group, i, key, fill) {
    const before = this.#done[i];
    const links = keyFor(group.raw, key);
    if (before) {
      const same = before.raw === group.raw && before.type === group.type && before.loose === group.tokens[0].loose;
      return same && before.links === links ? before : null;
    }
    const open = i === this.#done.length && this.#rows && links === keyFor(group.raw, this.#linksKey);
    if (!open || !this.#rows.finish(group.tokens[0], fill, this.#start)) return null;
    const [node] = this.#tail;
    return { nodes: [node], size: 1 + countElements(node) };
  }
}

/** How many of `groups` can be taken as final: not the last, nor the one before it while the last is uncertain. */
function finishedCount(groups) {
  const solid = groups.map((group, i) => (group.type === "space" ? -1 : i)).filter((i) => i >= 0);
  const last = solid.at(-1) ?? 0;
  return CERTAIN.test(groups[last]?.raw ?? "") ? last : (solid.at(-2) ?? 0);
}

/** A number for all definitions so far, equal for equal ones: an object does not keep their order. */
function withLink(key, ...said) {
  let hash = 0;
  for (const letter of JSON.stringify(said)) hash = (Math.imul(hash, 31) + letter.codePointAt(0)) | 0;
  return (key + hash) | 0;
}

const keyFor = (raw, key) => (raw.includes("[") ? key : 0);

function record(group, key, room, fill) {
  return {
    type: group.type,
    raw: group.raw,
    loose: group.tokens[0].loose,
    links: keyFor(group.raw, key),
    ...drawGroup(group, room, { fill }),
  };
}

function drawOpen(text, links) {
  const { tokens, fill } = parseBlocks(mend(text), { links, live: true });
  const groups = grouped(tokens);
  return groups.flatMap((group, i) => drawGroup(group, Infinity, { fill, live: i === groups.length - 1 }).nodes);
}
