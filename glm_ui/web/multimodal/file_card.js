// One file of the plan, described: what goes of it, what can be chosen about it, why it cannot go and the way out.
// Pure: what the person wants is told through `act`; no server, no state but what it is given.

import { bytes, count, seconds } from "../parts/locale.js";
import { h, iconButtonOf } from "../parts/draw.js";
import { pagesOf, textOf } from "./pages.js";
import { sentencesOf } from "../parts/sentences.js";

/** @type {Record<string, Array<string>>} */
const WAYS = {
  pdf: ["auto", "pictures", "text", "file"],
  document: ["auto", "text", "file"],
  video: ["auto", "frames", "file"],
};
/** @type {Record<string, Array<string>>} */
const OTHERWISE = { pdf: ["text", "pictures"], document: ["text"], video: ["frames"] };
const RATES = [0.25, 0.5, 1, 2, 4];
const MOST_TILES = 400;

/**
 * `ready`: the file as the plan has it, or as the last plan had it while another is made (`waiting`), or null.
 * `thumbnails`: page -> address of its picture. `hears`: whether a recording can be written down here.
 * @typedef {{
 *   file: Page.Chosen,
 *   ready: Wire.FileTold | null,
 *   waiting: boolean,
 *   thumbnails: Map<number | string, string>,
 *   words: any,
 *   act: (name: string, value?: any) => void,
 *   otherModel: (kind: string) => {label: string, value: string} | null,
 *   hears: boolean,
 *   open: boolean,
 *   onopen: (open: boolean) => void,
 * }} Card
 */

/** @param {Card} card */
export function fileCard(card) {
  const { file, ready, waiting, words, act } = card;
  const name = file.name || file.url || "";
  const state = waiting || !ready ? "waiting" : ready.refusal ? "refused" : "ready";
  return h(
    "li",
    { key: file.key, class: "mm-card", "data-state": state },
    h("div", { class: "mm-thumb" }, thumbnail(card)),
    h(
      "div",
      { class: "mm-card-body" },
      h(
        "div",
        { class: "mm-card-head" },
        h("strong", { title: name }, name),
        iconButtonOf("close", `${words.remove}: ${name}`, () => act("remove")),
      ),
      ready && said(ready, words),
      ready &&
        (ready.refusal
          ? [refusal(card, ready), ready.pages !== null && ready.pages > 1 && pages(card, ready)]
          : choices(card, ready)),
    ),
  );
}

/**
 * @param {Wire.FileTold} ready
 * @param {any} words
 */
const said = (ready, words) => [
  ...(ready.refusal ? [] : factsOf(ready, words)).map((line) => h("p", { class: "mm-facts" }, line)),
  ...ready.notes.map((note) => h("p", { class: "mm-quiet" }, note)),
  ready.warning && h("p", { class: "mm-warning" }, ready.warning),
];

/** @param {Card} card */
function thumbnail({ file, ready, thumbnails }) {
  const source = ready?.items.find(({ thumbnail: src }) => src)?.thumbnail ?? thumbnails.values().next().value;
  if (source) return h("img", { src: source, alt: "" });
  return h("span", {}, (file.name || "").split(".").at(-1)?.slice(0, 4));
}

/**
 * @param {Card} card
 * @param {Wire.FileTold} ready
 */
function choices(card, ready) {
  const { file, words, act } = card;
  const current = file.choices ?? {};
  const kind = kindOf(ready);
  /** @param {Page.Choices} chosen */
  const change = (chosen) => act("choose", chosen);
  const rows = [];
  if (WAYS[kind] && ready.sent_as !== "address")
    rows.push(
      label(
        words.send_as,
        select("way", WAYS[kind], current.send_as ?? "auto", (way) => words.ways[way], {
          "aria-label": words.send_as,
          onchange: (/** @type {any} */ { target }) => change({ send_as: target.value }),
        }),
      ),
    );
  if (ready.sent_as === "frames")
    rows.push(
      label(
        words.per_second,
        select("rate", RATES, current.per_second ?? 1, String, {
          onchange: (/** @type {any} */ { target }) => change({ per_second: Number(target.value) }),
        }),
      ),
      label(words.at_most, number("max_frames", current.max_frames ?? 32, 256, change)),
    );
  if (ready.pictures > 1)
    rows.push(
      label(words.pictures_of, number("pictures", current.pictures ?? 1, Math.min(64, ready.pictures), change)),
    );
  return [
    rows.length > 0 && h("div", { key: "choices", class: "mm-choices" }, ...rows),
    ready.pages !== null && ready.pages > 1 && ready.sent_as !== "file" && pages(card, ready),
  ];
}

/**
 * @template T
 * @param {string} key
 * @param {Array<T>} values
 * @param {T} now
 * @param {(value: T) => string} named
 * @param {Record<string, any>} more
 */
const select = (key, values, now, named, more) =>
  h(
    "select",
    { key, class: "mm-box", ...more },
    ...values.map((value) => h("option", { key: value, value: String(value), selected: value === now }, named(value))),
  );

/**
 * @param {"max_frames" | "pictures"} name
 * @param {number} value
 * @param {number} max
 * @param {(chosen: Page.Choices) => void} change
 */
function number(name, value, max, change) {
  const onchange = (/** @type {any} */ { target }) => {
    const wanted = Math.min(max, Math.max(1, Math.round(Number(target.value)) || 1));
    target.value = String(wanted);
    change({ [name]: wanted });
  };
  return h("input", {
    key: name,
    type: "number",
    class: "mm-box mm-number",
    value: String(value),
    min: 1,
    max,
    onchange,
  });
}

/**
 * Pages as text and as tiles.
 * @param {Card} card
 * @param {Wire.FileTold} ready
 */
function pages(card, ready) {
  const { file, words, act, open, onopen } = card;
  const box = h("input", {
    class: "mm-box",
    value: file.choices?.pages ?? "",
    placeholder: words.pages_hint,
    "aria-label": words.pages,
    onchange: (/** @type {any} */ { target }) => act("choose", { pages: target.value }),
  });
  const fold = h(
    "details",
    {
      class: "mm-pick",
      ontoggle: (/** @type {any} */ { target }) => target.open !== open && onopen(target.open),
    },
    h("summary", {}, `${words.pick_pages} · ${ready.picked.length} ${words.of} ${ready.pages}`),
    h("div", { class: "mm-tiles" }, ...(open ? tiles(card, ready) : [])),
  );
  return h("div", { key: "pages", class: "mm-pages" }, label(words.pages, box), fold);
}

/**
 * @param {Card} card
 * @param {Wire.FileTold} ready
 */
function tiles({ file, words, act, thumbnails }, ready) {
  const most = ready.pages ?? 0;
  const typed = file.choices?.pages ?? "";
  const picked = pagesOf(typed, most);
  const toggled = (/** @type {number} */ page) => {
    if (!typed.trim()) return new Set([page]);
    const next = new Set(picked);
    next[next.has(page) ? "delete" : "add"](page);
    return next;
  };
  return Array.from({ length: Math.min(most, MOST_TILES) }, (_, i) => i + 1).map((page) => {
    const known = thumbnails.get(page);
    return h(
      "button",
      {
        key: page,
        type: "button",
        class: "mm-tile",
        "aria-pressed": String(picked.has(page)),
        "aria-label": `${words.pages} ${page}`,
        onclick: () =>
          act("choose", {
            pages: textOf(toggled(page), most),
            send_as: file.choices?.send_as === "text" ? "text" : "pictures",
          }),
      },
      known && h("img", { src: known, alt: "" }),
      h("span", {}, String(page)),
    );
  });
}

/**
 * Why a file cannot go, and the ways out.
 * @param {Pick<Card, "file" | "words" | "act" | "otherModel" | "hears">} card
 * @param {Wire.FileTold} ready
 */
export function refusal(card, ready) {
  const { words, act } = card;
  const { what, details } = /** @type {Wire.ErrorTold} */ (ready.refusal);
  if (details?.needs === "password")
    return h("div", { class: "mm-refusal", role: "alert" }, h("p", {}, what), passwordForm(words, act));
  return refused(/** @type {Wire.ErrorTold} */ (ready.refusal), waysOut(card, ready));
}

/**
 * @param {Wire.ErrorTold} error
 * @param {Array<import("../parts/draw.js").Description>} buttons
 */
export const refused = ({ what, why, todo }, buttons) =>
  h(
    "div",
    { class: "mm-refusal", role: "alert" },
    h("p", {}, h("strong", {}, what), sentencesOf(what, why, todo).slice(what.length)),
    buttons.length > 0 && h("div", { class: "mm-buttons" }, ...buttons),
  );

/**
 * @param {Pick<Card, "file" | "words" | "act" | "otherModel" | "hears">} card
 * @param {Wire.FileTold} ready
 */
function waysOut({ file, words, act, otherModel, hears }, ready) {
  const way = ready.refusal?.way_out ?? "";
  const kind = kindOf(ready);
  const now = file.choices?.send_as ?? "auto";
  const buttons = [];
  if (now === "file" || (kind === "pdf" && !way.startsWith("files")))
    for (const other of (OTHERWISE[kind] ?? []).filter((each) => each !== now)) {
      const chosen = { send_as: other, ...(other === "text" && { pages: file.choices?.pages ?? "" }) };
      buttons.push(button(words.otherwise[other], () => act("choose", chosen)));
    }
  if (way === "files") buttons.push(button(words.page_actions.files, () => act("files")));
  if (way === "transcribe" && hears && file.id) buttons.push(button(words.transcribe, () => act("transcribe")));
  // What no loader reads, no other model takes.
  const other =
    ready.kind && (["model", "provider", "transcribe"].includes(way) || now === "file") && otherModel(ready.kind);
  if (other) buttons.push(button(`${words.use} ${other.label}`, () => act("model", other.value)));
  return buttons;
}

/**
 * @param {any} words
 * @param {Card["act"]} act
 */
function passwordForm(words, act) {
  const onsubmit = (/** @type {any} */ event) => {
    event.preventDefault();
    const [box] = event.target.elements;
    if (box.value) act("password", box.value);
    box.value = "";
  };
  return h(
    "form",
    { class: "mm-line", onsubmit },
    h("input", {
      type: "password",
      class: "mm-box",
      "aria-label": words.password,
      placeholder: words.password,
      autocomplete: "off",
    }),
    h("button", { type: "submit", class: "small-button chip-action" }, words.open),
  );
}

/** @param {Wire.FileTold} ready */
const kindOf = ({ format, kind }) => (format === "pdf" ? "pdf" : (kind ?? ""));

/**
 * @param {string} text
 * @param {() => void} onclick
 */
export const button = (text, onclick) =>
  h("button", { key: text, type: "button", class: "small-button chip-action", onclick }, text);

/**
 * @param {string} text
 * @param {import("../parts/draw.js").Description} control
 */
const label = (text, control) => h("label", { key: text, class: "mm-label" }, h("span", {}, text), control);

/**
 * What goes, in one or two lines: "JPEG · 4000×3000 · 5.2 MB → 2048×1536 · 1.1 MB", "1,204 tokens".
 * @param {Wire.FileTold} ready
 * @param {any} words
 */
function factsOf(ready, words) {
  const items = ready.items;
  const before = [
    ready.original_size && size(ready.original_size),
    ready.pages && words.of_pages[ready.pages === 1 ? 0 : 1].replace("{n}", count(ready.pages)),
    ready.seconds && seconds(ready.seconds, 1),
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

/** @param {[number, number]} size */
const size = ([width, height]) => `${width}×${height}`;
