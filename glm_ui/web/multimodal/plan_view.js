// @ts-nocheck
// The plan of the next turn: each file as it will go, what can be chosen about it, what cannot go and the way out,
// the whole against the model's window. Draws what it is given and tells what the person wants; asks no server.

import { count, el, iconButton } from "../parts/dom.js";
import { pagesOf, textOf } from "./pages.js";
import { ProgressBar } from "./progress_bar.js";

const WAYS = {
  pdf: ["auto", "pictures", "text", "file"],
  document: ["auto", "text", "file"],
  video: ["auto", "frames", "file"],
};
const OTHERWISE = { pdf: ["text", "pictures"], document: ["text"], video: ["frames"] };
const RATES = [0.25, 0.5, 1, 2, 4];
const MOST_TILES = 400;

export class PlanView {
  /** `act(name, file, value)`: remove, choose, model, provider, files, password, stop, again, consent, key, transcribe. */
  constructor(root, { words, act, otherModel, hears }) {
    Object.assign(this, { root, words, act, otherModel, hears });
    this.cards = el("ul", { class: "mm-cards" });
    this.bar = new ProgressBar({ stop: words.stop, onstop: () => this.act("stop") });
    this.total = el("div", { class: "mm-total" });
    this.whole = el("div", { class: "mm-whole" });
    this.rest = el("div", { class: "mm-rest" });
    this.root.replaceChildren(this.cards, this.bar.root, this.whole, this.rest, this.total);
    // The total stays in sight above the composer, which grows with what is typed.
    new ResizeObserver(([{ target }]) => root.style.setProperty("--glm-composer", `${target.offsetHeight}px`)).observe(
      document.querySelector("#mm-input"),
    );
    this.thumbnails = new Map();
    this.open = new Set();
  }

  /** `files` as the person chose them, `plan` as the server made it (or null), `earlier` names that go again. */
  draw({ files, plan, earlier, consent }) {
    const focused = this.root.contains(document.activeElement) ? document.activeElement.dataset.key : null;
    for (const key of [...this.thumbnails.keys()])
      if (!files.some((file) => file.key === key)) this.thumbnails.delete(key);
    plan?.files.forEach((ready, i) => files[i] && this.#remember(files[i], ready));
    this.cards.replaceChildren(...files.map((file, i) => this.#card(file, plan?.files[i])));
    this.#drawWhole(plan, consent);
    this.rest.replaceChildren(
      ...(earlier.length
        ? [el("p", { class: "mm-quiet" }, `${this.words.in_conversation}: ${earlier.join(", ")}`)]
        : []),
    );
    if (focused) this.root.querySelector(`[data-key="${CSS.escape(focused)}"]`)?.focus();
  }

  // --- one file ------------------------------------------------------------------------------------------------

  #card(file, ready) {
    const { words } = this;
    const name = file.name || file.url;
    const body = el(
      "div",
      { class: "mm-card-body" },
      el(
        "div",
        { class: "mm-card-head" },
        el("strong", { title: name }, name),
        iconButton("close", `${words.remove}: ${name}`, () => this.act("remove", file)),
      ),
    );
    const card = el(
      "li",
      { class: "mm-card", "data-state": !ready ? "waiting" : ready.refusal ? "refused" : "ready" },
      el("div", { class: "mm-thumb" }, ...this.#thumbnail(file, ready)),
      body,
    );
    if (!ready) return card;
    for (const line of ready.refusal ? [] : factsOf(ready, words)) body.append(el("p", { class: "mm-facts" }, line));
    for (const note of ready.notes) body.append(el("p", { class: "mm-quiet" }, note));
    if (ready.warning) body.append(el("p", { class: "mm-warning" }, ready.warning));
    if (ready.refusal) {
      body.append(this.#refusal(file, ready));
      if (ready.pages > 1) body.append(this.#pages(file, ready, (choices) => this.act("choose", file, choices)));
    } else body.append(...this.#choices(file, ready));
    return card;
  }

  #thumbnail(file, ready) {
    const source =
      ready?.items?.find(({ thumbnail }) => thumbnail)?.thumbnail ??
      this.thumbnails.get(file.key)?.values().next().value;
    if (source) return [el("img", { src: source, alt: "" })];
    const ending = (file.name || "").split(".").at(-1).slice(0, 4);
    return [el("span", {}, ending)];
  }

  #remember(file, ready) {
    if (!this.thumbnails.has(file.key)) this.thumbnails.set(file.key, new Map());
    ready.items.forEach(
      (item, i) => item.thumbnail && this.thumbnails.get(file.key).set(ready.picked[i] ?? `at ${i}`, item.thumbnail),
    );
  }

  #choices(file, ready) {
    const { words } = this;
    const kind = kindOf(ready);
    const rows = [];
    const change = (choices) => this.act("choose", file, choices);
    const current = file.choices ?? {};
    if (WAYS[kind] && ready.sent_as !== "address") {
      const now = current.send_as ?? "auto";
      const select = el(
        "select",
        {
          class: "mm-box",
          "data-key": `${file.key}-way`,
          "aria-label": words.send_as,
          onchange: (e) => change({ send_as: e.target.value }),
        },
        ...WAYS[kind].map((way) => el("option", { value: way, selected: way === now }, words.ways[way])),
      );
      rows.push(label(words.send_as, select));
    }
    if (ready.sent_as === "frames") {
      const rate = el(
        "select",
        {
          class: "mm-box",
          "data-key": `${file.key}-rate`,
          onchange: (e) => change({ per_second: Number(e.target.value) }),
        },
        ...RATES.map((each) =>
          el("option", { value: each, selected: each === (current.per_second ?? 1) }, String(each)),
        ),
      );
      rows.push(
        label(words.per_second, rate),
        label(words.at_most, number(file, "max_frames", current.max_frames ?? 32, 256, change)),
      );
    }
    if (ready.pictures > 1)
      rows.push(
        label(words.pictures_of, number(file, "pictures", current.pictures ?? 1, Math.min(64, ready.pictures), change)),
      );
    const made = rows.length ? [el("div", { class: "mm-choices" }, ...rows)] : [];
    if (ready.pages > 1 && ready.sent_as !== "file") made.push(this.#pages(file, ready, change));
    return made;
  }

  #pages(file, ready, change) {
    const { words } = this;
    const typed = file.choices?.pages ?? "";
    const box = el("input", {
      class: "mm-box",
      value: typed,
      placeholder: words.pages_hint,
      "aria-label": words.pages,
      "data-key": `${file.key}-pages`,
      onchange: (e) => change({ pages: e.target.value }),
    });
    const tiles = el("div", { class: "mm-tiles" });
    const fold = el(
      "details",
      { class: "mm-pick" },
      el(
        "summary",
        { "data-key": `${file.key}-pick` },
        `${words.pick_pages} · ${ready.picked.length} ${words.of} ${ready.pages}`,
      ),
      tiles,
    );
    fold.open = this.open.has(file.key);
    const fill = () => fold.open && tiles.replaceChildren(...this.#tiles(file, ready, change));
    fold.addEventListener("toggle", () => {
      this.open[fold.open ? "add" : "delete"](file.key);
      fill();
    });
    fill();
    return el("div", { class: "mm-pages" }, label(words.pages, box), fold);
  }

  #tiles(file, ready, change) {
    const { words } = this;
    const picked = pagesOf(file.choices?.pages ?? "", ready.pages);
    const all = !(file.choices?.pages ?? "").trim();
    return Array.from({ length: Math.min(ready.pages, MOST_TILES) }, (_, i) => i + 1).map((page) => {
      const known = this.thumbnails.get(file.key)?.get(page);
      const toggle = () => {
        const next = all ? new Set([page]) : new Set(picked);
        if (!all) next[next.has(page) ? "delete" : "add"](page);
        change({ pages: textOf(next, ready.pages), send_as: file.choices?.send_as === "text" ? "text" : "pictures" });
      };
      const mark = picked.has(page);
      return el(
        "button",
        {
          type: "button",
          class: "mm-tile",
          "aria-pressed": String(mark),
          "aria-label": `${words.pages} ${page}`,
          "data-key": `${file.key}-page-${page}`,
          onclick: toggle,
        },
        known ? el("img", { src: known, alt: "" }) : null,
        el("span", {}, String(page)),
      );
    });
  }

  #refusal(file, ready) {
    const { words } = this;
    const { what, why, todo, way_out: wayOut, details } = ready.refusal;
    const buttons = [];
    const kind = kindOf(ready);
    if (details?.needs === "password")
      return el("div", { class: "mm-refusal", role: "alert" }, el("p", {}, what), this.#passwordForm(file));
    const now = file.choices?.send_as ?? "auto";
    if (now === "file" || (kind === "pdf" && !wayOut?.startsWith("files")))
      for (const way of OTHERWISE[kind] ?? [])
        if (way !== now)
          buttons.push(
            button(words.otherwise[way], () =>
              this.act("choose", file, { send_as: way, ...(way === "text" && { pages: file.choices?.pages ?? "" }) }),
            ),
          );
    if (wayOut === "files") buttons.push(button(words.actions.files, () => this.act("files", file)));
    if (wayOut === "transcribe") buttons.push(...this.#transcribe(file));
    // What no loader reads, no other model takes.
    if (ready.kind && (["model", "provider", "transcribe"].includes(wayOut) || now === "file")) {
      const other = this.otherModel(ready.kind);
      if (other) buttons.push(button(`${words.use} ${other.label}`, () => this.act("model", file, other.value)));
    }
    return el(
      "div",
      { class: "mm-refusal", role: "alert" },
      el("p", {}, el("strong", {}, what), ` ${[why, todo].filter(Boolean).join(" ")}`),
      buttons.length ? el("div", { class: "mm-buttons" }, ...buttons) : null,
    );
  }

  /** Only where a key allows it. */
  #transcribe(file) {
    return this.hears() && file.id ? [button(this.words.transcribe, () => this.act("transcribe", file))] : [];
  }

  #passwordForm(file) {
    const { words } = this;
    const box = el("input", {
      type: "password",
      class: "mm-box",
      "aria-label": words.password,
      placeholder: words.password,
      autocomplete: "off",
      "data-key": `${file.key}-password`,
    });
    const form = el(
      "form",
      { class: "mm-line" },
      box,
      el("button", { type: "submit", class: "chip-action" }, words.open),
    );
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      if (box.value) this.act("password", file, box.value);
      box.value = "";
    });
    return form;
  }

  // --- the whole turn ------------------------------------------------------------------------------------------

  #drawWhole(plan, consent) {
    const { words } = this;
    this.total.replaceChildren(...(plan ? this.#tokens(plan) : []));
    if (!plan) return this.whole.replaceChildren();
    const made = [];
    for (const refusal of plan.refusals) made.push(this.#wholeRefusal(refusal));
    for (const warning of plan.warnings.filter((each) => !plan.files.some((file) => file.warning === each)))
      made.push(el("p", { class: "mm-warning" }, warning));
    if (plan.needs_consent) {
      const box = el("input", {
        type: "checkbox",
        "data-key": "consent",
        onchange: (e) => this.act("consent", null, e.target.checked),
      });
      box.checked = consent;
      made.push(el("label", { class: "mm-consent" }, box, words.consent));
    }
    this.whole.replaceChildren(...made);
  }

  /** What the turn takes of the model's window. */
  #tokens(plan) {
    const { words } = this;
    const tokens = plan.visual_tokens + plan.text_tokens + plan.taken;
    if (plan.window) {
      const share = tokens / plan.window;
      const part = (kind, value) => {
        const fill = el("span", { class: `mm-part ${kind}` });
        fill.style.width = `${Math.min(100, (value / plan.window) * 100)}%`;
        return fill;
      };
      const said = `≈ ${count(tokens)} ${words.of} ${count(plan.window)} ${words.tokens}${plan.visual_tokens ? ` · ${count(plan.visual_tokens)} ${words.visual_tokens}` : ""}`;
      const bar = el(
        "div",
        { class: `mm-window${share > 1 ? " over" : ""}`, role: "img", "aria-label": said },
        part("taken", plan.taken),
        part("text", plan.text_tokens),
        part("visual", plan.visual_tokens),
      );
      return [bar, el("p", { class: "mm-quiet mm-tokens" }, said)];
    }
    return [el("p", { class: "mm-quiet mm-tokens" }, `≈ ${count(tokens)} ${words.tokens}. ${words.window_unknown}`)];
  }

  #wholeRefusal({ what, why, todo, way_out: wayOut, details }) {
    const { words } = this;
    const buttons = Object.entries(details?.instead ?? {}).map(([kind, way]) =>
      button(words.instead[kind], () => this.act("kinds", null, { [kind]: way })),
    );
    if (wayOut === "key") buttons.push(button(words.page_actions.key, () => this.act("key")));
    const other = ["provider", "model", "shorten"].includes(wayOut) && this.otherModel("image", wayOut === "shorten");
    if (other) buttons.push(button(`${words.use} ${other.label}`, () => this.act("model", null, other.value)));
    return el(
      "div",
      { class: "mm-refusal", role: "alert" },
      el("p", {}, el("strong", {}, what), ` ${[why, todo].filter(Boolean).join(" ")}`),
      buttons.length ? el("div", { class: "mm-buttons" }, ...buttons) : null,
    );
  }

  // --- while it is being made ------------------------------------------------------------------------------------

  working() {
    this.bar.working(`${this.words.prepare}…`);
  }

  progress(name, done, total) {
    const { words } = this;
    if (total) this.bar.progress(`${words.prepare} ${name}, ${done} ${words.of} ${total}`, done, total);
  }

  done() {
    this.bar.done();
  }

  /** It was stopped, or it failed: one sentence and the way to try again. */
  halted(sentence) {
    this.bar.halted(sentence, this.words.again, () => this.act("again"));
  }
}

const kindOf = ({ format, kind }) => (format === "pdf" ? "pdf" : kind);
const button = (text, onclick) => el("button", { type: "button", class: "chip-action", onclick }, text);
const label = (text, control) => el("label", { class: "mm-label" }, el("span", {}, text), control);

function number(file, name, value, max, change) {
  return el("input", {
    type: "number",
    class: "mm-box mm-number",
    value,
    min: 1,
    max,
    "data-key": `${file.key}-${name}`,
    onchange: (e) => change({ [name]: Math.min(max, Math.max(1, Math.round(Number(e.target.value)) || 1)) }),
  });
}

/** What goes, in one or two lines: "JPEG · 4000×3000 · 5.2 MB → 2048×1536 · 1.1 MB", "1,204 tokens". */
function factsOf(ready, words) {
  const items = ready.items;
  const before = [
    ready.original_size && size(ready.original_size),
    ready.pages && `${count(ready.pages)} ${ready.pages === 1 ? "page" : "pages"}`,
    ready.seconds && `${ready.seconds.toFixed(1)} s`,
    ready.original_bytes && bytes(ready.original_bytes),
  ].filter(Boolean);
  const one = items.length === 1 ? items[0] : null;
  const after = [
    one ? (one.size ? size(one.size) : words.sent[ready.sent_as]) : `${items.length} ${words.sent[ready.sent_as]}`,
    ready.sent_bytes && bytes(ready.sent_bytes),
  ].filter(Boolean);
  const lines = [`${before.join(" · ")}${before.length ? " → " : ""}${after.join(" · ")}`];
  if (ready.tokens) lines.push(`≈ ${count(ready.tokens)} ${words.tokens}`);
  return lines;
}

const size = ([width, height]) => `${width}×${height}`;

export function bytes(value) {
  if (value < 1024) return `${value}\u00a0B`;
  if (value < 1024 * 1024) return `${(value / 1024).toFixed(value < 10240 ? 1 : 0)}\u00a0KB`;
  return `${(value / 1024 / 1024).toFixed(1)}\u00a0MB`;
}
