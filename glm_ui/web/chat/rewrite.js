// A question that is being rewritten. Its new words stay in this tab's memory until they are sent or given up, so that
// looking at another conversation, or a reload, loses none.

import { forget, remember, remembered } from "./tab_memory.js";
import { editInPlace } from "./turn_buttons.js";

/** @param {Page.ChatNode} node */
const nameOf = (node) => `glm-ui-rewrite ${node.id}`;

/**
 * @param {HTMLElement} bubble of the question
 * @param {Page.ChatNode} node
 * @param {Wire.Words} words
 * @param {(text: string) => void} sendWords
 * @param {boolean} [focus]
 */
export function rewrite(bubble, node, words, sendWords, focus = true) {
  const name = nameOf(node);
  editInPlace(bubble, remembered(name) ?? node.text, words, sendWords, {
    focus,
    typed: (text) => (text === null ? forget(name) : remember(name, text)),
  });
}

/**
 * Goes on where a question is drawn again whose new words were neither sent nor given up.
 * @param {HTMLElement} bubble
 * @param {Page.ChatNode} node
 * @param {Wire.Words} words
 * @param {(text: string) => void} sendWords
 */
export function rewriteOn(bubble, node, words, sendWords) {
  if (remembered(nameOf(node)) !== null) rewrite(bubble, node, words, sendWords, false);
}
