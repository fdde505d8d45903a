// Where conversations are kept: this browser, nowhere else. Never throws: what can't be kept on disk is kept in this
// tab, and `problem` says why in one sentence. How records look is conversation.js; how they lie on disk, store/.

import { adopt, isReadable, isRunning, markInterrupted, mergeInto, VERSION } from "./conversation.js";
import { Coming, NO_REPLIES } from "./store/coming.js";
import { Gone } from "./store/gone.js";
import { Lasting } from "./store/lasting.js";
import { PROBLEMS } from "./store/problems.js";
import { Rows } from "./store/rows.js";
import { SearchTexts } from "./store/search_texts.js";
import { Soon } from "./store/soon.js";
import { Tabs } from "./store/tabs.js";
import { folded } from "./store/text.js";
import { Turns } from "./store/turns.js";

/** @typedef {{saved: "disk" | "memory" | "no", conflict: boolean}} Saved */

/**
 * Opens the store called `name`; `onProblem` as the method of that name.
 * @param {{name?: string, onProblem?: (sentence: string | null) => void, replies?: Page.RepliesHere}} [options]
 */
export async function openStore({ name = "glm-ui", onProblem, replies } = {}) {
  const store = new Store(name, replies);
  if (onProblem) store.onProblem(onProblem);
  await store.start();
  return store;
}

export class Store {
  /** How many records were found that can't be read and were left alone, and how many of them are of a newer format. */
  unreadable = 0;
  newer = 0;
  /** @type {Promise<void> | undefined} */
  #looked;
  /** @type {Lasting} */
  #lasting;
  #coming;
  #tabs;
  #soon = new Soon((conversation) => this.save(conversation));
  #gone = new Gone();
  #turns = new Turns();
  /**
   * Those whose save has begun or waits for its turn.
   * @type {Array<Page.Conversation>}
   */
  #saving = [];
  #rows = new Rows((ask, otherwise) => this.#lasting.ask(ask, otherwise));
  #texts = new SearchTexts((ask, otherwise) => this.#lasting.ask(ask, otherwise));

  /**
   * @param {string} name
   * @param {Page.RepliesHere} [replies]
   */
  constructor(name, replies = NO_REPLIES) {
    this.#lasting = new Lasting(name);
    this.#tabs = new Tabs(name, (change) => this.#heard(change));
    /** @param {string} id */
    const changed = (id) => this.#changed({ kind: "changed", id }, { here: true });
    this.#coming = new Coming(name, { lasting: this.#lasting, replies, changed });
  }

  async start() {
    this.#listen();
    await this.#lasting.open((disk) => disk.collect());
  }

  /** Settled once all that lies there has been looked at, which begins when it is first asked for. */
  get looked() {
    return (this.#looked ??= this.#lasting.ask((disk) => this.#look(disk), undefined));
  }

  /**
   * Looks at what lies there: what cannot be read, and replies whose tab may be gone.
   * @param {import("./store/disk.js").Disk} disk
   */
  async #look(disk) {
    const rows = await this.#rows.all();
    const { mended, ...found } = await disk.check(rows);
    Object.assign(this, found);
    for (const id of mended) this.#rows.hear({ kind: "changed", id });
    await Promise.all(rows.filter(({ running, v }) => running && v === VERSION).map((row) => this.#coming.watch(row)));
    if (this.unreadable) this.#lasting.say("unreadable", PROBLEMS.unreadable(this.unreadable, this.newer));
  }

  /** Why conversations do not last here, in one sentence, or null. */
  get problem() {
    return this.#lasting.problem;
  }

  /** blocked, full, newer, failed, unreadable, or null. */
  get problemKind() {
    return this.#lasting.kind;
  }

  /**
   * `listener(sentence or null)` when conversations stop or begin to last. Returns what ends it.
   * @param {(sentence: string | null) => void} listener
   */
  onProblem(listener) {
    return this.#lasting.onProblem(listener);
  }

  /**
   * `listener({kind: "changed"|"removed"|"cleared", id})` for what other tabs did. Returns what ends it.
   * @param {(change: Page.Change) => void} listener
   */
  onChange(listener) {
    return this.#tabs.onChange(listener);
  }

  // --- reading -------------------------------------------------------------------------------------------------

  /**
   * Light rows for the side bar, pinned first, then newest first; with `query` those that hold all of its words, each
   * with a `snippet`: [[text, found], …] or null where the title alone has them.
   * @param {{query?: string}} [options]
   * @returns {Promise<Array<Page.Row>>}
   */
  async list({ query = "" } = {}) {
    await this.looked;
    const rows = new Map();
    if (!this.#tabs.open) this.#rows.forget();
    for (const row of this.#lasting.disk ? await this.#rows.all() : []) if (row.v === VERSION) rows.set(row.id, row);
    for (const row of this.#lasting.memory.rows()) rows.set(row.id, row);
    const words = folded(query).split(/\s+/).filter(Boolean);
    const found = words.length
      ? await this.#texts.find([...rows.values()], words, this.#lasting.memory.texts())
      : [...rows.values()];
    return found.sort((a, b) => b.place - a.place);
  }

  /**
   * The first rows of the list before all of them are read, which takes longer the more there are; null once they are.
   * @param {number} count
   */
  async firstRows(count) {
    const rows = await this.#rows.first(count);
    return rows && [...rows.filter(({ v }) => v === VERSION), ...this.#lasting.memory.rows()];
  }

  /** Reads the texts that are searched: for a list whose reader is about to. */
  warm() {
    return this.#texts.warm();
  }

  /**
   * The whole record, or null.
   * @param {string} id
   * @returns {Promise<Page.Conversation | null>}
   */
  async get(id) {
    const waiting = this.#soon.get(id);
    const record = this.#lasting.memory.read(id) ?? (await this.#lasting.ask((disk) => disk.read(id), undefined));
    if (waiting) {
      const [copy, looks] = [structuredClone(waiting), this.#lasting.looks.get(waiting)];
      return looks ? this.#lasting.known(copy, looks) : copy;
    }
    if (!isReadable(record)) return null;
    if (!record.nodes.some(isRunning)) return this.#lasting.known(record);
    await this.#coming.watch(record);
    return this.#lasting.known((await this.#lasting.ask((disk) => disk.read(id), undefined)) ?? record);
  }

  /**
   * Makes `conversation` what `get` found of it since. Its nodes stay the same objects; the ids of those that changed.
   * @param {Page.Conversation} conversation
   * @param {Page.Conversation} found
   */
  adopt(conversation, found) {
    const changed = adopt(conversation, found);
    this.#lasting.known(conversation);
    return changed;
  }

  /** Every readable record, for an export. */
  async *all() {
    for (const { id } of await this.list()) {
      const record = await this.get(id);
      if (record) yield record;
    }
  }

  /** The raw records that this version can't read. They are left alone, but an export takes them along. */
  leftovers() {
    return this.#lasting.ask((disk) => disk.unreadable(), []);
  }

  // --- writing -------------------------------------------------------------------------------------------------

  /**
   * Saves the whole. If another tab saved meanwhile, its nodes are taken into `conversation` first. Resolves to
   * {saved: "disk"|"memory"|"no", conflict}; "no" when it was removed and nothing new was said since.
   * @param {Page.Conversation} conversation
   * @returns {Promise<Saved>}
   */
  save(conversation) {
    this.#soon.drop(conversation.id);
    return this.#saveInTurn(conversation);
  }

  /**
   * @param {Page.Conversation} conversation
   * @param {(stored: Page.Conversation) => void} [before]
   */
  #saveInTurn(conversation, before) {
    this.#saving.push(conversation);
    return this.#turns
      .run(() => this.#save(conversation, before))
      .finally(() => this.#saving.splice(this.#saving.indexOf(conversation), 1));
  }

  /**
   * As `save`, at most once a second, and at once when the page goes away.
   * @param {Page.Conversation} conversation
   */
  saveSoon(conversation) {
    this.#soon.add(conversation);
  }

  /** Saves what waits. */
  flush() {
    return Promise.all(this.#soon.all().map((conversation) => this.save(conversation)));
  }

  /**
   * Takes a record from a file in: beside the others, or merged with what it has become here. As `save`.
   * @param {Page.Conversation} record
   */
  bring(record) {
    this.#gone.putBack(record.id);
    const own = new Set(record.nodes.map(({ id }) => id));
    /** @param {Page.Conversation} stored */
    const revive = (stored) => (stored.gone = (stored.gone ?? []).filter((id) => !own.has(id)));
    return this.#saveInTurn(record, revive);
  }

  /**
   * @param {Page.Conversation} conversation
   * @param {(stored: Page.Conversation) => void} [before]
   * @returns {Promise<Saved>}
   */
  async #save(conversation, before = () => {}) {
    const { id } = conversation;
    if (this.#gone.has(conversation)) return (this.#coming.letGo(conversation), { saved: "no", conflict: false });
    const rev = conversation.rev;
    let conflict = false;
    /** @param {any} stored */
    const next = (stored) => {
      if (stored && !isReadable(stored)) throw new DOMException("A record of another format is there", "DataError");
      conflict = Boolean(stored) && stored.rev !== rev;
      if (conflict) {
        before(stored);
        mergeInto(conversation, stored, this.#lasting.looks.get(conversation));
      }
      conversation.rev = Math.max(stored?.rev ?? 0, rev) + 1;
      return conversation;
    };
    this.#coming.hold(conversation);
    const saved = await this.#lasting.put(conversation, next, () => (conversation.rev = rev));
    this.#gone.saved(id);
    this.#changed({ kind: "changed", id });
    this.#coming.letGo(conversation);
    return { saved, conflict };
  }

  /** @param {string} id */
  async remove(id) {
    this.#soon.drop(id);
    this.#gone.remove(id);
    this.#lasting.memory.remove(id);
    await this.#turns.run(() => this.#lasting.ask((disk) => disk.remove(id), undefined));
    this.#changed({ kind: "removed", id });
  }

  /**
   * Brings a removed conversation back. A reply that was coming then comes no more.
   * @param {Page.Conversation} conversation
   */
  restore(conversation) {
    markInterrupted(conversation);
    this.#gone.putBack(conversation.id);
    conversation.rev = 0;
    this.#lasting.looks.delete(conversation);
    return this.save(conversation);
  }

  /** Forgets every conversation, in all tabs. */
  async clearAll() {
    this.#soon.clear();
    this.#gone.clear();
    this.#lasting.memory.clear();
    await this.#turns.run(() => this.#lasting.ask((disk) => disk.clear(), undefined));
    Object.assign(this, { unreadable: 0, newer: 0 });
    const lasting = this.#lasting;
    if (!lasting.disk && lasting.kind === "newer") await lasting.anew();
    if (lasting.kind !== "blocked") lasting.say(null, null);
    this.#changed({ kind: "cleared", id: null });
  }

  /** The page may be gone in a moment, or only hidden: lays aside what is not saved yet, then saves it in peace. */
  #leave() {
    for (const conversation of new Set([...this.#saving, ...this.#soon.all()])) {
      try {
        if (!this.#gone.has(conversation))
          this.#lasting.disk?.leave(conversation, this.#lasting.looks.get(conversation));
      } catch {
        // The disk is gone; memory goes with the page.
      }
    }
    void this.flush();
  }

  // --- other tabs ----------------------------------------------------------------------------------------------

  #listen() {
    const leave = () => this.#leave();
    globalThis.addEventListener?.("pagehide", leave);
    // A page that was put away and came back has heard nothing meanwhile.
    globalThis.addEventListener?.("pageshow", ({ persisted }) => persisted && this.#rows.forget());
    globalThis.document?.addEventListener("visibilitychange", () => document.visibilityState === "hidden" && leave());
  }

  /** @param {Page.Change} message */
  #heard(message) {
    if (message.kind === "removed") this.#gone.remove(message.id);
    else if (message.kind === "changed") this.#gone.savedElsewhere(message.id);
    else {
      this.#gone.clear();
      this.#lasting.memory.clear();
    }
    this.#rows.hear(message);
    this.#texts.hear(message);
  }

  /**
   * `here`: what is shown in this tab does not know of it either.
   * @param {Page.Change} change
   * @param {{here?: boolean}} [how]
   */
  #changed(change, { here = false } = {}) {
    this.#tabs.tell(change);
    if (here) this.#tabs.hear(change);
    this.#rows.hear(change);
    this.#texts.hear(change);
  }
}
