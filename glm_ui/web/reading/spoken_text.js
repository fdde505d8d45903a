// An answer that is drawn, as it is spoken: block by block, without marks, formulas and citations. Elements in, text out.

const BLOCKS =
  "p, h1, h2, h3, h4, h5, h6, ul, ol, li, blockquote, hr, pre, table, tr, details, summary, div, section, figure, dl, dt, dd";
const SILENT = ".md-formula, .md-formula-row, .md-note, .md-note-mark, .md-cite, .md-box, button, svg, script, style";

/**
 * What is said of each block below `root`; a block of code is named by `code` and left out.
 * @param {Node} root
 * @param {string} code
 */
export function spokenBlocks(root, code) {
  /** @type {Array<string>} */
  const blocks = [];
  let line = "";
  const flush = () => {
    const said = line.replace(/\s+/g, " ").trim();
    if (said) blocks.push(said);
    line = "";
  };
  /** @param {Node} node */
  const walk = (node) => {
    if (node instanceof Text) line += node.data;
    else if (node instanceof Element && node.matches(SILENT)) return;
    else if (node instanceof HTMLAnchorElement && isAddress(node)) line += node.hostname;
    else if (node instanceof Element && node.matches(".md-code, pre")) (flush(), blocks.push(code));
    else {
      const isBlock = node instanceof Element && node.matches(BLOCKS);
      if (isBlock) flush();
      node.childNodes.forEach(walk);
      if (node instanceof HTMLTableCellElement && line.trim()) line = `${line.trimEnd()}, `;
      if (node instanceof HTMLBRElement) line += " ";
      if (isBlock) flush();
    }
  };
  walk(root);
  return blocks.map((said) => said.replace(/,$/, ""));
}

/**
 * A link that names nothing but its address: its host is said.
 * @param {HTMLAnchorElement} link
 */
const isAddress = ({ textContent }) => /^(https?:\/\/|www\.)\S+$/i.test(textContent.trim());
