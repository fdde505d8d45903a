// @ts-nocheck
// The rows of the Models table: search, filter, sort, and what a cell says. Pure; no page and no network enters here.
// The search is that of `model_rows.py`; a test holds the two to each other.

/** What all spellings share: "GLM_4.6" and "glm4.6" -> "glm-4-6". */
export function fold(text) {
  return text
    .toLowerCase()
    .replace(/[^a-z0-9\u0080-\uffff]+/g, "-")
    .replace(/(?<=[a-z])(?=[0-9])|(?<=[0-9])(?=[a-z])/g, "-")
    .replace(/^-+|-+$/g, "");
}

export const wordsOf = (query) => query.split(/\s+/).map(fold).filter(Boolean);

export const holds = (row, words) => words.every((word) => row.find.includes(word));

/** 131072 -> "128K", 200000 -> "200K", 1048576 -> "1M". */
export function tokens(value) {
  if (typeof value !== "number") return value ? String(value) : "";
  if (value >= 1_000_000) return `${Math.floor(value / 1_000_000)}M`;
  if (value % 1000 === 0) return `${value / 1000}K`;
  return value % 1024 === 0 ? `${value / 1024}K` : value.toLocaleString("en-US");
}

export const usd = (value) => (value === 0 ? "free" : `$${value}`);

const value = (row, figure) => row.figures[figure]?.value ?? null;

/** Who the provider-bound cells speak of: the one that is filtered for, else the row's own. */
export const shownAt = (row, provider) => (provider && row.wire_ids[provider] ? provider : row.provider);

export function inputsAt(row, provider) {
  return row.inputs_at[shownAt(row, provider)] ?? value(row, "inputs") ?? [];
}

/** {value, provider}: the price there, or, where none is known there and none was asked for, the first known one. */
export function priceAt(row, side, provider) {
  const figure = row.figures[side];
  if (!figure) return { value: null, provider: null };
  const at = shownAt(row, provider);
  const own = Object.entries(figure.by_provider).find(([key, price]) => key.split(":")[0] === at && price !== null);
  if (own) return { value: own[1], provider: own[0] };
  return provider ? { value: null, provider } : { value: figure.value, provider: figure.provider };
}

// --- columns: how a cell is read, sorted and shown --------------------------------------------------------------

const plain = (figure) => ({ of: (row) => value(row, figure) });
const size = (figure) => ({ of: (row) => value(row, figure), show: tokens, number: true });
const price = (side) => ({ of: (row, provider) => priceAt(row, side, provider).value, show: usd, number: true });
const yes = (figure) => ({ of: (row) => value(row, figure), yes: true });

export const COLUMNS = {
  name: { of: (row) => row.name },
  model: { of: (row) => row.model_name },
  id: { of: (row, provider) => row.wire_ids[shownAt(row, provider)] ?? null, code: true },
  table_released: plain("table_released"),
  table_context: plain("table_context"),
  table_parameters: plain("table_parameters"),
  vision: yes("vision"),
  multimodal: yes("multimodal"),
  function_calling: yes("function_calling"),
  tool_use: yes("tool_use"),
  structured_outputs: yes("structured_outputs"),
  code_execution: yes("code_execution"),
  use_when: { ...plain("use_when"), wide: true },
  table_status: plain("table_status"),
  window: size("window"),
  output: size("max_output"),
  inputs: { of: (row, provider) => inputsAt(row, provider), list: true },
  thinking: { of: (row) => value(row, "thinking"), word: true },
  tools: yes("tools"),
  price_input: price("price_input"),
  price_output: price("price_output"),
  price_cached: price("price_cached"),
  released: plain("released"),
  source: { of: (row) => sourceOf(row), source: true },
};

const OF_THE_FAMILY = [
  "table_released",
  "table_context",
  "table_parameters",
  "vision",
  "multimodal",
  "function_calling",
  "tool_use",
  "structured_outputs",
  "code_execution",
  "use_when",
  "table_status",
];

/** The columns of a group: the family's own ones are shown for the family alone. */
export const columnsOf = (group) =>
  Object.keys(COLUMNS).filter((column) => group === "family" || !OF_THE_FAMILY.includes(column));

const OWN = { alias: "target", family: "table_released", model: "window" };

/** The key of the source that the row as such comes from. */
export function sourceOf(row) {
  return row.figures[OWN[row.kind]]?.sources[0] ?? row.figures.inputs?.sources[0] ?? null;
}

// --- filters ------------------------------------------------------------------------------------------------------

const KINDS = {
  switch: ["switch", "switch+effort"],
  effort: ["effort", "switch+effort"],
  forced: ["forced"],
  none: ["none"],
  unknown: ["unknown"],
};

export const FILTERS = {
  group: (row, wanted) => row.group === wanted,
  provider: (row, wanted) => wanted in row.wire_ids,
  input: (row, wanted, at) => inputsAt(row, at).includes(wanted),
  thinking: (row, wanted) => KINDS[wanted].includes(value(row, "thinking")),
  tools: (row, wanted) => String(value(row, "tools")) === wanted,
  window: (row, wanted) => (value(row, "window") ?? 0) >= Number(wanted),
  price: (row, wanted, at) => {
    const cost = priceAt(row, "price_input", at).value;
    return cost !== null && cost <= Number(wanted);
  },
};

/** The rows that hold every word of the query and pass every filter that is set. */
export function select(rows, query, filters) {
  const words = wordsOf(query);
  const set = Object.entries(filters).filter(([, wanted]) => wanted);
  return rows.filter(
    (row) => holds(row, words) && set.every(([name, wanted]) => FILTERS[name](row, wanted, filters.provider)),
  );
}

/** A sorted copy; unknown comes last whichever way. Without a column: as they come, a name that was typed first. */
export function sort(rows, column, down, { query = "", provider = "" } = {}) {
  if (!column) {
    const typed = fold(query);
    const rank = (row) => (!typed ? 0 : fold(row.name) === typed ? -2 : fold(row.name).startsWith(typed) ? -1 : 0);
    return rows.toSorted((a, b) => rank(a) - rank(b));
  }
  const { of } = COLUMNS[column];
  const key = (row) => {
    const it = of(row, provider);
    return Array.isArray(it) ? it.length : it;
  };
  return rows.toSorted((a, b) => compare(key(a), key(b), down ? -1 : 1));
}

function compare(a, b, way) {
  if (a === null || b === null) return (a === null) - (b === null);
  if (typeof a === "string" && typeof b === "string") return way * a.localeCompare(b, "en", { numeric: true });
  return way * (a - b);
}
