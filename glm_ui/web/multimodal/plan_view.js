// The plan of the next turn: each file as it will go, and the whole against the model's window. Draws what it is given
// and tells what the person wants; asks no server.

import { count, listed } from "../parts/locale.js";
import { draw, h } from "../parts/draw.js";
import { button, fileCard, refused } from "./file_card.js";
import { ProgressBar } from "./progress_bar.js";

/**
 * @typedef {(kinds: string | Array<string>) => Wire.Offered | null} OtherModel a usable model that takes files of all these
 * kinds
 * @typedef {{
 *   words: any,
 *   act: (name: string, file?: Page.Chosen | null, value?: any) => void,
 *   otherModel: OtherModel,
 *   hears: () => boolean,
 * }} Options
 */

/** What is in the way of sending: a refused file, what speaks against the whole, the box for a yes. */
const OBSTACLE = '.mm-card[data-state="refused"], .mm-whole .mm-refusal, .mm-consent';

export class PlanView {
  /**
   * `act(name, file, value)`: remove, choose, model, provider, files, password, stop, again, consent, key, transcribe.
   * @param {HTMLElement} root
   * @param {Options} options
   */
  constructor(root, { words, act, otherModel, hears }) {
    this.root = root;
    this.words = words;
    this.act = act;
    this.otherModel = otherModel;
    this.hears = hears;
    const place = (/** @type {string} */ name, tag = "div") =>
      Object.assign(document.createElement(tag), { className: name });
    this.cards = place("mm-cards", "ul");
    this.bar = new ProgressBar({ stop: words.stop, onstop: () => this.act("stop") });
    this.total = place("mm-total");
    this.foot = place("mm-foot");
    this.foot.replaceChildren(this.bar.root, this.total);
    this.whole = place("mm-whole");
    this.rest = place("mm-rest");
    this.root.replaceChildren(this.cards, this.whole, this.rest, this.foot);
    // The foot stays in sight above the composer, which grows with what is typed.
    new ResizeObserver(([{ target }]) =>
      root.style.setProperty("--glm-composer", `${/** @type {HTMLElement} */ (target).offsetHeight}px`),
    ).observe(/** @type {Element} */ (document.querySelector("#mm-input")));
    /** @type {Map<string, Map<number | string, string>>} */
    this.thumbnails = new Map();
    /** What the last plan said of each file: it stands there while another is made. @type {Map<string, Wire.FileTold>} */
    this.known = new Map();
    /** @type {Set<string>} */
    this.open = new Set();
    /** @type {Page.DrawnPlan} */
    this.drawn = { files: [], plan: null, earlier: [], consent: false };
  }

  /**
   * `files` as the person chose them, `plan` as the server made it (or null), `earlier` names that go again.
   * @param {Page.DrawnPlan} given
   */
  draw(given) {
    this.drawn = given;
    const { files, plan, earlier, consent } = given;
    for (const kept of [this.thumbnails, this.known])
      for (const key of [...kept.keys()]) if (!files.some((file) => file.key === key)) kept.delete(key);
    plan?.files.forEach((ready, i) => files[i] && this.#remember(files[i], ready));
    draw(this.cards, ...files.map((file) => this.#card(file, !plan)));
    draw(this.whole, ...(plan ? wholeOf(plan, consent, this) : []));
    if (plan || !files.length) draw(this.total, plan && this.#tokens(plan));
    draw(
      this.rest,
      earlier.length > 0 && h("p", { class: "mm-quiet" }, `${this.words.in_conversation}: ${listed(earlier)}`),
    );
  }

  /**
   * @param {Page.Chosen} file
   * @param {boolean} waiting
   */
  #card(file, waiting) {
    return fileCard({
      file,
      waiting,
      ready: this.known.get(file.key) ?? null,
      thumbnails: this.thumbnails.get(file.key) ?? new Map(),
      words: this.words,
      act: (name, value) => this.act(name, file, value),
      otherModel: this.otherModel,
      hears: this.hears(),
      open: this.open.has(file.key),
      onopen: (open) => {
        this.open[open ? "add" : "delete"](file.key);
        this.draw(this.drawn);
      },
    });
  }

  /**
   * @param {Page.Chosen} file
   * @param {Wire.FileTold} ready
   */
  #remember(file, ready) {
    this.known.set(file.key, ready);
    const pictures = this.thumbnails.get(file.key) ?? new Map();
    this.thumbnails.set(file.key, pictures);
    ready.items.forEach((item, i) => item.thumbnail && pictures.set(ready.picked[i] ?? `at ${i}`, item.thumbnail));
  }

  /**
   * What the turn takes of the model's window.
   * @param {Page.Plan} plan
   */
  #tokens(plan) {
    const { words } = this;
    const { window: most } = plan;
    const tokens = plan.visual_tokens + plan.text_tokens + plan.taken;
    const line = (/** @type {string} */ said) => h("p", { class: "mm-quiet mm-tokens" }, said);
    if (!most) return [line(`≈ ${count(tokens)} ${words.tokens}. ${words.window_unknown}`)];
    const visual = plan.visual_tokens ? ` · ${count(plan.visual_tokens)} ${words.visual_tokens}` : "";
    const said = `≈ ${count(tokens)} ${words.of} ${count(most)} ${words.tokens}${visual}`;
    const part = (/** @type {string} */ kind, /** @type {number} */ value) =>
      h("span", { class: `mm-part ${kind}`, style: `width: ${Math.min(100, (value / most) * 100)}%` });
    return [
      h(
        "div",
        { class: `mm-window${tokens > most ? " over" : ""}`, role: "img", "aria-label": said },
        part("taken", plan.taken),
        part("text", plan.text_tokens),
        part("visual", plan.visual_tokens),
      ),
      line(said),
    ];
  }

  // --- while it is being made ------------------------------------------------------------------------------------

  working() {
    this.bar.working(`${this.words.prepare}…`);
  }

  /**
   * @param {string} name
   * @param {number} done
   * @param {number} total
   */
  progress(name, done, total) {
    const { words } = this;
    if (total) this.bar.progress(`${words.prepare} ${name}, ${done} ${words.of} ${total}`, done, total);
  }

  done() {
    this.bar.done();
  }

  /**
   * It was stopped, or it failed: one sentence and, where that may help, the way to try again.
   * @param {string} sentence
   * @param {boolean} [again]
   */
  halted(sentence, again = true) {
    this.bar.halted(sentence, again ? this.words.again : "", () => this.act("again"));
    if (!again) this.root.querySelector(OBSTACLE)?.scrollIntoView({ block: "nearest" });
  }
}

/**
 * What speaks against the turn as a whole, and what it asks.
 * @param {Page.Plan} plan
 * @param {boolean} consent
 * @param {Pick<Options, "words" | "act" | "otherModel">} how
 * @returns {Array<import("../parts/draw.js").Child>}
 */
export function wholeOf(plan, consent, how) {
  const { words, act } = how;
  const warnings = plan.warnings.filter((each) => !plan.files.some((file) => file.warning === each));
  const onchange = (/** @type {any} */ { target }) => act("consent", null, target.checked);
  return [
    ...plan.refusals.map((refusal) => refusalOf(refusal, how)),
    ...warnings.map((warning) => h("p", { class: "mm-warning" }, warning)),
    plan.needs_consent &&
      h("label", { class: "mm-consent" }, h("input", { type: "checkbox", checked: consent, onchange }), words.consent),
  ];
}

/**
 * @param {Wire.ErrorTold} error
 * @param {Pick<Options, "words" | "act" | "otherModel">} how
 */
function refusalOf(error, { words, act, otherModel }) {
  const { way_out: wayOut, details } = error;
  const buttons = Object.entries(details?.instead ?? {}).map(([kind, way]) =>
    button(words.instead[kind], () => act("kinds", null, { [kind]: way })),
  );
  if (wayOut === "key") buttons.push(button(words.page_actions.key, () => act("key")));
  const other = ["provider", "model", "shorten"].includes(wayOut) && otherModel("image");
  if (other) buttons.push(button(`${words.use} ${other.label}`, () => act("model", null, other.value)));
  return refused(error, buttons);
}
