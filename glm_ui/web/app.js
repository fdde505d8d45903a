// @ts-nocheck
// The page's entry: defines the elements that Gradio places, and `window.GLM`, which Gradio's events call.

import { followAccount, leftText } from "./server/account.js";
import { Chat } from "./chat/chat.js";
import { ConversationList } from "./conversations/list.js";
import { readOnly, same, statesOf, untouched } from "./chat/controls.js";
import { FileOffer } from "./chat/file_offer.js";
import { el, until } from "./parts/dom.js";
import { session } from "./server/identity.js";
import { watchComposers, watchEscape, watchTabs } from "./chat/keys.js";
import { defineModels } from "./models/element.js";
import { watchPickers } from "./chat/picker.js";
import { inLanguage, locale } from "./parts/language.js";
import { ProblemLine } from "./parts/problem_line.js";
import { openStore } from "./conversations/store.js";
import { postJson } from "./server/request.js";

const config = new Promise((resolve) => {
  customElements.define(
    "glm-config",
    class extends HTMLElement {
      connectedCallback() {
        resolve(inLanguage(JSON.parse(this.textContent)));
        if (this.closest(".prose")) this.closest(".prose").hidden = true;
      }
    },
  );
});

const tabs = () => document.querySelector("#tabs");
const click = (id) => document.querySelector(`#${id}`)?.click();
const store = openStore({ name: "glm-ui" });
const GLM = (window.GLM = { chat: null, keyState: null, secret: session });

// A live region that says the few things worth saying aloud.
const voice = el("div", { class: "glm off-screen", role: "status", "aria-live": "polite" });
document.body.append(voice);
const announce = (text) => (voice.textContent = text);

customElements.define(
  "glm-log",
  class extends HTMLElement {
    async connectedCallback() {
      if (GLM.chat) return;
      const [settings, conversations] = await Promise.all([config, store]);
      GLM.chat = new Chat({
        root: this,
        config: settings,
        store: conversations,
        session,
        announce,
        bridge: () => click("chat-bridge"),
      });
      GLM.chat.onfocus = focus;
      GLM.chat.onrequest = openRequest;
      GLM.chat.restoreControls = () => click("chat-restore");
      new FileOffer({
        tab: document.querySelector("#chat-tab"),
        place: document.querySelector("#chat-log"),
        words: settings.words,
        take: toMultimodal,
      });
      const connect = () => openView("connect");
      const list = new ConversationList({
        chat: GLM.chat,
        store: conversations,
        words: settings.words,
        session,
        connect,
      });
      new ProblemLine({
        store: conversations,
        words: settings.words.list,
        onexport: async () => (await list.transfer()).exportAll(),
      });
      await GLM.chat.restore();
      GLM.chat.restoreDraft();
      await showState(settings.state);
      showToggle();
      void askAccount();
      if (!fromLink()) await GLM.chat.taken();
    }
  },
);

// The Multimodal tab, made when it is first opened.
customElements.define(
  "glm-stage",
  class extends HTMLElement {
    async connectedCallback() {
      if (GLM.multimodal) return;
      const [settings, conversations, { Multimodal }] = await Promise.all([
        config,
        store,
        import("./multimodal/multimodal.js"),
      ]);
      const setModel = (value) => ((GLM.multimodal.wantedModel = value), click("mm-other"));
      GLM.multimodal = new Multimodal({
        root: this,
        planRoot: document.querySelector("glm-plan"),
        config: settings,
        store: conversations,
        session,
        announce,
        bridge: () => click("mm-bridge"),
        setModel,
        usable: () => (tabs().dataset.keys ?? "").split(" "),
        otherModel: (kind) => otherModel(settings.multimodal.models, kind),
      });
      GLM.multimodal.onfocus = focus;
      GLM.multimodal.onrequest = openRequest;
      document
        .querySelector("#mm-head")
        .append(
          el(
            "details",
            { class: "mm-list" },
            el("summary", {}, settings.multimodal.words.conversations),
            el("div", { id: "mm-conversations" }),
          ),
          el(
            "button",
            { type: "button", class: "mm-new", onclick: () => GLM.multimodal.fresh() },
            settings.words.untitled,
          ),
        );
      GLM.multimodal.restoreControls = () => click("multimodal-restore");
      new ConversationList({
        chat: GLM.multimodal,
        store: conversations,
        words: settings.words,
        session,
        place: "#mm-conversations",
      });
      new ResizeObserver(tabShown).observe(document.querySelector("#mm-tab"));
      await GLM.multimodal.restore();
      GLM.multimodal.restoreDraft();
      void showState();
      await GLM.multimodal.taken();
    }
  },
);

/** Opens the Multimodal tab and puts the files under its plan. */
async function toMultimodal(files) {
  click("tab-multimodal-button");
  (await until(() => GLM.multimodal))?.intake.give(files);
  focusMultimodal("input");
}

/** A usable choice that takes files of this kind, of the same provider if it has one. */
function otherModel(models, kind) {
  const keys = (tabs().dataset.keys ?? "").split(" ");
  const { provider } = facts();
  const shown = document.querySelector("#mm-model input")?.value;
  const fitting = models.filter(
    ({ label, value, takes }) =>
      takes.includes(kind) &&
      label !== shown &&
      keys.includes(value.split(":")[0]) &&
      (provider === "demo" || !value.startsWith("demo:")),
  );
  return fitting.find(({ value }) => value.startsWith(`${provider}:`)) ?? fitting[0];
}

/** What is known of the model that is picked on the tab in sight. */
const facts = () =>
  (
    [...document.querySelectorAll("glm-facts")].find((each) => each.closest(".tabitem")?.offsetParent) ??
    document.querySelector("glm-facts")
  )?.dataset ?? {};

// What the chosen model can do, written by the server into <glm-facts>; the bar's state follows it.
customElements.define(
  "glm-facts",
  class extends HTMLElement {
    static observedAttributes = ["data-provider"];
    connectedCallback() {
      queueMicrotask(() => showState());
    }
    attributeChangedCallback() {
      if (this.isConnected) queueMicrotask(() => showState());
    }
  },
);

// Which tools a conversation offers.
customElements.define(
  "glm-tools",
  class extends HTMLElement {
    async connectedCallback() {
      const [{ words }, { ToolSwitch }] = await Promise.all([config, import("./tools/switch.js")]);
      const chat = await until(() => (this.closest("#mm-tools") ? GLM.multimodal : GLM.chat));
      if (!chat || !this.isConnected) return;
      chat.tools = new ToolSwitch({ root: this, chat, words: words.tools, session });
    }
  },
);

const { fromLink, openView } = defineModels({ page: GLM, config, session, announce, openRequest, focus });

/** Shows what a turn sent; the view is made when it is first asked for. */
let requestView = null;
async function openRequest(turn) {
  const [{ words }, { RequestView }] = await Promise.all([config, import("./chat/request_view.js")]);
  requestView ??= new RequestView({ words: words.exact, session });
  requestView.open(turn);
}

let state = { own: [], ready: [], offline: true };

let keyLost = false;
const askAccount = followAccount(session, (next) => showState(next));

async function showState(next) {
  if (next) keyLost = state.own.some((key) => !next.own.includes(key)) || (keyLost && !next.own.length);
  if (next) state = next;
  const { providers, words } = await config;
  const chosen = facts().provider;
  const provider = providers[chosen];
  const bar = document.querySelector("#bar-state");
  if (!bar || !provider) return;
  const own = state.own.includes(chosen) || state.own.includes(provider.shares);
  const ready = state.ready.includes(chosen);
  const [tone, text] =
    chosen === "demo"
      ? ["demo", words.state_demo]
      : own
        ? ["good", `${provider.name} · ${words.state_own}`]
        : ready
          ? [
              "good",
              `${provider.name} · ${[provider.needs_key ? words.state_server : words.state_open, leftText(state.left, words)].filter(Boolean).join(" · ")}`,
            ]
          : provider.needs_key
            ? ["missing", `${provider.name} · ${words.state_missing}`]
            : ["good", provider.name];
  const usable = Object.keys(providers).filter(
    (key) =>
      !providers[key].needs_key ||
      state.ready.includes(key) ||
      state.own.includes(key) ||
      state.own.includes(providers[key].shares),
  );
  tabs().dataset.keys = usable.join(" ");
  bar.dataset.tone = tone;
  bar.querySelector("span:last-child").textContent = text;
  bar.title = tone === "demo" ? words.demo_note.map((piece) => piece.key ?? piece).join("") : "";
  GLM.chat?.log.say(keyLost ? words.key_lost : "");
  const note =
    chosen === "demo"
      ? keyNote({}, words.demo_note)
      : tone === "missing"
        ? keyNote(provider, words.key_missing, words.key_from)
        : keyLost
          ? el("span", {}, words.key_lost)
          : null;
  for (const tab of [GLM.chat, GLM.multimodal]) tab?.log.note(note);
}

/** A sentence of pieces, of which {key: text} is a button to the key's box; then where to get a key. */
function keyNote(provider, said, from = "") {
  const parts = said.map((piece) =>
    piece.key
      ? el("button", { type: "button", class: "note-link", "data-focus": "key" }, piece.key)
      : piece.replace("{provider}", provider.name),
  );
  const link =
    provider.key_page &&
    el(
      "a",
      { href: provider.key_page, target: "_blank", rel: "noopener noreferrer" },
      provider.key_page.replace("https://", ""),
    );
  return el("span", {}, ...parts, link ? from : null, link);
}

GLM.restoring = (tab, model) => GLM[tab]?.given.restoring(model) ?? untouched();

/** A model was picked on a tab: what its controls may be. */
let newest = {};
GLM.picked = async (tab, model) => {
  const mine = (newest = { ...newest, [tab]: {} })[tab];
  const { controls, words } = await config;
  const states = await statesOf(model, { controls, session, words });
  if (mine !== newest[tab]) return [same(), same(), ...untouched().slice(1)];
  if (tab === "multimodal") queueMicrotask(() => GLM.multimodal?.replan());
  return GLM[tab]?.given.picked(model, states) ?? [same(), same(), ...untouched().slice(1)];
};

/** What the server drew of the model that is picked first, in the page's language; values stay as they are. */
GLM.translated = async (tab, model) => {
  const { controls, words } = await config;
  const states = locale() === "en" ? {} : await statesOf(model, { controls, session, words });
  if (tab === "multimodal") delete states.thinking; // its switch stands in a row, without the line below
  return readOnly(states);
};

// --- what Gradio's events call ------------------------------------------------------------------------------

/** Hands the typed key to the server's memory and empties the box. In the demo it is the first provider's key. */
GLM.saveKey = async (value, model) => {
  if (!value.trim()) return ["", model];
  const { words, first_provider: first } = await config;
  const chosen = facts().provider ?? first;
  const provider = chosen === "demo" ? first : chosen;
  try {
    await showState(await postJson("key", { session: session(), provider, key: value }));
    announce(words.key_saved);
  } catch {
    announce(words.key_failed);
    return [value, model];
  }
  return ["", chosen === "demo" ? model.replace(/^demo:/, `${first}:`) : model];
};

/** Hands the visitor's own server and its key to this server's memory, and picks its model. Says what is wrong below the
 * address. */
GLM.useServer = async (address, name, key, kind, model) => {
  const { words } = await config;
  const said = { __type__: "update" };
  try {
    await showState(await postJson("server", { session: session(), address, kind, key }));
    announce(address.trim() ? words.server_used : words.server_gone);
    return [
      { ...said, info: address.trim() ? words.server_used : words.server_gone },
      "",
      address.trim() ? `custom:${name.trim() || "default"}` : model,
    ];
  } catch (reason) {
    const why = reason.unreachable ? words.key_failed : (reason.whole ?? String(reason));
    announce(why);
    return [{ ...said, info: why }, key, model];
  }
};

function focus(what) {
  if (document.querySelector("#mm-tab")?.offsetParent) return focusMultimodal(what);
  const place = {
    input: "#chat-input textarea",
    key: "#api-key input",
    model: "#chat-model input",
    settings: "#chat-more button",
  }[what];
  if (what !== "input") tabs().dataset.side = "open";
  document.querySelector(place)?.focus();
}

function focusMultimodal(what) {
  const more = document.querySelector("#mm-more > button");
  if (["key", "settings"].includes(what) && !document.querySelector("#mm-key")?.offsetParent) more?.click();
  const place = {
    input: "#mm-input textarea",
    key: "#mm-key input",
    model: "#mm-model input",
    settings: "#mm-more button",
  }[what];
  setTimeout(() => document.querySelector(place)?.focus(), 50);
}

watchComposers();
watchTabs();
watchPickers("#chat-model input, #mm-model input");
watchEscape(() => [GLM.chat, GLM.multimodal].find((each) => each?.running && each.log.root.offsetParent)?.stop());

// The bar's state is that of the tab in sight.
document.addEventListener("click", ({ target }) => target.closest?.("[role=tab]") && setTimeout(tabShown, 60));

function tabShown() {
  const folds = [...document.querySelectorAll("#chat-side")].some((side) => side.closest(".tabitem")?.offsetParent);
  document.querySelector("#side-toggle").style.visibility = folds ? "" : "hidden";
  showToggle();
  void showState();
}

// Gradio's two buttons of a composer are pictures without a name, and are made anew each time they take turns.
function nameButtons(id) {
  const place = document.querySelector(`#${id} .input-container`);
  if (!place) return setTimeout(nameButtons, 50, id);
  const name = () => {
    place.querySelector(".submit-button")?.setAttribute("aria-label", "Send");
    place.querySelector(".stop-button")?.setAttribute("aria-label", "Stop");
  };
  new MutationObserver(name).observe(place, { childList: true });
  name();
}
nameButtons("chat-input");

// The side bar: open beside the conversation on a wide page, folded over it on a narrow one.
const narrow = matchMedia("(max-width: 860px)");
/** The side bar, and what it opens beside itself. */
const OVER_SIDE = "#chat-side, ul[role=listbox], .menu, dialog";
const showToggle = () => {
  const { side } = tabs().dataset;
  document
    .querySelector("#side-toggle")
    .setAttribute("aria-expanded", String(narrow.matches ? side === "open" : side !== "closed"));
};
narrow.addEventListener("change", showToggle);
document.addEventListener("click", ({ target }) => {
  const { dataset } = tabs();
  if (target.closest("#side-toggle")) dataset.side = narrow.matches === (dataset.side !== "open") ? "open" : "closed";
  else if (target.closest("[data-focus]")) focus(target.closest("[data-focus]").dataset.focus);
  else if (narrow.matches && dataset.side === "open" && !target.closest(OVER_SIDE)) dataset.side = "closed";
  showToggle();
});
