// @ts-nocheck
// Where the Models tab meets the page: its element, the ways from it to the other tabs, and links that fill them in.
// A link never sends anything and never carries a key; what it does not know it leaves alone.

import { until } from "../parts/dom.js";
import { postJson } from "../server/request.js";

// The tab's own modules are loaded when they are first needed: the Chat tab, which comes first, does without them.
const loadTab = () => import("./models.js");
const loadRows = () => import("./rows.js");

const LINKED = ["model", "provider", "thinking", "system", "prompt", "tab", "view"];
const SWITCH = { on: true, true: true, 1: true, off: false, false: false, 0: false };
const FIRST = "glm-4.6";

/** Opens a tab of the page by its key ("chat", "multimodal", "models"), which is part of its id whatever its label says. */
export function openTab(name) {
  const button = document.querySelector(`#tabs [role=tab]#tab-${CSS.escape(name)}-button`);
  button?.click();
  return Boolean(button);
}

/** Defines <glm-models>. `page` holds the other tabs by name as they come about. Returns {fromLink, openView}. */
export function defineModels({ page, config, session, announce, openRequest, focus }) {
  let models = null;
  let shown = null;
  let view = null;

  const goTo = (what) => openTab("chat") && setTimeout(() => focus(what), 50);

  customElements.define(
    "glm-models",
    class extends HTMLElement {
      async connectedCallback() {
        if (this.made) return;
        this.made = true;
        const [settings, { Models }] = await Promise.all([config, loadTab()]);
        models = new Models({ root: this, config: settings, session, announce, openRequest, goTo, use });
        if (shown) models.show(...shown);
        if (view) models.open(view);
      }
    },
  );

  /** Opens one of the tab's views. */
  function openView(name) {
    view = name;
    openTab("models");
    models?.open(name);
  }

  /** Takes a setup {model, provider, thinking, system, prompt} to a tab and leaves it to the person to send. */
  async function use(tab, setup) {
    if (!openTab(tab)) return;
    const controls = {};
    if (setup.model || setup.provider) controls.model = await pickerValue(setup);
    if (setup.thinking in SWITCH) controls.thinking = SWITCH[setup.thinking];
    if (setup.system !== undefined) controls.system = setup.system;
    const there = await until(() => page[tab]);
    if (!there) return;
    there.fill({ ...controls, text: setup.prompt });
    await there.taken();
    there.onfocus?.("input");
  }

  /** The picker's value for a name: the model at its provider, or the name itself where it is another. */
  async function pickerValue({ model = "", provider = "" }) {
    const name = model || FIRST;
    const typed = provider ? `${provider}:${name}` : name;
    try {
      const { fold } = await loadRows();
      const found = await postJson("trace", { session: session(), name, provider: provider || null });
      if (!found.mapped) return typed;
      const own = [found.model, found.model_name].some((known) => known && fold(known) === fold(name));
      return `${found.provider}:${own ? found.model : name}`;
    } catch {
      return typed;
    }
  }

  /** What the address asks for, true if it asks; afterwards the address is plain again, so that a reload changes nothing. */
  function fromLink() {
    const given = new URLSearchParams(location.search);
    const setup = Object.fromEntries(LINKED.filter((name) => given.has(name)).map((name) => [name, given.get(name)]));
    if (!Object.keys(setup).length) return false;
    const rest = new URLSearchParams([...given].filter(([name]) => !LINKED.includes(name))).toString();
    history.replaceState(null, "", `${location.pathname}${rest && `?${rest}`}${location.hash}`);
    const tab = (setup.tab ?? "chat").toLowerCase();
    if (tab !== "models") return (use(tab, setup), true);
    if (setup.view) openView(setup.view);
    shown = setup.model ? [setup.model, setup.provider ?? ""] : null;
    openTab(tab);
    if (shown) models?.show(...shown);
    return true;
  }

  return { fromLink, openView };
}
