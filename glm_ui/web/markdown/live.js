// Markdown that is still arriving. Finished blocks are drawn once and left alone; only the open end is parsed again.
// `finish` compares with a parse of the whole, so that the result is always that of `renderMarkdown`.

import { arrange } from "./arrange.js";
import { grouped } from "./blocks.js";
import { countElements, drawAll, drawGroup } from "./bounded.js";
import { markOf } from "./cite_mark.js";
import { OpenFence } from "./fence.js";
import { lineEnds, parseBlocks } from "./grammar.js";
import { keyFor, withLink } from "./links_key.js";
import { mostElements } from "./limits.js";
import { mend } from "./mend.js";
import { OpenText } from "./open_text.js";
import { plain, say } from "./pieces.js";
import { isLoose, openRows } from "./rows.js";

// After a slow draw wait this many times as long: at most a fifth of the time goes into drawing.
const PATIENCE = 4;
// Milliseconds. After a draw that took longer the open end is plain text until all is there.
const SLOW = 300;
// A block that begins like this can no longer turn out to belong to the one before it.
const CERTAIN = /^ {0,3}(?:[^\s\d>#|=~`:<[$\\*+_-]|\d+[^\d.)\s]|\*\*[^\s*]|`[^`])|^[^\n]*\n/;

/**
 * A finished block, as it stands on the page. `links` is a number for the definitions that it was drawn with.
 * @typedef {Markdown.Drawn & {type: string, raw: string, links: number, loose: boolean}} Block
 */

export class LiveMarkdown {
  #element;
  #text = "";
  #src = "";
  #held = "";
  #start = 0; // where in #src the part that may still change begins
  /** @type {Array<Block>} */
  #done = []; // finished blocks
  /** @type {Array<ChildNode>} */
  #tail = []; // nodes of the part that may still change
  #size = 0; // elements of the finished blocks
  /** @type {OpenText | null} */
  #plain = null;
  /** @type {Markdown.Links} */
  #links = Object.create(null);
  #linksKey = 0;
  /** @type {ReturnType<typeof openRows>} */
  #rows = null;
  /** @type {OpenFence | null} */
  #fence = null;
  #frame = 0;
  #idleUntil = 0;
  #finished = false;
  #onDraw;

  /**
   * `element` is emptied and gets the class `md`.
   * @param {HTMLElement} element
   * @param {{words?: import("./pieces.js").Words, onDraw?: () => void}} [how]
   */
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

  /**
   * The first words are drawn at once, later ones with the next frame.
   * @param {string} text
   */
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

  /**
   * The end of what has come rests on a source: `index` is its citation's. Behind a word the place is drawn at once.
   * @param {number} index
   */
  mark(index) {
    if (!this.#fence && !this.#plain && /[^\s|`]$/.test(this.#src.slice(-1))) this.append(markOf(index));
  }

  /**
   * No more comes: the last look.
   * @param {string} [text] with the marks of all citations
   */
  finish(text) {
    if (this.#finished) return;
    cancelAnimationFrame(this.#frame);
    this.#finished = true;
    this.#src += lineEnds(this.#held);
    if (text !== undefined && text !== this.#text) {
      [this.#text, this.#src, this.#rows, this.#fence] = [text, lineEnds(text), null, null];
    }
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
      const open = this.#plain ? this.#plain.grow(this.#src) : this.#drawOpenEnd();
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
    if (this.#rows) this.#growRows(this.#rows);
    if (!this.#rows) this.#growBlocks();
    if (this.#rows) return 2 * this.#rows.count;
    return this.#tail.reduce((sum, node) => sum + elementsOf(node), 0);
  }

  // --- an open end that is too much ------------------------------------------------------------------------------

  #showPlain() {
    const last = this.#done.findLast(({ nodes }) => nodes.length)?.nodes.at(-1) ?? null;
    while (this.#element.lastChild !== last) this.#element.lastChild?.remove();
    [this.#fence, this.#rows, this.#tail] = [null, null, []];
    this.#plain = new OpenText(this.#element, this.#start);
    this.#plain.grow(this.#src);
  }

  // --- the open end --------------------------------------------------------------------------------------------

  #growBlocks() {
    const text = this.#src.slice(this.#start);
    const { tokens, fill } = parseBlocks(text, { links: this.#links, live: true });
    const groups = grouped(tokens);
    const count = finishedCount(groups);
    const finished = groups.slice(0, count).map((group) => this.#record(group, fill));
    const length = groups.slice(0, count).reduce((sum, group) => sum + group.raw.length, 0);
    const fence = OpenFence.at(this.#src, this.#start + length);
    fence?.grow(this.#src);
    this.#fence = fence;
    const open = fence ? [] : drawOpen(text.slice(length), this.#links);
    const standing = arrange(this.#element, this.#tail[0] ?? null, [
      ...finished.flatMap(({ nodes }) => nodes),
      ...open,
    ]);
    this.#settle(finished, standing, length);
    // A fence grows by its own hand: what stands on the page is its node, as it is.
    if (fence) this.#tail = [this.#element.appendChild(fence.node)];
    else this.#rows = openRows(groups.slice(count), this.#tail, this.#start);
  }

  /**
   * A block that will not change, drawn; its definitions hold for all that follow.
   * @param {Markdown.Group} group
   * @param {Markdown.Fill} fill
   */
  #record(group, fill) {
    for (const token of group.tokens) {
      if ((token.type !== "def" && token.type !== "footnote") || Object.hasOwn(this.#links, token.tag)) continue;
      const { tag, href, title } = token;
      this.#links[tag] = { href, title };
      this.#linksKey = withLink(this.#linksKey, tag, href, title);
    }
    return record(group, this.#linksKey, mostElements(this.#src.length) - this.#size, fill);
  }

  /**
   * @param {Array<Block>} finished
   * @param {Array<ChildNode>} standing
   * @param {number} length of the finished text
   */
  #settle(finished, standing, length) {
    let at = 0;
    for (const block of finished) {
      block.nodes = standing.slice(at, at + block.nodes.length);
      at += block.nodes.length;
    }
    for (const block of finished) this.#finish(block);
    this.#tail = standing.slice(at);
    this.#start += length;
  }

  /** @param {Block} block */
  #finish(block) {
    this.#done.push(block);
    this.#size += block.size;
  }

  /** @param {NonNullable<ReturnType<typeof openRows>>} rows */
  #growRows(rows) {
    const after = rows.grow(this.#src, this.#links);
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
      type: rows.type,
      raw,
      loose: rows.loose,
      links: keyFor(raw, this.#linksKey),
      nodes: [node],
      size: elementsOf(node),
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

  /**
   * What shows `group` already, as the whole text has it; else null.
   * @param {Markdown.Group} group
   * @param {number} i
   * @param {number} key of the definitions
   * @param {Markdown.Fill} fill
   * @returns {Markdown.Drawn | null}
   */
  #standing(group, i, key, fill) {
    const before = this.#done[i];
    const links = keyFor(group.raw, key);
    if (before) {
      const same = before.raw === group.raw && before.type === group.type && before.loose === isLoose(group.tokens[0]);
      return same && before.links === links ? before : null;
    }
    const open = i === this.#done.length && links === keyFor(group.raw, this.#linksKey) ? this.#rows : null;
    if (!open?.finish(group.tokens[0], fill, this.#start)) return null;
    const [node] = this.#tail;
    return { nodes: [node], size: elementsOf(node) };
  }
}

/**
 * How many elements `node` is.
 * @param {Node} node
 */
const elementsOf = (node) => (node instanceof Element ? 1 + countElements(node) : 0);

/**
 * How many of `groups` can be taken as final: not the last, nor the one before it while the last is uncertain.
 * @param {Array<Markdown.Group>} groups
 */
function finishedCount(groups) {
  const solid = groups.map((group, i) => (group.type === "space" ? -1 : i)).filter((i) => i >= 0);
  const last = solid.at(-1) ?? 0;
  return CERTAIN.test(groups[last]?.raw ?? "") ? last : (solid.at(-2) ?? 0);
}

/**
 * @param {Markdown.Group} group
 * @param {number} key
 * @param {number} room
 * @param {Markdown.Fill} fill
 * @returns {Block}
 */
function record(group, key, room, fill) {
  return {
    type: group.type,
    raw: group.raw,
    loose: isLoose(group.tokens[0]),
    links: keyFor(group.raw, key),
    ...drawGroup(group, room, { fill }),
  };
}

/**
 * @param {string} text
 * @param {Markdown.Links} links
 */
function drawOpen(text, links) {
  const { tokens, fill } = parseBlocks(mend(text), { links, live: true });
  const groups = grouped(tokens);
  return groups.flatMap((group, i) => drawGroup(group, Infinity, { fill, live: i === groups.length - 1 }).nodes);
}
