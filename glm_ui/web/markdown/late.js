// What a page needs only now and then, loaded when first met: KaTeX for formulas, highlight.js for code.
// Until then the source stands there. Work is done in short pieces, so that a long answer does not freeze the page.

import { expansionsFor, isShallow, sizeOf } from "./formula_limits.js";
import { highlighted } from "./highlighter.js";

const BUDGET = 12; // milliseconds
const MOST_IN_FRAME = 2000; // nodes of formulas: laying them out takes as long as making them
const LONGEST_FRAME = 200; // milliseconds; a page that nobody sees has no frames
const MAX_CODE = 60_000;
/** Nodes of all formulas of one answer: those of some 20,000 characters of TeX. */
const MOST_OF_ANSWER = 60_000;
const KATEX = {
  throwOnError: false,
  strict: false,
  trust: false,
  maxSize: 20,
  output: "htmlAndMathml",
};

/**
 * What is drawn of a formula or of code: a node to be copied, and how many nodes it is where it is a formula.
 * @typedef {{made: Node, size: number}} Piece
 *
 * A node that waits for its look; `run` gives how many nodes it made, if many.
 * @typedef {{node: Element, run: () => Promise<number | void>}} Job
 */

/**
 * Drawn pieces by key, the oldest forgotten: a block that is drawn again while it grows keeps its look. null is kept of
 * what stays as it is.
 * @extends {Map<string, Piece | null>}
 */
class Drawn extends Map {
  #nodes = 0;

  /**
   * @param {string} key
   * @param {Piece | null} piece
   */
  keep(key, piece) {
    this.#nodes += piece?.size ?? 0;
    for (const [oldest, held] of this) {
      if (this.size < 400 && this.#nodes <= MOST_OF_ANSWER) break;
      this.#nodes -= held?.size ?? 0;
      this.delete(oldest);
    }
    this.set(key, piece);
  }
}

const drawn = new Drawn();

/**
 * The next frame, so that what was put on the page is laid out before more comes.
 * @returns {Promise<void>}
 */
const frame = () =>
  new Promise((done) => {
    requestAnimationFrame(() => setTimeout(done));
    setTimeout(done, LONGEST_FRAME);
  });

/** Jobs one after the other, in short pieces. */
class Queue {
  /** @type {Array<Job>} */
  #jobs = [];
  /** @type {Promise<void> | null} */
  #running = null;
  /**
   * What the jobs counted, each for its answer: known as long as there are jobs, for then answers change.
   * @type {Map<Node, number>}
   */
  counted = new Map();

  /** @param {Job} job */
  add(job) {
    job.node.setAttribute("data-waiting", "");
    this.#jobs.push(job);
    this.#running ??= this.#work();
  }

  async empty() {
    while (this.#running) await this.#running;
  }

  async #work() {
    await null; // `#running` is set
    let [started, elements] = [performance.now(), 0];
    for (let job; (job = this.#jobs.shift());) {
      if (elements > MOST_IN_FRAME || performance.now() - started > BUDGET) {
        await (elements > MOST_IN_FRAME ? frame() : new Promise((done) => setTimeout(done)));
        if (elements > MOST_IN_FRAME) elements = 0;
        started = performance.now();
      }
      // A node that was given another content meanwhile waits no more.
      if (!job.node.hasAttribute("data-waiting")) continue;
      try {
        elements += (await job.run()) ?? 0;
      } catch {
        // KaTeX runs out of stack on a macro that calls itself: the source stays.
      }
      job.node.removeAttribute("data-waiting");
    }
    this.counted.clear();
    this.#running = null;
  }
}

const formulas = new Queue();
const codes = new Queue();

/** Resolves when every formula and code block met so far has its final look. */
export async function settled() {
  await formulas.empty();
  await codes.empty();
}

/**
 * Loads once; a library that cannot be loaded leaves the source standing.
 * @template T
 * @param {() => Promise<T>} load
 * @returns {() => Promise<T | null>}
 */
function once(load) {
  /** @type {Promise<T | null> | undefined} */
  let promise;
  return () => (promise ??= load().catch(() => null));
}

/** @param {string} path */
const vendor = (path) => new URL(`../vendor/${path}`, import.meta.url).href;

const katex = once(async () => {
  // In a layer of ours, for outside of them no rule holds in our elements (styles/base.css).
  const sheet = Object.assign(document.createElement("style"), {
    textContent: `@import url("${vendor("katex/katex.min.css")}") layer(reset);`,
  });
  const styled = new Promise((done) => (sheet.onload = sheet.onerror = done));
  document.head.append(sheet);
  await import(vendor("katex/katex.min.js"));
  await styled;
  return globalThis.katex;
});

/**
 * Puts the piece of this key into `node`, where one was drawn.
 * @param {Element} node
 * @param {string} key
 */
function put(node, key) {
  const piece = drawn.get(key);
  if (piece) node.replaceChildren(piece.made.cloneNode(true));
}

/**
 * Puts a formula into `node`, which shows its source until then, and for good if the formula is too large.
 * @param {Element} node
 * @param {string} tex
 * @param {boolean} display
 */
export function drawFormula(node, tex, display) {
  const key = `${display ? "$$" : "$"}${tex}`;
  if (drawn.has(key) && atOnce.has(drawn.get(key)?.size ?? 0)) return put(node, key);
  if (!isShallow(tex)) return undefined;
  return formulas.add({
    node,
    async run() {
      const tool = await katex();
      if (!tool) return 0;
      if (!drawn.has(key)) drawn.keep(key, drawing(tool, tex, display));
      const size = drawn.get(key)?.size ?? 0;
      if (hasRoom(node, size)) put(node, key);
      return size;
    },
  });
}

/**
 * A formula, null if it is too large.
 * @param {KaTeX} tool
 * @param {string} tex
 * @param {boolean} display
 * @returns {Piece | null}
 */
function drawing(tool, tex, display) {
  const tree = tool.__renderToDomTree(tex, { ...KATEX, maxExpand: expansionsFor(tex), displayMode: display });
  const size = sizeOf(tree);
  return size ? { made: tree.toNode(), size } : null;
}

/** Known formulas stand at once, so that nothing flickers while text comes; many of them wait for their turn too. */
const atOnce = {
  left: MOST_IN_FRAME,
  /** @param {number} size */
  has(size) {
    if (this.left === MOST_IN_FRAME) setTimeout(() => (this.left = MOST_IN_FRAME));
    this.left -= size;
    return this.left >= 0;
  },
};

/**
 * Whether the answer that holds `node` may have `size` more nodes of formulas.
 * @param {Element} node
 * @param {number} size
 */
function hasRoom(node, size) {
  const answer = node.closest(".md") ?? rootOf(node);
  const now = (formulas.counted.get(answer) ?? answer.querySelectorAll(".katex *").length) + size;
  if (now > MOST_OF_ANSWER) return false;
  formulas.counted.set(answer, now);
  return true;
}

/**
 * What a node stands in that is in no answer.
 * @param {Element} node
 */
function rootOf(node) {
  const root = node.getRootNode();
  return root instanceof DocumentFragment || root instanceof Document || root instanceof Element ? root : node;
}

/**
 * Colours `code`, an element that holds `text` alone. Unknown languages and very long code stay plain.
 * @param {Element} code
 * @param {string} language
 * @param {string} text
 */
export function drawCode(code, language, text) {
  if (!language || text.length > MAX_CODE) return undefined;
  const key = `${language}\n${text}`;
  if (drawn.has(key)) return put(code, key);
  return codes.add({
    node: code,
    async run() {
      if (!drawn.has(key)) {
        const html = await highlighted(language, text);
        const place = document.createElement("template");
        place.innerHTML = html ?? "";
        drawn.keep(key, html === null ? null : { made: place.content, size: 0 });
      }
      if (code.hasAttribute("data-waiting")) put(code, key);
    },
  });
}
