// Markdown for answers, finished or still arriving. Safe at every prefix: nothing in a text can make the browser
// fetch, run, submit or frame anything.

import { grouped, renderGroup } from "./markdown/blocks.js";
import { lineEnds, parseBlocks } from "./markdown/grammar.js";
import { say } from "./markdown/pieces.js";

export { settled } from "./markdown/late.js";
export { LiveMarkdown } from "./markdown/live.js";

/** `text` as a fragment for an element of class `md`. `words`: copy, copied, picture, code. */
export function renderMarkdown(text, { words } = {}) {
  say(words);
  const { tokens, fill } = parseBlocks(lineEnds(text));
  tokens.forEach(fill);
  const fragment = document.createDocumentFragment();
  for (const group of grouped(tokens)) renderGroup(fragment, group);
  return fragment;
}
