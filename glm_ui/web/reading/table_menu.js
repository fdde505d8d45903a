// What can be done with a table of an answer: it is copied in the form that the place where it goes wants, or saved.

import { save } from "../conversations/export.js";
import { formattedToClipboard, toClipboard } from "../parts/clipboard.js";
import { openMenu } from "../parts/menu.js";
import { markdownOfTable, rowsOf, toCsv } from "./answer_text.js";
import { formattedHtml } from "./formatted.js";

/** Excel reads a file of UTF-8 as such only with this at its beginning. */
const UTF8 = "\ufeff";

/**
 * @param {HTMLElement} box `.md-table-box`
 * @param {HTMLElement} button
 * @param {{words: Wire.Words["reading"], announce: (text: string) => void}} page
 */
export function openTableMenu(box, button, { words, announce }) {
  const table = box.querySelector("table");
  if (!table) return;
  /** @param {Promise<boolean>} copying */
  const told = async (copying) => {
    const copied = await copying;
    announce(copied ? words.copied : words.not_copied);
    if (copied) confirm(button, words.copied);
  };
  const csv = () => toCsv(rowsOf(table));
  const formatted = () => {
    const text = rowsOf(table)
      .map((row) => row.join("\t"))
      .join("\n");
    const copy = /** @type {Element} */ (table.cloneNode(true));
    return formattedToClipboard(Promise.resolve({ html: formattedHtml(copy), text }));
  };
  openMenu(button, [
    { label: words.table_formatted, icon: "copy", run: () => told(formatted()) },
    { label: words.table_csv, icon: "copy", run: () => told(toClipboard(csv())) },
    { label: words.table_markdown, icon: "copy", run: () => told(toClipboard(markdownOfTable(table))) },
    { label: words.table_save, icon: "download", run: () => save("table.csv", [`${UTF8}${csv()}\r\n`], "text/csv") },
  ]);
}

const SHOWN_FOR = 1500;

/**
 * Shows on the button for a moment that it is done.
 * @param {HTMLElement} button
 * @param {string} done
 */
function confirm(button, done) {
  if (button.ariaLabel === done) return;
  const label = button.ariaLabel;
  button.ariaLabel = done;
  setTimeout(() => (button.ariaLabel = label), SHOWN_FOR);
}
