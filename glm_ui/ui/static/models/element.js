// Where the Models tab meets the page: its element, and the ways from it to the other tabs. No drawing enters here.

import { Models } from "../models.js";

/** Opens a tab of the page by the name on its button ("chat", "multimodal", "models"). */
export function openTab(name) {
  const button = [...document.querySelectorAll("#tabs [role=tab]")].find((one) => one.textContent.trim().toLowerCase() === name);
  button?.click();
  return Boolean(button);
}

export function defineModels({ config, session, announce }) {
  customElements.define(
    "glm-models",
    class extends HTMLElement {
      async connectedCallback() {
        if (this.models) return;
        this.models = true;
        this.models = new Models({ root: this, config: await config, session, announce, use: () => {} });
      }
    },
  );
}
