// An answer that is drawn, as text: without the marks of Markdown, its tables as CSV or Markdown. Elements in, text out.

const BLOCKS =
  "p, h1, h2, h3, h4, h5, h6, ul, ol, li, blockquote, hr, pre, table, details, summary, div, section, figure, dl, dt, dd";

/**
 * All words of what is drawn below `root`, without Markdown's marks: a blank line between blocks, a tab between cells.
 * @param {Node} root
 */
export const plainText = (root) => blocksOf(root).join("\n\n");

/**
 * The cells of a table as text, row by row.
 * @param {HTMLTableElement} table
 * @param {(cell: Node) => string} [read]
 */
export const rowsOf = (table, read = wordsOf) =>
  [...table.rows].map((row) => [...row.cells].map((cell) => read(cell).trim()));

/**
 * Rows as CSV (RFC 4180).
 * @param {Array<Array<string>>} rows
 */
export const toCsv = (rows) => rows.map((row) => row.map(csvCell).join(",")).join("\r\n");

/** @param {string} cell */
const csvCell = (cell) => (/[",\r\n]/.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell);

/**
 * A table as Markdown; the first row is its head.
 * @param {Array<Array<string>>} rows in Markdown
 * @param {Array<string>} [aligned] "left", "center", "right" or "", by column
 */
export function toMarkdownTable(rows, aligned = []) {
  const [head = [], ...body] = rows;
  const rule = head.map((_, i) => RULES[aligned[i]] ?? "---");
  return [head, rule, ...body].map((cells) => `| ${cells.join(" | ")} |`).join("\n");
}

/** @type {Record<string, string>} */
const RULES = { left: ":---", center: ":---:", right: "---:" };

/** @param {HTMLTableElement} table */
export function markdownOfTable(table) {
  const heads = [...(table.rows[0]?.cells ?? [])];
  const aligned = heads.map(({ className }) => /\bmd-(left|center|right)\b/.exec(className)?.[1] ?? "");
  return toMarkdownTable(rowsOf(table, markdownOf), aligned);
}

/**
 * What stands in a line, as words.
 * @param {Node} node
 * @returns {string}
 */
function wordsOf(node) {
  if (node instanceof Text) return node.data;
  if (!(node instanceof Element)) return childrenOf(node, wordsOf);
  if (node.matches("button")) return "";
  if (node.matches("br")) return "\n";
  if (node.matches(".md-formula")) return texOf(node);
  if (node.matches(".md-note-mark")) return `[${node.textContent}]`;
  return childrenOf(node, wordsOf);
}

/**
 * @param {Node} node
 * @param {(child: Node) => string} read
 */
const childrenOf = (node, read) => [...node.childNodes].map(read).join("");

/**
 * The source of a formula, drawn or not.
 * @param {Element} formula
 */
const texOf = (formula) =>
  formula.querySelector("annotation")?.textContent ??
  formula.textContent.replace(/^(\$\$?|\\[([])|(\$\$?|\\[)\]])$/g, "");

/** @type {Record<string, [string, string]>} */
const MARKS = {
  STRONG: ["**", "**"],
  B: ["**", "**"],
  EM: ["*", "*"],
  I: ["*", "*"],
  DEL: ["~~", "~~"],
  S: ["~~", "~~"],
};

/**
 * What stands in the cell of a table, as Markdown.
 * @param {Node} node
 * @returns {string}
 */
function markdownOf(node) {
  if (node instanceof Text) return node.data.replace(/[\\|`*[\]<]/g, "\\$&").replace(/\s+/g, " ");
  if (!(node instanceof Element)) return childrenOf(node, markdownOf);
  if (node.matches("button")) return "";
  if (node.matches("br")) return "<br>";
  if (node.matches("code")) return codeSpan(node.textContent);
  if (node.matches(".md-formula")) return `$${texOf(node).replaceAll("|", "\\vert ")}$`;
  const inner = childrenOf(node, markdownOf);
  if (node instanceof HTMLAnchorElement) return `[${inner}](${node.href.replaceAll("|", "%7C")})`;
  const [before, after] = MARKS[node.tagName] ?? ["", ""];
  return before + inner + after;
}

/** @param {string} code */
function codeSpan(code) {
  const ticks = "`".repeat(Math.max(0, ...[...code.matchAll(/`+/g)].map(([run]) => run.length)) + 1);
  const edge = ticks.length > 1 ? " " : "";
  return ticks + edge + code.replaceAll("|", "\\|") + edge + ticks;
}

/**
 * The text of each block below `parent`.
 * @param {Node} parent
 * @returns {Array<string>}
 */
function blocksOf(parent) {
  /** @type {Array<string>} */
  const blocks = [];
  let line = "";
  const flush = () => {
    if (line.trim()) blocks.push(line.trim());
    line = "";
  };
  for (const child of parent.childNodes) {
    if (!(child instanceof Element) || !child.matches(BLOCKS)) {
      line += linked(child);
      continue;
    }
    flush();
    blocks.push(...blockOf(child).filter(Boolean));
  }
  flush();
  return blocks;
}

/**
 * @param {Element} block
 * @returns {Array<string>}
 */
function blockOf(block) {
  if (block.matches(".md-code")) return [block.querySelector("code")?.textContent ?? ""];
  if (block.matches("pre, .md-plain")) return [block.textContent];
  if (block.matches(".md-formula")) return [texOf(block)];
  if (block instanceof HTMLTableElement)
    return [
      rowsOf(block)
        .map((row) => row.join("\t"))
        .join("\n"),
    ];
  if (block.matches("ul, ol")) return [itemsOf(block)];
  return blocksOf(block);
}

/** @param {Element} list */
function itemsOf(list) {
  const start = list instanceof HTMLOListElement ? list.start : null;
  return [...list.children]
    .map((item, i) => {
      const mark = start === null ? (item.matches(".md-task") ? "" : "- ") : `${start + i}. `;
      return (
        mark +
        blocksOf(item)
          .join("\n")
          .replaceAll("\n", `\n${" ".repeat(mark.length || 2)}`)
      );
    })
    .join("\n");
}

/**
 * Words of a line, with the address of each link that does not name it.
 * @param {Node} node
 * @returns {string}
 */
function linked(node) {
  if (!(node instanceof Element) || node.matches(".md-formula, .md-note-mark, button, br")) return wordsOf(node);
  const words = childrenOf(node, linked);
  if (!(node instanceof HTMLAnchorElement)) return words;
  const known = [node.href, node.href.replace(/\/$/, ""), node.href.replace(/^mailto:/, "")];
  return known.includes(words.trim()) ? words : `${words} (${node.href})`;
}
