// What "/" at the start of a message box offers: the saved prompts and system prompts, and how to save one.

import { findPrompts, nameOf } from "./prompt.js";

const LONGEST_QUERY = 80;
const DETAIL = 120;

/**
 * "/" begins the text, and the caret stands in its first line.
 * @param {string} text
 * @param {number} caret
 * @returns {import("../composer/suggestions.js").Token | null}
 */
export function slashIn(text, caret) {
  if (!text.startsWith("/") || caret < 1 || caret > LONGEST_QUERY) return null;
  const query = text.slice(1, caret);
  return /^\s|[\n/]/.test(query) ? null : { from: 0, to: caret, query };
}

/**
 * `prompts` are those that are saved; `use(prompt)` takes one, `edit(typed)` opens the form with what is given, `manage()`
 * lists them all; `system()` is the conversation's system prompt.
 * @param {{
 * words: Wire.Words["composer"],
 * prompts: () => Array<Page.Prompt>,
 * use: (prompt: Page.Prompt) => unknown,
 * edit: (typed: {kind: string, name: string, text: string}) => unknown,
 * manage: () => unknown,
 * system: () => string,
 * }} parts
 * @returns {import("../composer/suggestions.js").Source}
 */
export function slashSource({ words, prompts, use, edit, manage, system }) {
  /** @param {Page.Prompt} prompt */
  const option = (prompt) => ({
    label: prompt.name,
    detail: prompt.text.slice(0, DETAIL).replace(/\s+/g, " "),
    icon: prompt.kind === "system" ? "person" : "lines",
    take: () => use(prompt),
  });
  /** @param {string} rest what stands behind the sign */
  const more = (rest) => [
    ...(rest.trim()
      ? [{ label: words.save_text, icon: "plus", take: () => edit({ kind: "prompt", name: nameOf(rest), text: rest }) }]
      : []),
    ...(system().trim()
      ? [
          {
            label: words.save_system,
            icon: "plus",
            take: () => edit({ kind: "system", name: nameOf(system()), text: system() }),
          },
        ]
      : []),
    {
      label: words.new_prompt,
      detail: prompts().length ? "" : words.new_detail,
      icon: "plus",
      take: () => edit({ kind: "prompt", name: "", text: "" }),
    },
    ...(prompts().length ? [{ label: words.manage, icon: "edit", take: manage }] : []),
  ];
  return {
    sign: "/",
    label: words.prompts,
    tokenIn: slashIn,
    groups: ({ query, to }, text) => {
      const found = findPrompts(prompts(), query);
      const of = (/** @type {string} */ kind) => found.filter((prompt) => prompt.kind === kind).map(option);
      return [
        { label: words.prompts, options: of("prompt") },
        { label: words.system_prompts, options: of("system") },
        { label: prompts().length ? words.more : words.prompts, options: query ? [] : more(text.slice(to)) },
      ];
    },
  };
}
