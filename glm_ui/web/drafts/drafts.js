// The drafts of this page: at hand at once, and soon on the disk. What a page leaves behind, another finds. Never throws:
// where nothing can be kept, drafts last as long as the page.

import { forget, remember, remembered } from "../chat/tab_memory.js";
import { Tabs } from "../conversations/store/tabs.js";
import { newId } from "../parts/id.js";
import { filesOf, isEmpty, leftBehind, surplus } from "./draft.js";
import { openDisk } from "./disk.js";
import { LivingPages } from "./living_pages.js";

const SOON = 250;

/** @typedef {Pick<Page.Draft, "text" | "files" | "line">} Typed */

/**
 * Opens the drafts called `name`; `store` is the name of the conversations that they belong to.
 * @param {{name?: string, store?: string}} [names]
 */
export async function openDrafts({ name = "glm-ui-drafts", store = "glm-ui" } = {}) {
  const drafts = new Drafts(name, store);
  await drafts.open(name);
  return drafts;
}

export class Drafts {
  #page = newId();
  #living;
  /** @type {Awaited<ReturnType<typeof openDisk>> | null} */
  #disk = null;
  /** @type {Map<string, Page.Draft>} */
  #mine = new Map();
  /** @type {Map<string, Page.Draft>} of conversations that were deleted, and may be put back */
  #removed = new Map();
  /** @type {Set<string>} */
  #unsaved = new Set();
  /** How many writes of each are on their way. @type {Map<string, number>} */
  #saving = new Map();
  #aside;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #timer;
  /** @type {Set<string>} ids of files whose bytes are on the disk */
  #kept = new Set();

  /**
   * @param {string} name
   * @param {string} store
   */
  constructor(name, store) {
    this.#living = new LivingPages(name, this.#page);
    new Tabs(store, (change) => void this.#heard(change)); // hears this page's own store too
    this.#aside = `${name}-aside`;
    const leave = () => this.#leave();
    addEventListener("pagehide", leave);
    document.addEventListener("visibilitychange", () => document.visibilityState === "hidden" && leave());
  }

  /** @param {string} name */
  async open(name) {
    try {
      this.#disk = await openDisk(name, () => (this.#disk = null));
      await this.#takeAside();
      await this.#clean();
    } catch {
      this.#disk = null; // blocked, or of a newer version of this page
    }
  }

  /** Deletes what is too much, and files that no draft names. */
  async #clean() {
    if (!this.#disk) return;
    const [all, living] = await Promise.all([this.#disk.drafts(), this.#living.all()]);
    const gone = new Set(surplus(all, living));
    if (gone.size)
      await this.#disk.write(
        [],
        [...gone].map(({ of, page }) => [of, page]),
      );
    const named = all.filter((draft) => !gone.has(draft)).flatMap((draft) => filesOf(draft).map(({ id }) => id ?? ""));
    await this.#disk.sweep(new Set(named));
  }

  /**
   * What was typed here for a conversation.
   * @param {string} of
   * @returns {Page.Draft | undefined}
   */
  get(of) {
    return this.#mine.get(of);
  }

  /**
   * Takes over what a page that is gone left for a conversation: from now on it is this page's. Where a living page has
   * it, that page is given `patience` milliseconds to go.
   * @param {string} of
   * @param {number} [patience]
   * @param {string | null} [gone] a page that has just gone
   * @returns {Promise<Page.Draft | null>}
   */
  async takeOver(of, patience = 0, gone = null) {
    try {
      const [left, living] = await Promise.all([this.#disk?.drafts(of) ?? [], this.#living.all()]);
      if (gone) living.delete(gone);
      const found = leftBehind(left, of, living);
      if (!found && patience) {
        const others = left.map(({ page }) => page).filter((page) => page !== this.#page);
        const first = await this.#living.firstToGo(others, patience);
        return first ? this.takeOver(of, 0, first) : null;
      }
      if (!found || this.#mine.has(of)) return null;
      const mine = { ...found, page: this.#page };
      this.#mine.set(of, mine);
      await this.#disk?.write([mine], [[of, found.page]]);
      return mine;
    } catch {
      return null;
    }
  }

  /**
   * Keeps what is typed for a conversation; nothing typed is no draft.
   * @param {string} of
   * @param {Typed} typed
   */
  put(of, typed) {
    const empty = isEmpty(typed);
    if (empty && !this.#mine.has(of)) return;
    if (empty) this.#mine.delete(of);
    else this.#mine.set(of, { of, page: this.#page, at: Date.now(), ...typed });
    this.#unsaved.add(of);
    if (empty) return void this.flush(); // what was sent must not come back
    this.#timer ??= setTimeout(() => this.flush(), SOON);
  }

  flush() {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const changed = [...this.#unsaved];
    this.#unsaved.clear();
    if (this.#disk && changed.length) void this.#save(this.#disk, changed);
  }

  /**
   * @param {Awaited<ReturnType<typeof openDisk>>} disk
   * @param {Array<string>} changed
   */
  async #save(disk, changed) {
    for (const of of changed) this.#saving.set(of, (this.#saving.get(of) ?? 0) + 1);
    try {
      await disk.write(
        changed.flatMap((of) => this.#mine.get(of) ?? []),
        changed.filter((of) => !this.#mine.has(of)).map((of) => [of, this.#page]),
      );
    } catch {
      // The disk is full or gone: the draft lasts as long as the page.
    }
    for (const of of changed) {
      const more = (this.#saving.get(of) ?? 1) - 1;
      if (more) this.#saving.set(of, more);
      else this.#saving.delete(of);
    }
    if (!this.#saving.size && !this.#unsaved.size) forget(this.#aside);
  }

  /** A write that waits for another is dropped with its page: this tab's next one gets the words from here. */
  #leave() {
    const late = new Set([...this.#unsaved, ...this.#saving.keys()]);
    const drafts = [...late].map((of) => [of, this.#mine.get(of) ?? null]);
    if (late.size) remember(this.#aside, JSON.stringify({ page: this.#page, drafts }));
    this.flush();
  }

  /** Writes what the page before this one had no time for. */
  async #takeAside() {
    /** @type {{page: string, drafts: Array<[string, Page.Draft | null]>} | null} */
    const left = JSON.parse(remembered(this.#aside) ?? "null");
    if (!left) return;
    await this.#disk?.write(
      left.drafts.flatMap(([, draft]) => draft ?? []),
      left.drafts.flatMap(([of, draft]) => (draft ? [] : [[of, left.page]])),
    );
    forget(this.#aside);
  }

  /**
   * Keeps the bytes of files that drafts name.
   * @param {Array<{id: string, blob: Blob}>} files
   */
  async keepFiles(files) {
    const wanted = files.filter(({ id }) => !this.#kept.has(id));
    for (const { id } of wanted) this.#kept.add(id);
    if (wanted.length) await this.#disk?.keepFiles(wanted).catch(() => undefined);
  }

  /**
   * The bytes of a file, where they were kept.
   * @param {string} id
   */
  async file(id) {
    return this.#disk?.file(id).catch(() => undefined);
  }

  /**
   * A draft goes with its conversation, and comes back with it.
   * @param {Page.Change} change
   */
  async #heard({ kind, id }) {
    if (kind === "cleared") return this.#clear();
    const removed = this.#removed.get(id);
    if (kind === "changed" && removed) {
      this.#removed.delete(id);
      this.put(id, removed);
    }
    if (kind !== "removed") return undefined;
    const mine = this.#mine.get(id);
    this.#mine.delete(id);
    if (mine) this.#removed.set(id, mine);
    return this.#disk?.remove(id).catch(() => undefined);
  }

  /** All conversations are gone, and their drafts; what stands in a new one's box stays. */
  async #clear() {
    this.#removed.clear();
    for (const of of [...this.#mine.keys()]) if (!of.startsWith("new:")) this.#mine.delete(of);
    await this.#disk?.remove().catch(() => undefined);
    for (const of of this.#mine.keys()) this.#unsaved.add(of);
    this.flush();
  }
}
