// What a key does in the rows of the list of conversations. One row takes part in the order of Tab; the arrows move it.

import { closest, find, findAll } from "../parts/dom.js";

/** @typedef {import("./list_row.js").Item} Item */

export class RowKeys {
  /**
   * The row that takes part in the order of Tab.
   * @type {HTMLElement | null}
   */
  roving = null;

  /**
   * `above` is where the arrow leads from the first row.
   * @param {HTMLElement} rows
   * @param {{
   * itemOf: (id: string) => Item | undefined,
   * above: () => void,
   * rename: (item: Item) => unknown,
   * remove: (item: Item) => unknown,
   * }} ways
   */
  constructor(rows, ways) {
    this.rows = rows;
    this.ways = ways;
    rows.addEventListener("keydown", (event) => this.#key(event));
    rows.addEventListener("focusin", ({ target }) => this.rove(closest(target, ".list-row")));
  }

  /** @param {HTMLElement | null} root */
  rove(root) {
    if (!root || (root === this.roving && root.querySelector("[tabindex='0']"))) return;
    for (const each of new Set([this.roving ?? root, root])) {
      each.classList.toggle("roving", each === root);
      for (const button of findAll("a, button", each)) button.tabIndex = each === root ? 0 : -1;
    }
    this.roving = root;
  }

  /** @param {KeyboardEvent} event */
  #key(event) {
    const { ways } = this;
    const root = closest(event.target, ".list-row");
    const item = ways.itemOf(root?.dataset.id ?? "");
    if (!root || !item || closest(event.target, "input")) return;
    const rows = findAll(".list-row", this.rows);
    const at = rows.indexOf(root);
    /** @type {Record<string, number>} */
    const steps = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: rows.length - 1 };
    const next = steps[event.key];
    if (next === -1) ways.above();
    else if (next !== undefined) find(".list-open", rows[Math.min(next, rows.length - 1)])?.focus();
    else if (event.key === "F2") ways.rename(item);
    else if (event.key === "Delete") ways.remove(item);
    else return;
    event.preventDefault();
  }
}
