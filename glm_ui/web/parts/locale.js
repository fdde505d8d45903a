// Figures, times and sizes as the page's language writes them. What goes into a file or a request is not written here.

const ENGLISH = "en";

/** The language that the page speaks, as BCP 47 has it. */
export const locale = () => globalThis.document?.documentElement.lang || ENGLISH;

/**
 * What was made for a language: making a formatter costs a hundred times what using it does.
 * @typedef {object} Made
 * @property {string} language
 * @property {string} point what stands before the digits of a fraction; "" in a language with digits of its own
 * @property {Array<(value: number) => string>} decimals by how many digits follow the point
 * @property {Map<string, any>} others
 */

/** @type {Made} */
let made = { language: "", point: "", decimals: [], others: new Map() };

function spoken() {
  const language = locale();
  if (language !== made.language) made = { language, point: pointOf(language), decimals: [], others: new Map() };
  return made;
}

/** @param {string} language */
function pointOf(language) {
  const format = new Intl.NumberFormat(language);
  if (format.resolvedOptions().numberingSystem !== "latn") return "";
  return format.formatToParts(0.5).find(({ type }) => type === "decimal")?.value ?? "";
}

/**
 * @template T
 * @param {string} key
 * @param {(language: string) => T} make
 * @returns {T}
 */
function once(key, make) {
  const { language, others } = spoken();
  let it = others.get(key);
  if (it === undefined) others.set(key, (it = make(language)));
  return it;
}

const GROUPED = 999;

/**
 * With exactly so many digits after the point: 1,234.50. A figure that needs no groups is written without Intl, which
 * would write the same: lines of figures are drawn while replies come, and Intl takes five times as long.
 * @param {number} value
 * @param {number} digits
 */
export function decimal(value, digits) {
  const { language, point, decimals } = spoken();
  if (value >= 0 && value < GROUPED && point) {
    const plain = value.toFixed(digits);
    return point === "." ? plain : plain.replace(".", point);
  }
  const all = { minimumFractionDigits: digits, maximumFractionDigits: digits };
  decimals[digits] ??= new Intl.NumberFormat(language, all).format;
  return decimals[digits](value);
}

/** @param {number} value shown without digits after the point */
export const count = (value) => decimal(value, 0);

/**
 * "a, b, c", "a、b、c".
 * @param {Array<string | undefined>} names
 */
export const listed = (names) =>
  names.join(
    once("between", (language) => new Intl.ListFormat(language).formatToParts(["a", "b", "c"])[1]?.value ?? ", "),
  );

/**
 * "s" and "ms", "秒" and "毫秒".
 * @param {"second" | "millisecond"} unit
 * @param {"narrow" | "short"} unitDisplay
 */
const nameOf = (unit, unitDisplay) =>
  once(unit, (language) => {
    const parts = new Intl.NumberFormat(language, { style: "unit", unit, unitDisplay }).formatToParts(2);
    return parts.find(({ type }) => type === "unit")?.value ?? "s";
  });

/**
 * "1.4 s", "120 s", "1.4 秒".
 * @param {number} value
 * @param {number} [digits]
 */
export const seconds = (value, digits = value >= 100 ? 0 : 1) =>
  `${decimal(value, digits)} ${nameOf("second", "narrow")}`;

/**
 * A short time: "12 ms", "1.4 s".
 * @param {number} value in seconds
 */
export const brief = (value) =>
  value < 1 ? `${count(value * 1000)} ${nameOf("millisecond", "short")}` : seconds(value);

/**
 * The figure of a speed, without its unit: "9.4", "86".
 * @param {number} value
 */
export const speed = (value) => decimal(value, value < 10 ? 1 : 0);

/**
 * Dollars: what stands before and after the figure.
 * @param {string} figure
 */
function dollars(figure) {
  const [before, after] = once("dollars", (language) => {
    const symbol = /** @type {const} */ ({ style: "currency", currency: "USD", currencyDisplay: "narrowSymbol" });
    return new Intl.NumberFormat(language, { ...symbol, maximumFractionDigits: 0 }).format(0).split(count(0));
  });
  return `${before}${figure}${after}`;
}

/**
 * A cost with as many digits as tell it apart from nothing: $0, $0.0000021, $0.00412, $1.234.
 * @param {number | null | undefined} value
 */
export function usd(value) {
  if (!value) return dollars(count(0));
  if (value >= 0.01) return dollars(decimal(value, 3));
  const digits = Math.min(20, Math.max(5, 1 - Math.floor(Math.log10(value))));
  return dollars(decimal(value, digits).replace(/0+$/, ""));
}

const CENTS = { minimumFractionDigits: 2, maximumFractionDigits: 20 };

/**
 * A price of a list, with its cents: $0.60, $2.00, $0.0035.
 * @param {number} value
 */
export const listPrice = (value) =>
  dollars(once("price", (language) => new Intl.NumberFormat(language, CENTS)).format(value));

/**
 * "512 B", "1.2 KB", "5.2 MB": of 1,024 each.
 * @param {number} value
 */
export function bytes(value) {
  if (value < 1024) return `${count(value)}\u00a0B`;
  if (value < 1024 * 1024) return `${decimal(value / 1024, value < 10240 ? 1 : 0)}\u00a0KB`;
  return `${decimal(value / 1024 / 1024, 1)}\u00a0MB`;
}

/**
 * @param {string} name
 * @param {Intl.DateTimeFormatOptions} parts
 */
const clock = (name, parts) =>
  once(
    `clock ${name}`,
    (language) => new Intl.DateTimeFormat(language, { hour: "2-digit", minute: "2-digit", ...parts }),
  );

/**
 * The time of the day to the second: "14:05:09".
 * @param {Date} time
 */
export const toTheSecond = (time) => clock("second", { second: "2-digit", hourCycle: "h23" }).format(time);

/**
 * A time of these days: "14:05"; "Sun 14:05" and "周日 14:05" where it is not today.
 * @param {Date} time
 */
export function soon(time) {
  const today = time.toDateString() === new Date().toDateString();
  return clock(today ? "today" : "day", { hourCycle: "h23", ...(today ? {} : { weekday: "short" }) }).format(time);
}
