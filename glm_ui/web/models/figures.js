// A figure with its sources, drawn: the value, and below it where it was read. No decisions, no network.

import { el } from "../parts/dom.js";
import { count, listed } from "../parts/locale.js";
import { tokens, usd } from "./rows.js";

/**
 * The tab's words, with those that came with its rows: `groups`, and what is said of a price at "provider:host".
 * @typedef {Wire.Words["models"] & {groups: Record<string, string>, at_provider: (key: string) => string}} Words
 */

const SIZES = new Set(["window", "max_output"]);

/**
 * The value of a point ("window", "inputs", "price_input", ...) in words.
 * @param {string} point
 * @param {import("./rows.js").Value | undefined} value
 * @param {Words} words
 */
export function told(point, value, words) {
  if (value === null || value === undefined) return words.unknown;
  if (Array.isArray(value)) return listed(value.map((kind) => words.kinds[kind] ?? kind)) || words.unknown;
  if (typeof value === "boolean") return value ? words.yes : words.no;
  if (point === "thinking") return words.thinking[String(value)] ?? String(value);
  if (SIZES.has(point) && typeof value === "number") return `${tokens(value)} (${count(value)})`;
  if (point.startsWith("price_") && typeof value === "number") return usd(value, words.free);
  return String(value);
}

/**
 * One source in a line: its title (a link where it has an address), its date and its note.
 * @param {Wire.SourceTold} from
 * @param {Words} words
 * @param {string | null} [point] whose value is said too
 */
export function source({ title, url, date, note, provider, value }, words, point) {
  const name = url ? el("a", { href: url, target: "_blank", rel: "noopener noreferrer" }, title) : title;
  const more = [provider && words.at_provider(provider), date, note].filter(Boolean).join(", ");
  const lead = point && value !== undefined ? `${told(point, value, words)} · ` : "";
  return el("li", {}, lead, name, more ? `, ${more}` : "");
}

/**
 * The sources of a figure: one in a line, several behind a count.
 * @param {Wire.FigureTold} figure
 * @param {Words} words
 * @param {string} point
 */
export function sources(figure, words, point) {
  const list = figure.sources;
  if (!list.length) return null;
  const items = el(
    "ul",
    { class: "sources" },
    ...list.map((one) => source(one, words, list.some((s) => s.value !== undefined) ? point : null)),
  );
  if (list.length === 1) return el("ul", { class: "sources" }, source(list[0], words));
  return el("details", { class: "sources-fold" }, el("summary", {}, `${list.length} ${words.sources}`), items);
}
