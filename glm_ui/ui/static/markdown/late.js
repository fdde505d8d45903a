// What a page needs only now and then, loaded when first met: KaTeX for formulas, highlight.js for code.
// Until then the source stands there. Work is done in short pieces, so that a long answer does not freeze the page.

const BUDGET = 12;
const MAX_CODE = 60_000;
const KATEX = { throwOnError: false, strict: false, trust: false, maxSize: 20, maxExpand: 200, output: "htmlAndMathml" };
const OTHER_NAMES = { dockerfile: "dockerfile", docker: "dockerfile", latex: "latex", tex: "latex" };

/** Drawn pieces by key, the oldest forgotten: a block that is drawn again while it grows keeps its look. */
class Drawn extends Map {
  keep(key, node) {
    if (this.size >= 400) this.delete(this.keys().next().value);
    this.set(key, node);
  }
}

const drawn = new Drawn();
const jobs = [];
let running = null;

/** Resolves when every formula and code block met so far has its final look. */
export async function settled() {
  while (running) await running;
}

function later(job) {
  job.node.setAttribute("data-waiting", "");
  jobs.push(job);
  running ??= work();
}

async function work() {
  let started = 0;
  while (jobs.length) {
    const job = jobs.shift();
    const tool = await job.tool().catch(() => null);
    if (performance.now() - started > BUDGET) {
      await new Promise((done) => setTimeout(done));
      started = performance.now();
    }
    // A node that was given another content meanwhile waits no more.
    if (!job.node.hasAttribute("data-waiting")) continue;
    try {
      if (tool) job.run(tool);
    } catch {
      // KaTeX runs out of stack on a macro that calls itself: the source stays.
    }
    job.node.removeAttribute("data-waiting");
  }
  running = null;
}

/** Loads once; a library that cannot be loaded leaves the source standing. */
function once(load) {
  let promise;
  return () => (promise ??= load().catch(() => null));
}

const vendor = (path) => new URL(`../vendor/${path}`, import.meta.url).href;

const katex = once(async () => {
  const sheet = Object.assign(document.createElement("link"), { rel: "stylesheet", href: vendor("katex/katex.min.css") });
  const styled = new Promise((done) => (sheet.onload = sheet.onerror = done));
  document.head.append(sheet);
  await import(vendor("katex/katex.min.js"));
  await styled;
  return globalThis.katex;
});

const highlighter = once(async () => (await import(vendor("highlight/highlight.min.js"))).default);

async function highlighterFor(language) {
  const hljs = await highlighter();
  const extra = OTHER_NAMES[language];
  if (hljs && extra && !hljs.getLanguage(extra)) {
    hljs.registerLanguage(extra, (await import(vendor(`highlight/${extra}.min.js`))).default);
  }
  return hljs;
}

/** Puts a formula into `node`, which shows its source until then. */
export function drawFormula(node, tex, display) {
  const key = `${display ? "$$" : "$"}${tex}`;
  const put = () => node.replaceChildren(drawn.get(key).cloneNode(true));
  if (drawn.has(key)) return put();
  return later({
    node,
    tool: katex,
    run(tool) {
      if (!drawn.has(key)) {
        const made = document.createElement("span");
        tool.render(tex, made, { ...KATEX, displayMode: display });
        drawn.keep(key, made.firstChild);
      }
      put();
    },
  });
}

/** Colours `code`, an element that holds `text` alone. Unknown languages and very long code stay plain. */
export function drawCode(code, language, text) {
  if (!language || text.length > MAX_CODE) return undefined;
  const key = `${language}\n${text}`;
  const put = () => code.replaceChildren(drawn.get(key).cloneNode(true));
  if (drawn.has(key)) return put();
  return later({
    node: code,
    tool: () => highlighterFor(language),
    run(hljs) {
      if (!hljs.getLanguage(language)) return;
      if (!drawn.has(key)) {
        const made = document.createElement("template");
        made.innerHTML = hljs.highlight(text, { language, ignoreIllegals: true }).value;
        drawn.keep(key, made.content);
      }
      put();
    },
  });
}
