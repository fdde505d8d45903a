// How large a formula may be. KaTeX bounds sizes and expansions, but neither how deep a formula nests nor how many
// elements it becomes, and Chromium's layout ends the tab's process some thousand levels down. No DOM must enter here.

/** @typedef {{children?: Array<Tree>}} Tree */

/** Groups, fences and environments inside each other in the source. */
const DEEPEST_SOURCE = 40;
/** Levels and nodes of what KaTeX makes; a fraction in a fraction takes seven levels. */
const DEEPEST = 220;
const MOST_NODES = 8000;

const MOST_EXPANSIONS = 200;
/** What all expansions of macros that a formula defines may come to, in characters. */
const MOST_EXPANDED = 20_000;
const DEFINES = /\\(?:def|[egx]def|(?:re)?newcommand|providecommand)(?![a-zA-Z])/;

const NESTING = /\\(left|begin)(?![a-zA-Z])|\\(right|end)(?![a-zA-Z])|\\[^]|([{])|([}])/g;

/**
 * Whether KaTeX is to be asked for `tex` at all.
 * @param {string} tex
 */
export function isShallow(tex) {
  let depth = 0;
  for (const [, left, right, opens, closes] of tex.matchAll(NESTING)) {
    if (left || opens) depth += 1;
    else if (right || closes) depth -= 1;
    if (depth > DEEPEST_SOURCE) return false;
  }
  return true;
}

/**
 * KaTeX's `maxExpand` for `tex`: each expansion of a macro of its own may be as long as all of it.
 * @param {string} tex
 */
export const expansionsFor = (tex) =>
  DEFINES.test(tex) ? Math.min(MOST_EXPANSIONS, MOST_EXPANDED / tex.length) : MOST_EXPANSIONS;

/**
 * How many nodes `tree` has, a node being anything with `children`; 0 if the page cannot lay it out.
 * @param {Tree} tree
 */
export function sizeOf(tree) {
  /** @type {Array<[Tree, number]>} */
  const open = [[tree, 1]];
  let nodes = 0;
  for (let at; (at = open.pop()); nodes++) {
    const [node, depth] = at;
    if (depth > DEEPEST || nodes > MOST_NODES) return 0;
    for (const child of node.children ?? []) open.push([child, depth + 1]);
  }
  return nodes;
}
