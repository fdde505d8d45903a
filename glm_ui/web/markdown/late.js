// @ts-nocheck
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

/** Drawn pieces by key, the oldest forgotten: a block that is drawn again while it grows keeps its look. */
class Drawn extends Map {
  #nodes = 0;

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

/** The next frame, so that what was put on the page is laid out before more comes. */
const frame = () =>
  new Promise((done) => {
    requestAnimationFrame(() => setTimeout(done));
    setTimeout(done, LONGEST_FRAME);
  });

/** Jobs one after the other, in short pieces. A job is {node, run}: `run` gives how many nodes it made, if many. */
class Queue {
  #jobs = [];
  #running = null;
  /** What the jobs counted, each for its answer: known as long as there are jobs, for then answers change. */
  counted = new Map();

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

/** Loads once; a library that cannot be loaded leaves the source standing. */
function once(load) {
  let promise;
  return () => (promise ??= load().catch(() => null));
}

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

/** Puts a formula into `node`, which shows its source until then, and for good if the formula is too large. */
export function drawFormula(node, tex, display) {
  const key = `${display ? "$$" : "$"}${tex}`;
  const put = () => drawn.get(key) && node.replaceChildren(drawn.get(key).made.cloneNode(true));
  if (drawn.has(key) && atOnce.has(drawn.get(key)?.size ?? 0)) return put();
  if (!isShallow(tex)) return undefined;
  return formulas.add({
    node,
    async run() {
      const tool = await katex();
      if (!tool) return 0;
      if (!drawn.has(key)) drawn.keep(key, drawing(tool, tex, display));
      const size = drawn.get(key)?.size ?? 0;
      if (hasRoom(node, size)) put();
      return size;
    },
  });
}

/** {made, size} of a formula, null if it is too large. */
function drawing(tool, tex, display) {
  const tree = tool.__renderToDomTree(tex, { ...KATEX, maxExpand: expansionsFor(tex), displayMode: display });
  const size = sizeOf(tree);
  return size && { made: tree.toNode(), size };
}

/** Known formulas stand at once, so that nothing flickers while text comes; many of them wait for their turn too. */
const atOnce = {
  left: MOST_IN_FRAME,
  has(size) {
    if (this.left === MOST_IN_FRAME) setTimeout(() => (this.left = MOST_IN_FRAME));
    this.left -= size;
    return this.left >= 0;
  },
};

/** Whether the answer that holds `node` may have `size` more nodes of formulas. */
function hasRoom(node, size) {
  const answer = node.closest(".md") ?? node.getRootNode();
  const now = (formulas.counted.get(answer) ?? answer.querySelectorAll(".katex *").length) + size;
  if (now > MOST_OF_ANSWER) return false;
  formulas.counted.set(answer, now);
  return true;
}

/** Colours `code`, an element that holds `text` alone. Unknown languages and very long code stay plain. */
export function drawCode(code, language, text) {
  if (!language || text.length > MAX_CODE) return undefined;
  const key = `${language}\n${text}`;
  const put = () => drawn.get(key) && code.replaceChildren(drawn.get(key).cloneNode(true));
  if (drawn.has(key)) return put();
  return codes.add({
    node: code,
    async run() {
      if (!drawn.has(key)) {
        const html = await highlighted(language, text);
        const place = document.createElement("template");
        place.innerHTML = html ?? "";
        drawn.keep(key, html === null ? null : place.content);
      }
      if (code.hasAttribute("data-waiting")) put();
    },
  });
}
