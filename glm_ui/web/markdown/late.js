// What a page needs only now and then, loaded when first met: KaTeX for formulas, highlight.js for code.
// Until then the source stands there. Work is done in short pieces, so that a long answer does not freeze the page.

import { expansionsFor, fits, isShallow } from "./formula_limits.js";
import { highlighted } from "./highlighter.js";

const BUDGET = 12;
const MAX_CODE = 60_000;
const KATEX = {
  throwOnError: false,
  strict: false,
  trust: false,
  maxSize: 20,
  output: "htmlAndMathml",
};

/** Drawn pieces by key, the oldest forgotten: a block that is drawn again while it grows keeps its look. */
class Drawn extends Map {
  keep(key, node) {
    if (this.size >= 400) this.delete(this.keys().next().value);
    this.set(key, node);
  }
}

const drawn = new Drawn();

/** Jobs one after the other, in short pieces. A job is {node, run}: `run` may take time off the page. */
class Queue {
  #jobs = [];
  #running = null;

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
    let started = performance.now();
    for (let job; (job = this.#jobs.shift());) {
      if (performance.now() - started > BUDGET) {
        await new Promise((done) => setTimeout(done));
        started = performance.now();
      }
      // A node that was given another content meanwhile waits no more.
      if (!job.node.hasAttribute("data-waiting")) continue;
      try {
        await job.run();
      } catch {
        // KaTeX runs out of stack on a macro that calls itself: the source stays.
      }
      job.node.removeAttribute("data-waiting");
    }
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
  const sheet = Object.assign(document.createElement("link"), {
    rel: "stylesheet",
    href: vendor("katex/katex.min.css"),
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
  const put = () => drawn.get(key) && node.replaceChildren(drawn.get(key).cloneNode(true));
  if (drawn.has(key)) return put();
  if (!isShallow(tex)) return undefined;
  return formulas.add({
    node,
    async run() {
      const tool = await katex();
      if (!tool) return;
      if (!drawn.has(key)) {
        const options = { ...KATEX, maxExpand: expansionsFor(tex), displayMode: display };
        const tree = tool.__renderToDomTree(tex, options);
        drawn.keep(key, fits(tree) ? tree.toNode() : null);
      }
      put();
    },
  });
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
        const made = document.createElement("template");
        made.innerHTML = html ?? "";
        drawn.keep(key, html === null ? null : made.content);
      }
      if (code.hasAttribute("data-waiting")) put();
    },
  });
}
