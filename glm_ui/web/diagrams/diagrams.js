// Code blocks that are diagrams: the drawing stands in place of the text, which a button shows. Drawn when it comes near.

const NEAR = "600px";
const MOST_KEPT = 60;

/** @typedef {import("./renderer.js").Drawing} Drawing */
/** @typedef {{text: string, failed: string}} Waiting */

/**
 * What was drawn, by mode and text: a block that is made anew has its drawing at once.
 * @type {Map<string, Drawing>}
 */
const drawn = new Map();
/** @type {WeakMap<Element, Waiting>} */
const waiting = new WeakMap();

const isDark = () => document.querySelector(".dark") !== null;
/** @param {string} text */
const keyOf = (text) => `${isDark() ? "dark" : "light"} ${text}`;

const watch = new IntersectionObserver(
  (entries) => {
    for (const { target, isIntersecting } of entries) {
      const asked = isIntersecting && waiting.get(target);
      if (!asked || !(target instanceof HTMLElement)) continue;
      watch.unobserve(target);
      void draw(target, asked);
    }
  },
  { rootMargin: NEAR },
);

/**
 * Puts the drawing into `block` (`.md-code`), now or when it comes into sight.
 * @param {HTMLElement} block
 * @param {Waiting} asked `failed`: what is said where it cannot be drawn
 */
export function drawDiagram(block, asked) {
  waiting.set(block, asked);
  const known = drawn.get(keyOf(asked.text));
  if (known) return put(block, asked, known);
  block.setAttribute("data-waiting", "");
  return watch.observe(block);
}

/**
 * @param {HTMLElement} block
 * @param {Waiting} asked
 */
async function draw(block, asked) {
  const key = keyOf(asked.text);
  if (!drawn.has(key)) {
    const { render } = await import("./renderer.js");
    drawn.set(key, await render(asked.text, isDark()));
    for (const [oldest] of drawn) if (drawn.size > MOST_KEPT) drawn.delete(oldest);
  }
  block.removeAttribute("data-waiting");
  const made = drawn.get(key);
  if (made && !block.querySelector(".md-diagram")) put(block, asked, made);
}

/**
 * @param {HTMLElement} block
 * @param {Waiting} asked
 * @param {Drawing} drawing
 */
function put(block, { text, failed }, { svg, why }) {
  const made = document.createElement(svg ? "figure" : "p");
  made.className = svg ? "md-diagram" : "md-diagram md-diagram-failed";
  if (svg) {
    const image = new Image(...sizeOf(svg));
    image.src = `data:image/svg+xml;charset=utf-8,${encodeURIComponent(svg)}`;
    image.alt = text.slice(0, 500);
    made.append(image);
    made.tabIndex = 0;
  } else made.textContent = why ? `${failed} ${why.replace(/:\s*$/, ".")}` : failed; // what stood behind ":" is left out
  inPlace(block, () => {
    block.classList.toggle("md-drawn", Boolean(svg));
    block.querySelector("pre")?.before(made);
  });
}

/**
 * Width and height in px, which a drawing has before it is decoded.
 * @param {string} svg
 */
function sizeOf(svg) {
  const [, ...size] = svg.match(/\sviewBox="[-\d.e]+ [-\d.e]+ ([\d.]+) ([\d.]+)"/) ?? [];
  return size.map((side) => Math.ceil(Number(side)));
}

/**
 * What is read stays where it is: what follows a block that begins above it keeps its place.
 * @param {HTMLElement} block
 * @param {() => void} change what may change the block's height
 */
function inPlace(block, change) {
  const log = block.closest("glm-log");
  const before = log && block.getBoundingClientRect();
  change();
  if (!log || !before || before.top >= log.getBoundingClientRect().top) return;
  log.scrollTop += block.getBoundingClientRect().height - before.height;
}

/**
 * Draws all diagrams below `root` at once and in light colours, as for paper.
 * @param {Element} root
 */
export async function drawLight(root) {
  for (const block of root.querySelectorAll(".md-code")) {
    const asked = waiting.get(block);
    if (!asked || !(block instanceof HTMLElement)) continue;
    watch.unobserve(block);
    const { render } = await import("./renderer.js");
    const drawing = await render(asked.text, false);
    block.querySelector(".md-diagram")?.remove();
    if (drawing.svg) put(block, asked, drawing);
  }
}
