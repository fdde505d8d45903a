// What a person does with an answer, its code and its tables. Each part is loaded when it is first asked for.

import { closest, find } from "../parts/dom.js";
import { watchPrinting } from "../reading/printing.js";
import { restoreWrap } from "../reading/wrap.js";

/** @type {Promise<import("../preview/panel.js").Panel> | undefined} */
let panel;
/** @type {Promise<import("../reading/find.js").Find> | undefined} */
let finding;

/** @typedef {{chats: () => Array<Page.AnyChat>, announce: (text: string) => void}} About */

/**
 * @param {Promise<Wire.Config>} config
 * @param {About} page
 */
export function watchReading(config, page) {
  restoreWrap();
  watchCode(config);
  watchPrinting(page.chats);
  document.addEventListener("click", ({ target }) => {
    const table = closest(target, ".md-table-box > [data-table]");
    const answer = closest(target, "[data-answer]");
    if (table?.parentElement) void openTable(table.parentElement, table, config, page);
    if (answer) void openAnswer(answer, config, page);
  });
  document.addEventListener("glm-find", async () => {
    if (!find("#chat-log")?.offsetParent) return;
    finding ??= Promise.all([config, import("../reading/find.js")]).then(([{ words }, { openFind }]) =>
      openFind(words.reading),
    );
    (await finding).open();
  });
}

/**
 * @param {HTMLElement} box
 * @param {HTMLElement} button
 * @param {Promise<Wire.Config>} config
 * @param {About} page
 */
async function openTable(box, button, config, { announce }) {
  const [{ words }, { openTableMenu }] = await Promise.all([config, import("../reading/table_menu.js")]);
  openTableMenu(box, button, { words: words.reading, announce });
}

/**
 * @param {HTMLElement} button
 * @param {Promise<Wire.Config>} config
 * @param {About} page
 */
async function openAnswer(button, config, { chats, announce }) {
  const [{ words }, { openAnswerMenu }] = await Promise.all([config, import("../reading/answer_menu.js")]);
  for (const chat of chats()) {
    const node = chat.conversation.nodes.find(({ id }) => id === button.dataset.answer);
    if (node) void openAnswerMenu(node, button, { chat, words, announce });
  }
}

/** @param {Promise<Wire.Config>} config */
function watchCode(config) {
  /** @type {Record<string, (block: HTMLElement, button: HTMLElement) => Promise<void>>} */
  const parts = {
    async preview(block, button) {
      panel ??= Promise.all([config, import("../preview/panel.js")]).then(
        ([{ words }, { Panel }]) => new Panel(words.reading),
      );
      await (await panel).open(block, button);
    },
    async more(block, button) {
      const [{ words }, { openCodeMenu }] = await Promise.all([config, import("../reading/code_menu.js")]);
      openCodeMenu(block, button, words.reading);
    },
    async source(block, button) {
      button.setAttribute("aria-pressed", String(block.classList.toggle("md-source")));
    },
    async unfold(block, button) {
      block.classList.add("md-open");
      button.remove();
    },
  };
  document.addEventListener("click", ({ target }) => {
    for (const [name, act] of Object.entries(parts)) {
      const button = closest(target, `.md-code [data-${name}]`);
      const block = closest(button, ".md-code");
      if (button && block) void act(block, button);
    }
  });
}
