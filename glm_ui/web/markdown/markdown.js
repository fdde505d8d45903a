// Markdown for answers, finished or still arriving. Safe at every prefix: nothing in a text can make the browser
// fetch, run, submit or frame anything. And nothing in it can make these throw: what cannot be drawn is shown as text.

import { grouped } from "./blocks.js";
import { drawAll, drawGroup } from "./bounded.js";
import { lineEnds, parseBlocks } from "./grammar.js";
import { plain, say } from "./pieces.js";

export { settled } from "./late.js";
export { LiveMarkdown } from "./live.js";

/**
 * `text` as a fragment for an element of class `md`.
 * @param {string} text
 * @param {{words?: import("./pieces.js").Words}} [how]
 */
export function renderMarkdown(text, { words } = {}) {
  say(words);
  const fragment = document.createDocumentFragment();
  try {
    const source = lineEnds(text);
    const { tokens, fill } = parseBlocks(source);
    for (const node of drawAll(grouped(tokens), source.length, (group, room) => drawGroup(group, room, { fill })))
      fragment.append(node);
  } catch (reason) {
    console.warn("An answer is shown as text:", reason);
    fragment.replaceChildren(plain(text));
  }
  return fragment;
}
