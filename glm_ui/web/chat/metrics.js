// The figures under an answer, as `Reply.metrics()` tells them. Pure: no page, no storage.

const SUMS = /** @type {const} */ ([
  "input",
  "output",
  "thinking",
  "answer",
  "cached",
  "cost",
  "cost_input",
  "cost_thinking",
  "cost_answer",
]);
const SPANS = /** @type {const} */ (["thinking_seconds", "seconds", "retries"]);

/**
 * An answer that was gone on with took what both turns took; the window and the names are those of the later one.
 * @param {Page.Metrics | null | undefined} before
 * @param {Wire.Metrics} now
 * @returns {Wire.Metrics}
 */
export function added(before, now) {
  if (!before) return now;
  const sums = SUMS.map((name) => [name, sum(before[name], now[name])]);
  const spans = SPANS.map((name) => [name, (before[name] ?? 0) + (now[name] ?? 0)]);
  return {
    ...now,
    ...Object.fromEntries([...sums, ...spans]),
    ttft: before.ttft ?? now.ttft,
    tokens_per_second: speed(before, now),
  };
}

/**
 * Figures of {value, estimated}; one that is not known is none.
 * @param {Wire.MeasuredFigure | null | undefined} one
 * @param {Wire.MeasuredFigure | null | undefined} other
 * @returns {Wire.MeasuredFigure | null}
 */
function sum(one, other) {
  const known = [one, other].flatMap((figure) => (typeof figure?.value === "number" ? [figure] : []));
  if (!known.length) return other ?? one ?? null;
  return {
    ...known[known.length - 1],
    value: known.reduce((total, { value }) => total + value, 0),
    estimated: known.some(({ estimated }) => estimated),
  };
}

/**
 * Tokens of both in the seconds of both.
 * @param {Page.Metrics} before
 * @param {Wire.Metrics} now
 * @returns {Wire.MeasuredFigure | null}
 */
function speed(before, now) {
  const turns = [before, now].flatMap(({ output, tokens_per_second: rate }) =>
    output?.value && rate?.value ? [{ output, rate }] : [],
  );
  if (!turns.length) return now.tokens_per_second ?? null;
  const seconds = turns.reduce((total, { output, rate }) => total + output.value / rate.value, 0);
  const tokens = turns.reduce((total, { output }) => total + output.value, 0);
  return {
    ...turns[turns.length - 1].rate,
    value: tokens / seconds,
    estimated: turns.some(({ rate }) => rate.estimated),
  };
}
