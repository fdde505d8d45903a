// What a person does with the code of an answer. Each part is loaded when it is first asked for.

import { closest } from "../parts/dom.js";
import { restoreWrap } from "../reading/wrap.js";

/** @type {Promise<import("../preview/panel.js").Panel> | undefined} */
let panel;

/** @param {Promise<Wire.Config>} config */
export function watchReading(config) {
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
  restoreWrap();
  document.addEventListener("click", ({ target }) => {
    for (const [name, act] of Object.entries(parts)) {
      const button = closest(target, `.md-code [data-${name}]`);
      const block = closest(button, ".md-code");
      if (button && block) void act(block, button);
    }
  });
}
