// The page's entry: defines the elements that Gradio places, and `window.GLM`, which Gradio's events call.

import { Chat } from "./chat/chat.js";
import { nameButtons } from "./chat/button_names.js";
import { Attach } from "./chat/attach.js";
import { Line } from "./chat/line.js";
import { watchComposers, watchEscape, watchTabs } from "./chat/keys.js";
import { watchPickers } from "./chat/picker.js";
import { Replies } from "./chat/replies.js";
import { linker, namedIn } from "./conversations/link.js";
import { ConversationList } from "./conversations/list.js";
import { openStore } from "./conversations/store.js";
import { keepEarly } from "./drafts/early.js";
import { defineModels } from "./models/element.js";
import { AccountBar } from "./page/account_bar.js";
import { gradioEvents } from "./page/gradio_events.js";
import { makeMultimodal } from "./page/multimodal_tab.js";
import { click, focus, focusMultimodal } from "./page/places.js";
import { watchReading } from "./page/reading.js";
import { narrow, showToggle, watchSideBar } from "./page/side_bar.js";
import { closest, find, until } from "./parts/dom.js";
import { inLanguage } from "./parts/language.js";
import { ProblemLine } from "./parts/problem_line.js";
import { announce } from "./parts/voice.js";
import { session } from "./server/identity.js";

/** @type {Promise<Wire.Config>} */
const config = new Promise((resolve) => {
  customElements.define(
    "glm-config",
    class extends HTMLElement {
      connectedCallback() {
        resolve(inLanguage(JSON.parse(this.textContent ?? "")));
        const prose = closest(this, ".prose");
        if (prose) prose.hidden = true;
      }
    },
  );
});

const replies = new Replies(config, () => store);
const store = openStore({ name: "glm-ui", replies });

/** @type {Page.Global} */
const GLM = { chat: null, multimodal: null, shortcuts: null, secret: session };

/** @param {string} tab */
const chatOf = (tab) => (tab === "multimodal" ? GLM.multimodal?.chat : GLM.chat);
const chats = () => [GLM.chat, GLM.multimodal?.chat].flatMap((chat) => chat ?? []);

const bar = new AccountBar({ config, session, chats });

/** @type {Promise<import("./page/key_state.js").KeyState> | undefined} */
let keyState;

/** What stands below the boxes of keys. */
async function followKeys() {
  const [settings, { KeyState }] = await Promise.all([config, import("./page/key_state.js")]);
  const made = new KeyState({ config: settings, session, bar, announce });
  await made.start().catch(() => undefined); // the server is away; the bar says so
  return made;
}
/**
 * @param {string} provider
 * @param {string} key
 */
const keySaved = async (provider, key) => (await (keyState ??= followKeys())).saved(provider, key);
window.GLM = Object.assign(GLM, gradioEvents({ config, session, bar, announce, chatOf, keySaved }));
const { fromLink, openView } = defineModels({ chatOf, config, session, announce, openRequest, focus });

/** @type {Promise<import("./chat/request_view.js").RequestView> | undefined} */
let requestView;

/**
 * Shows what a turn sent; the view is made when it is first asked for.
 * @param {string | null | undefined} turn
 */
async function openRequest(turn) {
  requestView ??= Promise.all([config, import("./chat/request_view.js")]).then(
    ([{ words }, { RequestView }]) => new RequestView({ words: words.exact, session }),
  );
  await (await requestView).open(turn);
}

/** @type {Promise<import("./drafts/drafts.js").Drafts> | undefined} */
let drafts;
const early = ["#chat-input", "#mm-input"].map((box) => ({ box, ...keepEarly(`${box} textarea`) }));

/**
 * Keeps what is typed and not sent.
 * @param {Page.AnyChat} chat
 * @param {string} box
 * @param {boolean} [takeOver] whether what was typed in a page before is shown
 */
async function keepDraft(chat, box, takeOver = true) {
  const typed = early.find((each) => each.box === box);
  chat.composer.heard = (text) => typed?.put(text);
  const [{ openDrafts }, { DraftKeeper }, { startComposer }] = await Promise.all([
    import("./drafts/drafts.js"),
    import("./drafts/keeper.js"),
    import("./composer/start.js"),
  ]);
  // Gradio draws the boxes some time after the log.
  await until(() => find(`${box} textarea`) && find(`${box.replace("input", "model")} input`));
  drafts ??= openDrafts();
  const keeper = new DraftKeeper({ chat, drafts: await drafts, box: `${box} textarea` });
  void startComposer({ chat, place: box });
  await keeper.start({ takeOver, left: typed?.left });
  typed?.end();
  await chat.composer.taken();
}

/**
 * Puts the Chat tab on its element: the conversation, the list beside it, and what belongs to both.
 * @param {HTMLElement} root
 */
async function makeChat(root) {
  const [settings, conversations] = await Promise.all([config, store]);
  const { words } = settings;
  const chat = new Chat({
    root,
    config: settings,
    store: conversations,
    replies,
    session,
    announce,
    bridge: () => click("chat-bridge"),
  });
  new Line({ chat, box: "#chat-input" });
  GLM.chat = chat;
  chat.onfocus = focus;
  chat.onrequest = openRequest;
  chat.composer.restoreControls = () => click("chat-restore");
  const tab = find("#chat-tab");
  if (tab) new Attach({ chat, tab, look: lookClosely });
  const connect = () => openView("connect");
  const linkTo = linker(settings.space);
  const list = new ConversationList({ chat, store: conversations, words, session, connect, linkTo });
  const exportAll = async () => (await list.transfer()).exportAll();
  new ProblemLine({ store: conversations, words: words.list, onexport: exportAll });
  await chat.restore(namedIn(location.hash));
  await bar.show(settings.state);
  showToggle();
  void bar.ask().then(() => (keyState ??= followKeys()));
  void import("./page/shortcut_acts.js").then(({ startShortcuts }) => {
    GLM.shortcuts = startShortcuts({ words: settings.words, chats, focus, announce });
  });
  const filled = fromLink();
  void followAddress(settings, conversations);
  void keepDraft(chat, "#chat-input", !filled);
  if (!filled) await chat.composer.taken();
  void import("./offline/offline.js").then(({ followOffline }) => followOffline(() => replies.areComing));
}

/** @type {import("./page/address.js").Address | undefined} */
let address;

/**
 * Lets address, title and Back follow what is shown.
 * @param {Wire.Config} settings
 * @param {import("./conversations/store.js").Store} conversations
 */
async function followAddress(settings, conversations) {
  const { Address } = await import("./page/address.js");
  address = new Address({
    store: conversations,
    config: settings,
    chatOf: (tab) => (tab === "models" ? null : chatOf(tab)),
  });
  for (const chat of chats()) chat.onopen = () => address?.follow();
  await address.start();
}

/** @type {(made: import("./multimodal/multimodal.js").Multimodal) => void} */
let stageStands;
/** @type {Promise<import("./multimodal/multimodal.js").Multimodal>} with what was typed there before */
const stage = new Promise((resolve) => (stageStands = resolve));

/** @param {HTMLElement} root */
async function makeStage(root) {
  const [settings, conversations] = await Promise.all([config, store]);
  const made = await makeMultimodal(root, { config: settings, store: conversations, replies, session, announce });
  const { chat } = made;
  new Line({ chat, box: "#mm-input" });
  GLM.multimodal = made;
  chat.onfocus = focus;
  chat.onrequest = openRequest;
  const tab = find("#mm-tab");
  if (tab) new ResizeObserver(tabShown).observe(tab);
  await chat.restore();
  address?.follow({ replace: true });
  chat.onopen = () => address?.follow();
  void keepDraft(chat, "#mm-input").finally(() => stageStands(made));
  void bar.show();
  await chat.composer.taken();
}

customElements.define(
  "glm-log",
  class extends HTMLElement {
    connectedCallback() {
      if (!GLM.chat) void makeChat(this);
    }
  },
);

customElements.define(
  "glm-stage",
  class extends HTMLElement {
    connectedCallback() {
      if (!GLM.multimodal) void makeStage(this);
    }
  },
);

// What the chosen model can do, written by the server into <glm-facts>; the bar's state follows it.
customElements.define(
  "glm-facts",
  class extends HTMLElement {
    static observedAttributes = ["data-provider"];
    connectedCallback() {
      queueMicrotask(() => bar.show());
    }
    attributeChangedCallback() {
      if (this.isConnected) queueMicrotask(() => bar.show());
    }
  },
);

// Which tools a conversation offers.
customElements.define(
  "glm-tools",
  class extends HTMLElement {
    async connectedCallback() {
      const [{ words }, { ToolSwitch }] = await Promise.all([config, import("./tools/switch.js")]);
      const chat = await until(() => (this.closest("#mm-tools") ? GLM.multimodal?.chat : GLM.chat));
      if (!chat || !this.isConnected) return;
      chat.tools = new ToolSwitch({ root: this, chat, words: words.tools, session });
    }
  },
);

/**
 * Opens the Multimodal tab and shows files and words of a question there.
 * @param {Array<Page.FileRef>} files
 * @param {string} text
 */
async function lookClosely(files, text) {
  click("tab-multimodal-button");
  (await stage).look(files, text);
  focusMultimodal("input");
}

// The bar's state is that of the tab in sight.
function tabShown() {
  showToggle();
  address?.follow();
  void bar.show();
}
document.addEventListener("click", ({ target }) => closest(target, "[role=tab]") && setTimeout(tabShown, 60));

watchComposers();
watchTabs();
watchPickers("#chat-model input, #mm-model input", () => narrow.matches || focus("input"));
watchEscape(() => {
  if (GLM.shortcuts?.isOff("stop")) return;
  void chats()
    .find((each) => each.running && each.log.root.offsetParent)
    ?.stop();
});
watchSideBar();
watchReading(config, { chats, announce });
void config.then(({ words }) => ["chat-input", "mm-input"].forEach((id) => nameButtons(id, words)));
