// The panel beside the chat that shows a model's page: which block, which version, what stands around the frame. What runs in
// the frame is sandbox.js's.

import { save } from "../conversations/export.js";
import { el, find, iconButton } from "../parts/dom.js";
import { frame as pageFrame } from "../parts/menu.js";
import { blocksAround } from "./blocks.js";
import { ConsoleView } from "./console_view.js";
import { fileNameOf, isCalm, pageOf } from "./document.js";
import { openTab, Sandbox, sources } from "./sandbox.js";
import { versionsOf } from "./versions.js";

/** @typedef {import("./blocks.js").Found} Found */

/** Milliseconds without a new word until a page that is arriving is drawn again, and the longest wait. */
const CALM = 500;
const LATEST = 2000;

export class Panel {
  /** @type {Found | null} */
  shown = null;
  /** @type {Array<Found>} */
  versions = [];
  /** @type {Sandbox | null} */
  sandbox = null;
  #drawn = "";
  #due = 0;
  #since = 0;
  #prelude = "";
  /** @type {HTMLElement | null} */
  #from = null;
  #watch = new MutationObserver(() => this.#changed());

  /** @param {Wire.Words["reading"]} words */
  constructor(words) {
    this.words = words;
    /**
     * @param {string} icon
     * @param {string} label
     * @param {() => unknown} run
     */
    const button = (icon, label, run) => iconButton(icon, label, run);
    this.title = el("h2", { class: "preview-title" });
    this.before = button("left", words.version_before, () => this.#step(-1));
    this.after = button("right", words.version_after, () => this.#step(1));
    this.number = el("span", { class: "preview-number" });
    this.switch = el("span", { class: "preview-versions" }, this.before, this.number, this.after);
    this.again = button("retry", words.preview_reload, () => this.#restart());
    this.stopper = button("stop", words.preview_stop, () => this.#stop(words.preview_stopped));
    this.say = el("p", { class: "preview-say", role: "status", hidden: true });
    this.place = el("div", { class: "preview-place" });
    this.console = new ConsoleView(words);
    const head = el(
      "header",
      { class: "preview-head" },
      this.title,
      this.switch,
      this.again,
      this.stopper,
      button("enlarge", words.preview_open, () => this.#openTab()),
      button("download", words.preview_download, () => this.#download()),
      button("close", words.preview_close, () => this.close()),
    );
    this.root = el(
      "aside",
      { class: "glm preview", id: "preview", "aria-label": words.preview, hidden: true },
      head,
      this.say,
      this.place,
      this.console.root,
    );
    this.root.addEventListener("keydown", (event) => {
      if (event.key !== "Escape" || event.defaultPrevented) return;
      event.preventDefault();
      event.stopPropagation();
      this.close();
    });
    pageFrame().append(this.root);
  }

  /**
   * Shows the code block that `element` is.
   * @param {HTMLElement} element `.md-code`
   * @param {HTMLElement | null} [from] has the focus again when the panel closes
   */
  async open(element, from = null) {
    const blocks = blocksAround(element);
    const chosen = blocks.find((block) => block.element === element);
    if (!chosen) return;
    this.#from = from;
    this.root.hidden = false;
    this.#makeRoom(true);
    this.#watch.disconnect();
    const log = element.closest("glm-log, #mm-out, .lanes");
    if (log) this.#watch.observe(log, { subtree: true, childList: true, characterData: true });
    this.#choose(chosen, blocks);
    this.title.tabIndex = -1;
    this.title.focus({ preventScroll: true });
    const { prelude, script } = await sources();
    this.#prelude = prelude;
    this.script = script;
    this.#restart();
  }

  close() {
    this.#watch.disconnect();
    clearTimeout(this.#due);
    this.#end();
    this.root.hidden = true;
    this.shown = null;
    this.#makeRoom(false);
    const back = this.#from?.isConnected ? this.#from : find("glm-log");
    back?.focus({ preventScroll: true });
  }

  /** @param {boolean} open */
  #makeRoom(open) {
    const tabs = find("#tabs");
    if (tabs && open) tabs.dataset.preview = "open";
    else delete tabs?.dataset.preview;
  }

  // --- which block ------------------------------------------------------------------------------------------------

  /**
   * @param {Found} chosen
   * @param {Array<Found>} blocks
   */
  #choose(chosen, blocks) {
    this.shown = chosen;
    this.versions = versionsOf(blocks, chosen);
    const at = this.versions.indexOf(chosen);
    const { words } = this;
    this.title.textContent = chosen.title || words.preview;
    this.root.dataset.kind = chosen.kind;
    this.switch.hidden = this.versions.length < 2;
    this.before.disabled = at === 0;
    this.after.disabled = at === this.versions.length - 1;
    this.number.textContent = `${at + 1}/${this.versions.length}`;
    this.number.title = words.version.replace("{n}", String(at + 1)).replace("{all}", String(this.versions.length));
  }

  /** @param {number} by */
  #step(by) {
    const next = this.shown && this.versions[this.versions.indexOf(this.shown) + by];
    if (!next) return;
    this.#choose(next, blocksAround(next.element));
    this.#restart();
  }

  // --- following the stream -----------------------------------------------------------------------------------------

  #changed() {
    clearTimeout(this.#due);
    this.#since ||= performance.now();
    const wait = Math.max(0, Math.min(CALM, this.#since + LATEST - performance.now()));
    this.#due = setTimeout(() => this.#follow(), wait);
  }

  /** The conversation has changed: the same block has more text, or another element, or a newer version. */
  #follow() {
    this.#since = 0;
    const { shown } = this;
    if (!shown) return;
    const log = find("glm-log");
    const blocks = blocksAround(shown.element.isConnected ? shown.element : (log ?? document.body));
    const newest = this.versions.at(-1)?.turn === shown.turn;
    const same = blocks.find(
      (block) => block.turn === shown.turn && block.kind === shown.kind && block.at === shown.at,
    );
    if (!same) return this.close();
    const versions = versionsOf(blocks, same);
    const now = newest ? (versions.at(-1) ?? same) : same;
    const turned = now.turn !== shown.turn;
    this.#choose(now, blocks);
    if (now.text === this.#drawn || (isArriving(now.element) && !isCalm(now.text))) return;
    if (turned) this.#restart();
    else this.#draw();
  }

  // --- the frame ------------------------------------------------------------------------------------------------------

  #restart() {
    if (!this.script || !this.shown) return;
    this.#end();
    this.#tell("");
    this.console.clear();
    const { words, script } = this;
    this.sandbox = new Sandbox(this.place, {
      title: words.preview,
      script,
      told: {
        lines: (lines, left) => this.console.add(lines, left),
        clear: () => this.console.clear(),
        silent: (silent) => this.#tell(silent ? words.preview_busy : ""),
        ended: (why) => this.#stop(why === "flood" ? words.preview_flood : words.preview_hung),
      },
    });
    this.stopper.disabled = false;
    this.#draw();
  }

  #draw() {
    if (!this.shown || !this.sandbox) return;
    const { kind, text } = this.shown;
    this.#drawn = text;
    this.sandbox.draw(pageOf(kind, text, this.#prelude, this.sandbox.scroll));
  }

  /** @param {string} why */
  #stop(why) {
    this.#end();
    this.#tell(why);
  }

  #end() {
    this.sandbox?.end();
    this.sandbox = null;
    this.#drawn = this.shown?.text ?? "";
    this.stopper.disabled = true;
  }

  /** @param {string} text */
  #tell(text) {
    this.say.textContent = text;
    this.say.hidden = !text;
  }

  // --- taking it elsewhere ----------------------------------------------------------------------------------------------

  #openTab() {
    const { shown, words } = this;
    if (!shown) return;
    const about = { note: words.preview_apart, title: shown.title || words.preview };
    openTab((prelude) => pageOf(shown.kind, shown.text, prelude), about);
  }

  #download() {
    if (!this.shown) return;
    const { kind, text } = this.shown;
    save(fileNameOf(kind, text), [text], kind === "svg" ? "image/svg+xml" : "text/html");
  }
}

/**
 * The last block of a reply that comes in may still grow.
 * @param {HTMLElement} element
 */
const isArriving = (element) => {
  const turn = element.closest(".turn.live");
  return turn !== null && [...turn.querySelectorAll(".md-code")].at(-1) === element;
};
