// The page's own colours for Mermaid: boxes in a tint of the accent, everything else in the page's greys.

/** @typedef {[number, number, number]} Rgb */
/** @typedef {Record<"accent" | "text" | "muted" | "line" | "surface" | "bubble" | "page", Rgb>} Colours */

const NAMES = /** @type {const} */ (["accent", "text", "muted", "line", "surface", "bubble", "page"]);
/** How much of the accent, then of the muted colour, the parts of a series have: the slices of a pie, the lines of a chart. */
const SERIES = /** @type {const} */ ([
  ["accent", 1],
  ["muted", 0.7],
  ["accent", 0.45],
  ["muted", 0.35],
  ["accent", 0.2],
  ["text", 0.75],
]);

/**
 * The colours of the page in light or in dark, whichever it shows.
 * @param {boolean} dark
 * @returns {Colours}
 */
export function coloursOf(dark) {
  const probe = document.createElement("span");
  probe.style.colorScheme = dark ? "dark" : "light";
  document.body.append(probe);
  const found = NAMES.map((name) => {
    probe.style.color = `var(--glm-${name})`;
    return [name, (getComputedStyle(probe).color.match(/\d+/g) ?? []).slice(0, 3).map(Number)];
  });
  probe.remove();
  return Object.fromEntries(found);
}

/**
 * Mermaid's variables of the theme "base".
 * @param {Colours} colours
 * @param {boolean} dark
 */
export function themeOf(colours, dark) {
  const { accent, text, muted, line, surface, bubble, page } = colours;
  const series = SERIES.map(([name, share]) => hex(mixed(colours[name], page, share)));
  const numbered = (/** @type {string} */ name, from = 0) =>
    Object.fromEntries(series.map((colour, i) => [`${name}${i + from}`, colour]));
  const box = (/** @type {string} */ name, /** @type {Rgb} */ fill, /** @type {Rgb} */ border) => ({
    [`${name}Color`]: hex(fill),
    [`${name}BorderColor`]: hex(border),
    [`${name}TextColor`]: hex(text),
  });
  return {
    darkMode: dark,
    background: hex(page),
    fontFamily: "system-ui, sans-serif",
    textColor: hex(text),
    lineColor: hex(muted),
    ...box("primary", mixed(accent, page, dark ? 0.2 : 0.1), mixed(accent, page, 0.6)),
    ...box("secondary", bubble, line),
    ...box("tertiary", surface, line),
    noteBkgColor: hex(bubble),
    noteBorderColor: hex(line),
    noteTextColor: hex(text),
    edgeLabelBackground: hex(page),
    clusterBkg: hex(surface),
    clusterBorder: hex(line),
    ...numbered("pie", 1),
    pieStrokeColor: hex(page),
    pieOuterStrokeColor: hex(line),
    ...numbered("git"),
    xyChart: { backgroundColor: hex(page), plotColorPalette: series.join(",") },
  };
}

/**
 * @param {Rgb} colour
 * @param {Rgb} ground
 * @param {number} share of `colour`
 * @returns {Rgb}
 */
const mixed = (colour, ground, share) =>
  /** @type {Rgb} */ (colour.map((value, i) => Math.round(value * share + ground[i] * (1 - share))));

/** @param {Rgb} colour */
const hex = (colour) => `#${colour.map((value) => value.toString(16).padStart(2, "0")).join("")}`;
