// Where the Models tab meets the page: its element, the ways from it to the other tabs, and links that fill them in.
// A link never sends anything and never carries a key; what it does not know it leaves alone.

import { find, until } from "../parts/dom.js";
import { postJson } from "../server/request.js";

// The tab's own modules are loaded when they are first needed: the Chat tab, which comes first, does without them.
const loadTab = () => import("./models.js");
const loadRows = () => import("./rows.js");

const LINKED = ["model", "provider", "thinking", "system", "prompt", "tab", "view"];
/** @type {Record<string, boolean>} */
const SWITCH = { on: true, true: true, 1: true, off: false, false: false, 0: false };
const FIRST = "glm-4.6";

/**
 * Opens a tab of the page by its key ("chat", "multimodal", "models"), which is part of its id whatever its label says.
 * @param {string} name
 */
export function openTab(name) {
  const button = find(`#tabs [role=tab]#tab-${CSS.escape(name)}-button`);
  button?.click();
  return Boolean(button);
}

/**
 * A setup that a link or a name names: what to fill in, all as text.
 * @typedef {Partial<Record<"model" | "provider" | "thinking" | "system" | "prompt" | "tab" | "view", string | null>>} Setup
 *
 * What the tab needs of the page; `chatOf(tab)` is the chat of another tab, once it is there.
 * @typedef {object} Parts
 * @property {(tab: string) => Page.AnyChat | null | undefined} chatOf
 * @property {Promise<Wire.Config>} config
 * @property {Page.Session} session
 * @property {(text: string) => void} announce
 * @property {(turn: string | null | undefined) => unknown} openRequest
 * @property {(what: string) => unknown} focus
 */

/**
 * Defines <glm-models>.
 * @param {Parts} parts
 */
export function defineModels({ chatOf, config, session, announce, openRequest, focus }) {
  /** @type {import("./models.js").Models | null} */
  let models = null;
  /** @type {[string, string] | null} */
  let shown = null;
  /** @type {string | null} */
  let view = null;

  /** @param {string} what */
  const goTo = (what) => openTab("chat") && setTimeout(() => focus(what), 50);
  /**
   * @param {string} tab
   * @param {Setup} setup
   */
  const use = (tab, setup) => fillIn(tab, setup, { chatOf, session });

  customElements.define(
    "glm-models",
    class extends HTMLElement {
      made = false;
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

  /**
   * Opens one of the tab's views.
   * @param {string} name
   */
  function openView(name) {
    view = name;
    openTab("models");
    models?.open(name);
  }

  /** What the address asks for, true if it asks. */
  function fromLink() {
    const setup = takeLink();
    if (!setup) return false;
    const tab = (setup.tab ?? "chat").toLowerCase();
    if (tab !== "models") return (void use(tab, setup), true);
    if (setup.view) openView(setup.view);
    shown = setup.model ? [setup.model, setup.provider ?? ""] : null;
    openTab(tab);
    if (shown) models?.show(...shown);
    return true;
  }

  return { fromLink, openView };
}

/**
 * Takes what the address says out of it: it is plain again then, so that a reload changes nothing.
 * @returns {Setup | null}
 */
function takeLink() {
  const given = new URLSearchParams(location.search);
  const setup = Object.fromEntries(LINKED.filter((name) => given.has(name)).map((name) => [name, given.get(name)]));
  if (!Object.keys(setup).length) return null;
  const rest = new URLSearchParams([...given].filter(([name]) => !LINKED.includes(name))).toString();
  history.replaceState(null, "", `${location.pathname}${rest && `?${rest}`}${location.hash}`);
  return setup;
}

/**
 * Takes a setup to a tab and leaves it to the person to send.
 * @param {string} tab
 * @param {Setup} setup
 * @param {Pick<Parts, "chatOf" | "session">} page
 */
async function fillIn(tab, setup, { chatOf, session }) {
  if (!openTab(tab)) return;
  /** @type {Page.Settings} */
  const controls = {};
  if (setup.model || setup.provider) controls.model = await pickerValue(setup, session);
  const thinking = SWITCH[setup.thinking ?? ""];
  if (thinking !== undefined) controls.thinking = thinking;
  if (setup.system !== undefined) controls.system = setup.system;
  const there = await until(() => chatOf(tab));
  if (!there) return;
  there.composer.fill({ ...controls, text: setup.prompt });
  await there.composer.taken();
  there.focus();
}

/**
 * The picker's value for a name: the model at its provider, or the name itself where it is another.
 * @param {Setup} setup
 * @param {Page.Session} session
 */
async function pickerValue({ model, provider }, session) {
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
