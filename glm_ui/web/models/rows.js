// The rows of the Models table: search, filter, sort, and what a cell says. Pure; no page and no network enters here.
// The search is that of `model_rows.py`; a test holds the two to each other.

import { count, listPrice } from "../parts/locale.js";

/**
 * @typedef {Wire.RowTold} Row
 * @typedef {Wire.RowFigure["value"]} Value null is unknown
 */

/**
 * What all spellings share: "GLM_4.6" and "glm4.6" -> "glm-4-6".
 * @param {string} text
 */
export function fold(text) {
  return text
    .toLowerCase()
    .replace(/[^a-z0-9\u0080-\uffff]+/g, "-")
    .replace(/(?<=[a-z])(?=[0-9])|(?<=[0-9])(?=[a-z])/g, "-")
    .replace(/^-+|-+$/g, "");
}

/** @param {string} query */
export const wordsOf = (query) => query.split(/\s+/).map(fold).filter(Boolean);

/**
 * @param {Pick<Row, "find">} row
 * @param {Array<string>} words
 */
export const holds = (row, words) => words.every((word) => row.find.includes(word));

/**
 * 131072 -> "128K", 200000 -> "200K", 1048576 -> "1M".
 * @param {Value} value
 */
export function tokens(value) {
  if (typeof value !== "number") return value ? String(value) : "";
  if (value >= 1_000_000) return `${Math.floor(value / 1_000_000)}M`;
  if (value % 1000 === 0) return `${value / 1000}K`;
  return value % 1024 === 0 ? `${value / 1024}K` : count(value);
}

/**
 * @param {Value} value
 * @param {string} [free] the word for nothing
 */
export const usd = (value, free = "free") => (value === 0 ? free : listPrice(Number(value)));

/**
 * @param {Row} row
 * @param {string} figure
 */
const value = (row, figure) => row.figures[figure]?.value ?? null;

/**
 * Who the provider-bound cells speak of: the one that is filtered for, else the row's own; "" where it has none.
 * @param {Row} row
 * @param {string} provider
 */
export const shownAt = (row, provider) => (provider && row.wire_ids[provider] ? provider : (row.provider ?? ""));

/**
 * @param {Row} row
 * @param {string} provider
 */
export function inputsAt(row, provider) {
  const inputs = row.inputs_at[shownAt(row, provider)] ?? value(row, "inputs");
  return Array.isArray(inputs) ? inputs : [];
}

/**
 * {value, provider}: the price there, or, where none is known there and none was asked for, the first known one.
 * @param {Row} row
 * @param {string} side the figure: price_input, price_output, price_cached
 * @param {string} provider
 */
export function priceAt(row, side, provider) {
  const figure = row.figures[side];
  if (!figure) return { value: null, provider: null };
  const at = shownAt(row, provider);
  const own = Object.entries(figure.by_provider ?? {}).find(
    ([key, price]) => key.split(":")[0] === at && price !== null,
  );
  if (own) return { value: own[1], provider: own[0] };
  return provider ? { value: null, provider } : { value: figure.value, provider: figure.provider };
}

// --- columns: how a cell is read, sorted and shown --------------------------------------------------------------

/**
 * How a cell is read; `show` makes a text of a value that is known. The others say what it is: a number, an id as it is
 * written, a word of the table, yes or no, the key of a source, or long.
 * @typedef {object} Column
 * @property {(row: Row, provider: string) => Value} of
 * @property {(value: Value, free?: string) => string} [show]
 * @property {boolean} [number]
 * @property {boolean} [code]
 * @property {boolean} [word]
 * @property {boolean} [yes]
 * @property {boolean} [source]
 * @property {boolean} [wide]
 */

/**
 * @param {string} figure
 * @returns {Column}
 */
const plain = (figure) => ({ of: (row) => value(row, figure) });
/**
 * @param {string} figure
 * @returns {Column}
 */
const size = (figure) => ({ of: (row) => value(row, figure), show: tokens, number: true });
/**
 * @param {string} side
 * @returns {Column}
 */
const price = (side) => ({ of: (row, provider) => priceAt(row, side, provider).value, show: usd, number: true });
/**
 * @param {string} figure
 * @returns {Column}
 */
const yes = (figure) => ({ of: (row) => value(row, figure), yes: true });

/** @type {Record<string, Column>} */
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
  inputs: { of: (row, provider) => inputsAt(row, provider) },
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

/**
 * The columns of a group: the family's own ones are shown for the family alone.
 * @param {string} group
 */
export const columnsOf = (group) =>
  Object.keys(COLUMNS).filter((column) => group === "family" || !OF_THE_FAMILY.includes(column));

/** @type {Record<string, string>} */
const OWN = { alias: "target", family: "table_released", model: "window" };

/**
 * The key of the source that the row as such comes from.
 * @param {Row} row
 */
export function sourceOf(row) {
  return row.figures[OWN[row.kind]]?.sources[0] ?? row.figures.inputs?.sources[0] ?? null;
}

// --- filters ------------------------------------------------------------------------------------------------------

/** @type {Record<string, Array<string>>} */
const KINDS = {
  switch: ["switch", "switch+effort"],
  effort: ["effort", "switch+effort"],
  forced: ["forced"],
  none: ["none"],
  unknown: ["unknown"],
};

/**
 * Whether a row passes; `at` is the provider that is filtered for.
 * @type {Record<string, (row: Row, wanted: string, at: string) => boolean>}
 */
export const FILTERS = {
  group: (row, wanted) => row.group === wanted,
  provider: (row, wanted) => wanted in row.wire_ids,
  input: (row, wanted, at) => inputsAt(row, at).includes(wanted),
  thinking: (row, wanted) => KINDS[wanted].includes(String(value(row, "thinking"))),
  tools: (row, wanted) => String(value(row, "tools")) === wanted,
  window: (row, wanted) => Number(value(row, "window") ?? 0) >= Number(wanted),
  price: (row, wanted, at) => {
    const cost = priceAt(row, "price_input", at).value;
    return typeof cost === "number" && cost <= Number(wanted);
  },
};

/**
 * The rows that hold every word of the query and pass every filter that is set.
 * @param {Array<Row>} rows
 * @param {string} query
 * @param {Record<string, string>} filters
 */
export function select(rows, query, filters) {
  const words = wordsOf(query);
  const set = Object.entries(filters).filter(([, wanted]) => wanted);
  return rows.filter(
    (row) => holds(row, words) && set.every(([name, wanted]) => FILTERS[name](row, wanted, filters.provider ?? "")),
  );
}

/**
 * A sorted copy; unknown comes last whichever way. Without a column: as they come, a name that was typed first.
 * @param {Array<Row>} rows
 * @param {string} column
 * @param {boolean} down
 * @param {{query?: string, provider?: string}} [asked]
 */
export function sort(rows, column, down, { query = "", provider = "" } = {}) {
  if (!column) {
    const typed = fold(query);
    /** @param {Row} row */
    const rank = (row) => (!typed ? 0 : fold(row.name) === typed ? -2 : fold(row.name).startsWith(typed) ? -1 : 0);
    return rows.toSorted((a, b) => rank(a) - rank(b));
  }
  const { of } = COLUMNS[column];
  /** @param {Row} row */
  const key = (row) => {
    const it = of(row, provider);
    return Array.isArray(it) ? it.length : it;
  };
  return rows.toSorted((a, b) => compare(key(a), key(b), down ? -1 : 1));
}

/**
 * @param {string | number | boolean | null} a
 * @param {string | number | boolean | null} b
 * @param {1 | -1} way
 */
function compare(a, b, way) {
  if (a === null || b === null) return Number(a === null) - Number(b === null);
  if (typeof a === "string" && typeof b === "string") return way * a.localeCompare(b, "en", { numeric: true });
  return way * (Number(a) - Number(b));
}
