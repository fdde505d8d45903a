// Where the Models tab meets the page: its element, the ways from it to the other tabs, and links that fill them in.
// A link never sends anything and never carries a key; what it does not know it leaves alone.

// The tab's own modules are loaded when they are first needed: the Chat tab, which comes first, does without them.
const loadTab = () => import("../models.js");
const loadRows = () => import("./rows.js");

const LINKED = ["model", "provider", "thinking", "system", "prompt", "tab"];
const SWITCH = { on: true, true: true, 1: true, off: false, false: false, 0: false };
const FIRST = "glm-4.6";
const PATIENCE = 10_000;
const AGAIN = 250;

/** Opens a tab of the page by the name on its button ("chat", "multimodal", "models"). */
export function openTab(name) {
  const button = [...document.querySelectorAll("#tabs [role=tab]")].find((one) => one.textContent.trim().toLowerCase() === name);
  button?.click();
  return Boolean(button);
}

/** Defines <glm-models>. `page` holds the other tabs by name as they come about. Returns {fromLink}. */
export function defineModels({ page, config, session, announce, openRequest, focus }) {
  let models = null;
  let shown = null;

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
      }
    },
  );

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
    // Gradio may not listen yet while the page loads: its hidden buttons are pressed until it has taken what they give.
    await until(() => {
      if (!there.pending && !there.wanted) return true;
      if (there.pending) there.restoreControls();
      if (there.wanted) there.bridge();
      return false;
    });
    there.onfocus?.("input");
  }

  /** The picker's value for a name: the model at its provider, or the name itself where it is another. */
  async function pickerValue({ model = "", provider = "" }) {
    const name = model || FIRST;
    const typed = provider ? `${provider}:${name}` : name;
    try {
      const [{ post }, { fold }] = await Promise.all([loadTab(), loadRows()]);
      const found = await post("trace", { session: session(), name, provider: provider || null });
      if (!found.mapped) return typed;
      const own = [found.model, found.model_name].some((known) => known && fold(known) === fold(name));
      return `${found.provider}:${own ? found.model : name}`;
    } catch {
      return typed;
    }
  }

  /** What the address asks for; afterwards the address is plain again, so that a reload changes nothing. */
  function fromLink() {
    const given = new URLSearchParams(location.search);
    const setup = Object.fromEntries(LINKED.filter((name) => given.has(name)).map((name) => [name, given.get(name)]));
    if (!Object.keys(setup).length) return;
    const rest = new URLSearchParams([...given].filter(([name]) => !LINKED.includes(name))).toString();
    history.replaceState(null, "", `${location.pathname}${rest && `?${rest}`}${location.hash}`);
    const tab = (setup.tab ?? "chat").toLowerCase();
    if (tab !== "models") return void use(tab, setup);
    shown = setup.model ? [setup.model, setup.provider ?? ""] : null;
    openTab(tab);
    if (shown) models?.show(...shown);
  }

  return { fromLink };
}

/** Resolves to what `fact` gives once it is true, or to null when patience ends. */
async function until(fact) {
  for (const end = Date.now() + PATIENCE; Date.now() < end; ) {
    const it = fact();
    if (it) return it;
    await new Promise((done) => setTimeout(done, AGAIN));
  }
  return null;
}
