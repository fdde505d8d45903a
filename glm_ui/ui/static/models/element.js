// Where the Models tab meets the page: its element, the ways from it to the other tabs, and links that fill them in.
// A link never sends anything and never carries a key; what it does not know it leaves alone.

import { linkTo, Models, post } from "../models.js";
import { fold } from "./rows.js";

export { linkTo };

const LINKED = ["model", "provider", "thinking", "system", "prompt", "tab"];
const SWITCH = { on: true, true: true, 1: true, off: false, false: false, 0: false };
const PATIENCE = 10_000;

/** Opens a tab of the page by the name on its button ("chat", "multimodal", "models"). */
export function openTab(name) {
  const button = [...document.querySelectorAll("#tabs [role=tab]")].find((one) => one.textContent.trim().toLowerCase() === name);
  button?.click();
  return Boolean(button);
}

/** Defines <glm-models>; returns {setUp, setThinking, fromLink} for the page. */
export function defineModels({ config, session, announce, openRequest, focus }) {
  let models = null;
  let wanted = {};
  const pending = new Map();

  const goTo = (what) => openTab("chat") && setTimeout(() => focus(what), 50);
  const use = (tab, setup) => {
    wanted = setup;
    openTab(tab);
    press(tab);
  };

  /** Presses the hidden button of a tab until Gradio has taken it: it may not listen yet while the page loads. */
  function press(tab, until = Date.now() + PATIENCE) {
    pending.set(tab, true);
    const again = () => {
      if (!pending.get(tab) || Date.now() > until) return;
      document.querySelector(`#${tab}-setup`)?.click();
      setTimeout(again, 250);
    };
    again();
  }

  customElements.define(
    "glm-models",
    class extends HTMLElement {
      async connectedCallback() {
        if (this.made) return;
        this.made = true;
        models = new Models({ root: this, config: await config, session, announce, openRequest, goTo, use });
        if (wanted.shown) models.show(...wanted.shown);
      }
    },
  );

  /** From Gradio's hidden button: [model, system, text] as they shall be. */
  async function setUp(tab, [model, system, text]) {
    if (!pending.get(tab)) return [model, system, text];
    pending.delete(tab);
    const setup = wanted;
    if (setup.thinking in SWITCH) setThinking(tab, SWITCH[setup.thinking]);
    const chosen = setup.model || setup.provider ? await pickerValue(setup, model) : model;
    return [chosen, setup.system ?? system, setup.prompt ?? text];
  }

  async function pickerValue({ model, provider }, now) {
    const name = model || now.slice(now.indexOf(":") + 1);
    const typed = provider ? `${provider}:${name}` : name;
    try {
      const found = await post("trace", { session: session(), name, provider: provider || null });
      if (!found.mapped) return typed;
      const own = [found.model, found.model_name].some((known) => known && fold(known) === fold(name));
      return `${found.provider}:${own ? found.model : name}`;
    } catch {
      return typed;
    }
  }

  /** The switch follows the model that was just picked, so it is set again once the server has told of that model. */
  function setThinking(tab, on) {
    const until = Date.now() + 3000;
    const set = () => {
      const box = document.querySelector(`#${tab}-thinking input`);
      if (box && !box.disabled && box.checked !== on) box.click();
    };
    setTimeout(set, 100);
    const told = () => Date.now() < until && requestAnimationFrame(() => requestAnimationFrame(set));
    document.addEventListener("glm-facts", told);
    setTimeout(() => document.removeEventListener("glm-facts", told), until - Date.now());
  }

  /** What the address asks for; afterwards the address is plain again, so that a reload changes nothing. */
  function fromLink() {
    const given = new URLSearchParams(location.search);
    const setup = Object.fromEntries(LINKED.filter((name) => given.has(name)).map((name) => [name, given.get(name)]));
    if (!Object.keys(setup).length) return;
    const rest = [...given].filter(([name]) => !LINKED.includes(name));
    history.replaceState(null, "", `${location.pathname}${rest.length ? `?${new URLSearchParams(rest)}` : ""}${location.hash}`);
    const tab = (setup.tab ?? "chat").toLowerCase();
    if (tab === "models") {
      wanted = { shown: setup.model ? [setup.model, setup.provider ?? ""] : null };
      openTab(tab);
      if (wanted.shown) models?.show(...wanted.shown);
    } else use(tab, setup);
  }

  return { setUp, fromLink };
}
