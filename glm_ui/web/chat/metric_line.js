// The muted line below an answer: what answered, how fast, what it took.

import { el } from "../parts/dom.js";
import { count, seconds, speed, usd } from "../parts/locale.js";

/**
 * A figure as text, with a mark where it is estimated; null where it is not known.
 * @param {Wire.MeasuredFigure | null | undefined} metric
 * @param {(value: number) => string} format
 */
export const about = (metric, format) =>
  metric?.value === undefined || metric?.value === null ? null : (metric.estimated ? "≈ " : "") + format(metric.value);

/**
 * @param {Page.Metrics} m
 * @param {Wire.Words} words
 */
export function metricLine(m, words) {
  /** @type {Array<[string, string | null | undefined]>} */
  const items = [
    [words.m_model, m.model],
    [words.m_first, typeof m.ttft === "number" ? seconds(m.ttft, 2) : null],
    [words.m_speed, about(m.tokens_per_second, (v) => `${speed(v)} ${words.per_second}`)],
    [words.m_in, about(m.input, (v) => `${count(v)} ${words.in}`)],
    [words.m_out, about(m.output, (v) => `${count(v)} ${words.out}`)],
    [words.m_thinking, m.thinking?.value ? about(m.thinking, (v) => `${count(v)} ${words.m_thinking_short}`) : null],
    [words.m_cached, m.cached?.value ? about(m.cached, (v) => `${count(v)} ${words.cached}`) : null],
    [words.m_cost, about(m.cost, usd)],
  ];
  const line = items.flatMap(([title, value]) => (value ? el("span", { class: "metric", title }, value) : []));
  const used = m.window_used?.value;
  return m.window && used ? [...line, gauge(used, m.window, words)] : line;
}

/**
 * How much of the model's window is used, in tokens.
 * @param {number} used
 * @param {number} whole
 * @param {Wire.Words} words
 */
function gauge(used, whole, words) {
  const share = Math.min(1, used / whole);
  const title = `${words.m_window}: ${count(used)} / ${count(whole)} ${words.tokens}`;
  const fill = el("span", { class: share > 0.9 ? "fill full" : "fill" });
  fill.style.width = `${Math.max(2, share * 100)}%`;
  return el("span", { class: "gauge", title, role: "img", "aria-label": title }, fill);
}
