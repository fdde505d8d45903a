// The figures under an answer, as `Reply.metrics()` tells them. Pure: no page, no storage.

const SUMS = ["input", "output", "thinking", "answer", "cached", "cost", "cost_input", "cost_thinking", "cost_answer"];
const SPANS = ["thinking_seconds", "seconds", "retries"];

/** An answer that was gone on with took what both turns took; the window and the names are those of the later one. */
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

/** Figures of {value, estimated}; one that is not known is none. */
function sum(one, other) {
  const known = [one, other].filter((figure) => typeof figure?.value === "number");
  if (!known.length) return other ?? one ?? null;
  return {
    ...known.at(-1),
    value: known.reduce((total, { value }) => total + value, 0),
    estimated: known.some(({ estimated }) => estimated),
  };
}

/** Tokens of both in the seconds of both. */
function speed(before, now) {
  const turns = [before, now].filter(({ output, tokens_per_second: rate }) => output?.value && rate?.value);
  if (!turns.length) return now.tokens_per_second ?? null;
  const seconds = turns.reduce((total, { output, tokens_per_second: rate }) => total + output.value / rate.value, 0);
  const tokens = turns.reduce((total, { output }) => total + output.value, 0);
  return {
    ...turns.at(-1).tokens_per_second,
    value: tokens / seconds,
    estimated: turns.some(({ tokens_per_second: rate }) => rate.estimated),
  };
}
