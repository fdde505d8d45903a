// Where conversations are kept: this browser, nowhere else. Never throws: what can't be kept on disk is kept in this
// tab, and `problem` says why in one sentence. How records look is conversation.js; how they lie on disk, store/.

import { adopt, isReadable, isRunning, looksOf, markInterrupted, mergeInto, VERSION } from "./conversation.js";
import { deleteDisk, openDisk } from "./store/disk.js";
import { Memory } from "./store/memory.js";
import { PROBLEMS } from "./store/problems.js";
import { Running } from "./store/running.js";
import { SearchTexts } from "./store/search_texts.js";
import { folded } from "./store/text.js";

const SOON = 1000;

/** @typedef {{saved: "disk" | "memory" | "no", conflict: boolean}} Saved */

/**
 * Opens the store called `name`; `onProblem` as the method of that name.
 * @param {{name?: string, onProblem?: (sentence: string | null) => void}} [options]
 */
export async function openStore({ name = "glm-ui", onProblem } = {}) {
  const store = new Store(name);
  if (onProblem) store.onProblem(onProblem);
  await store.start();
  return store;
}

export class Store {
  /**
   * Why conversations do not last here, in one sentence, or null.
   * @type {string | null}
   */
  problem = null;
  /**
   * blocked, full, newer, failed, unreadable, or null.
   * @type {Page.ProblemKind | null}
   */
  problemKind = null;
  /** How many records were found that can't be read and were left alone, and how many of them are of a newer format. */
  unreadable = 0;
  newer = 0;

  #name;
  /** @type {import("./store/disk.js").Disk | null} */
  #disk = null;
  #memory = new Memory();
  #running;
  /** @type {BroadcastChannel | null} */
  #channel = null;
  /** @type {Map<string, {conversation: Page.Conversation, timer: ReturnType<typeof setTimeout>}>} */
  #soon = new Map();
  /** @type {Promise<unknown>} */
  #queue = Promise.resolve();
  /** @type {Page.Conversation | null} */
  #saving = null;
  /** @type {WeakMap<Page.Conversation, Page.Looks>} */
  #looks = new WeakMap(); // conversation -> how its nodes looked when it was last read or written
  #texts = new SearchTexts((ask, otherwise) => this.#fromDisk(ask, otherwise));
  /** @type {Map<string, number>} */
  #removed = new Map();
  #cleared = 0;
  /** @type {Set<string>} */
  #back = new Set(); // brought in or put back since: what was removed or cleared before does not count for these
  /** @type {{problem: Set<(sentence: string | null) => void>, change: Set<(change: Page.Change) => void>}} */
  #listeners = { problem: new Set(), change: new Set() };

  /** @param {string} name */
  constructor(name) {
    this.#name = name;
    this.#running = new Running(name);
  }

  async start() {
    this.#listen();
    try {
      this.#disk = await openDisk(this.#name, (kind) => this.#lost(kind));
      await this.#disk.collect();
      const rows = await this.#disk.rows();
      const other = rows.filter(({ v }) => v !== VERSION).length;
      const unreadable = await this.#disk.check(rows);
      Object.assign(this, {
        unreadable: unreadable.length + other,
        newer: unreadable.filter((v) => v > VERSION).length + other,
      });
      for (const row of rows.filter(({ running, v }) => running && v === VERSION)) await this.#watch(row);
    } catch (reason) {
      this.#lost(reason instanceof DOMException && reason.name === "VersionError" ? "newer" : "blocked");
    }
    if (this.#disk && this.unreadable) this.#say("unreadable", PROBLEMS.unreadable(this.unreadable, this.newer));
  }

  /**
   * `listener(sentence or null)` when conversations stop or begin to last. Returns what ends it.
   * @param {(sentence: string | null) => void} listener
   */
  onProblem(listener) {
    this.#listeners.problem.add(listener);
    return () => this.#listeners.problem.delete(listener);
  }

  /**
   * `listener({kind: "changed"|"removed"|"cleared", id})` for what other tabs did. Returns what ends it.
   * @param {(change: Page.Change) => void} listener
   */
  onChange(listener) {
    this.#listeners.change.add(listener);
    return () => this.#listeners.change.delete(listener);
  }

  // --- reading -------------------------------------------------------------------------------------------------

  /**
   * Light rows for the side bar, pinned first, then newest first; with `query` those that hold all of its words, each
   * with a `snippet`: [[text, found], …] or null where the title alone has them.
   * @param {{query?: string}} [options]
   * @returns {Promise<Array<Page.Row>>}
   */
  async list({ query = "" } = {}) {
    const rows = new Map();
    for (const row of await this.#fromDisk((disk) => disk.rows(), [])) if (row.v === VERSION) rows.set(row.id, row);
    for (const row of this.#memory.rows()) rows.set(row.id, row);
    const words = folded(query).split(/\s+/).filter(Boolean);
    const found = words.length
      ? await this.#texts.find([...rows.values()], words, this.#memory.texts())
      : [...rows.values()];
    return found.sort((a, b) => Number(b.pinned) - Number(a.pinned) || b.updatedAt - a.updatedAt);
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
    const waiting = this.#soon.get(id)?.conversation;
    const record = this.#memory.read(id) ?? (await this.#fromDisk((disk) => disk.read(id), undefined));
    if (waiting) {
      const [copy, looks] = [structuredClone(waiting), this.#looks.get(waiting)];
      return looks ? this.#known(copy, looks) : copy;
    }
    if (!isReadable(record)) return null;
    if (!record.nodes.some(isRunning)) return this.#known(record);
    await this.#watch(record);
    return this.#known((await this.#fromDisk((disk) => disk.read(id), undefined)) ?? record);
  }

  /**
   * @param {Page.Conversation} record
   * @param {Page.Looks} [looks]
   */
  #known(record, looks = looksOf(record)) {
    this.#looks.set(record, looks);
    return record;
  }

  /**
   * Makes `conversation` what `get` found of it since. Its nodes stay the same objects; the ids of those that changed.
   * @param {Page.Conversation} conversation
   * @param {Page.Conversation} found
   */
  adopt(conversation, found) {
    const changed = adopt(conversation, found);
    this.#known(conversation);
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
    return this.#fromDisk((disk) => disk.unreadable(), []);
  }

  // --- writing -------------------------------------------------------------------------------------------------

  /**
   * Saves the whole. If another tab saved meanwhile, its nodes are taken into `conversation` first. Resolves to
   * {saved: "disk"|"memory"|"no", conflict}; "no" when it was removed and nothing new was said since.
   * @param {Page.Conversation} conversation
   * @returns {Promise<Saved>}
   */
  save(conversation) {
    clearTimeout(this.#soon.get(conversation.id)?.timer);
    this.#soon.delete(conversation.id);
    return this.#inTurn(() => this.#save(conversation));
  }

  /**
   * Runs `task` after all that was begun before it. One that fails stops none of the later ones.
   * @template T
   * @param {() => Promise<T>} task
   * @returns {Promise<T>}
   */
  #inTurn(task) {
    const result = this.#queue.then(task);
    this.#queue = result.catch(() => undefined);
    return result;
  }

  /**
   * As `save`, at most once a second, and at once when the page goes away.
   * @param {Page.Conversation} conversation
   */
  saveSoon(conversation) {
    const entry = this.#soon.get(conversation.id);
    if (entry) entry.conversation = conversation;
    else
      this.#soon.set(conversation.id, {
        conversation,
        timer: setTimeout(() => this.save(this.#soon.get(conversation.id)?.conversation ?? conversation), SOON),
      });
  }

  /** Saves what waits. */
  flush() {
    return Promise.all([...this.#soon.values()].map(({ conversation }) => this.save(conversation)));
  }

  /**
   * Takes a record from a file in: beside the others, or merged with what it has become here. As `save`.
   * @param {Page.Conversation} record
   */
  bring(record) {
    this.#removed.delete(record.id);
    this.#back.add(record.id);
    const own = new Set(record.nodes.map(({ id }) => id));
    /** @param {Page.Conversation} stored */
    const revive = (stored) => (stored.gone = (stored.gone ?? []).filter((id) => !own.has(id)));
    return this.#inTurn(() => this.#save(record, revive));
  }

  /**
   * @param {Page.Conversation} conversation
   * @param {(stored: Page.Conversation) => void} [before]
   * @returns {Promise<Saved>}
   */
  async #save(conversation, before = () => {}) {
    const { id } = conversation;
    if (this.#stayedRemoved(conversation)) return { saved: "no", conflict: false };
    const rev = conversation.rev;
    let conflict = false;
    /** @param {any} stored */
    const next = (stored) => {
      if (stored && !isReadable(stored)) throw new DOMException("A record of another format is there", "DataError");
      conflict = Boolean(stored) && stored.rev !== rev;
      if (conflict) {
        before(stored);
        mergeInto(conversation, stored, this.#looks.get(conversation));
      }
      conversation.rev = Math.max(stored?.rev ?? 0, rev) + 1;
      return conversation;
    };
    this.#running.hold(id, conversation.nodes.some(isRunning));
    this.#saving = conversation;
    const saved = await this.#put(conversation, next, () => (conversation.rev = rev));
    this.#saving = null;
    this.#removed.delete(id);
    this.#changed({ kind: "changed", id });
    return { saved, conflict };
  }

  /**
   * @param {Page.Conversation} conversation
   * @param {(stored: any) => Page.Conversation} next
   * @param {() => void} undo
   */
  async #put(conversation, next, undo) {
    const { id, rev } = conversation;
    if (this.#disk) {
      try {
        this.#known(conversation, await this.#disk.change(id, next, { rev, looks: this.#looks.get(conversation) }));
        this.#memory.remove(id);
        if (this.problemKind === "full" || this.problemKind === "failed")
          if (!this.#memory.records.size) this.#say(null, null);
        return "disk";
      } catch (reason) {
        undo();
        this.#failed(reason);
      }
    }
    try {
      this.#memory.change(id, next);
      return "memory";
    } catch (reason) {
      undo();
      this.#failed(reason);
      return "no";
    }
  }

  /** @param {string} id */
  async remove(id) {
    clearTimeout(this.#soon.get(id)?.timer);
    this.#soon.delete(id);
    this.#removed.set(id, Date.now());
    this.#back.delete(id);
    this.#memory.remove(id);
    await this.#inTurn(() => this.#fromDisk((disk) => disk.remove(id), undefined));
    this.#changed({ kind: "removed", id });
  }

  /**
   * Brings a removed conversation back. A reply that was coming then comes no more.
   * @param {Page.Conversation} conversation
   */
  restore(conversation) {
    markInterrupted(conversation);
    this.#removed.delete(conversation.id);
    this.#back.add(conversation.id);
    conversation.rev = 0;
    this.#looks.delete(conversation);
    return this.save(conversation);
  }

  /** Forgets every conversation, in all tabs. */
  async clearAll() {
    for (const { timer } of this.#soon.values()) clearTimeout(timer);
    this.#soon.clear();
    this.#cleared = Date.now();
    this.#back.clear();
    this.#memory.clear();
    await this.#inTurn(() => this.#fromDisk((disk) => disk.clear(), undefined));
    Object.assign(this, { unreadable: 0, newer: 0 });
    if (!this.#disk && this.problemKind === "newer") await this.#anew();
    if (this.problemKind !== "blocked") this.#say(null, null);
    this.#changed({ kind: "cleared", id: null });
  }

  /** A database that a newer version made can only be deleted whole. */
  async #anew() {
    try {
      await deleteDisk(this.#name);
      this.#disk = await openDisk(this.#name, (kind) => this.#lost(kind));
    } catch {
      this.#lost("blocked");
    }
  }

  /**
   * A reply that still comes in does not bring a removed conversation back; words said since do.
   * @param {Page.Conversation} conversation
   */
  #stayedRemoved({ id, nodes, createdAt: since }) {
    if (this.#back.has(id)) return false;
    const at = Math.max(this.#removed.get(id) ?? 0, since <= this.#cleared ? this.#cleared : 0);
    return at > 0 && !nodes.some(({ role, createdAt }) => role === "user" && createdAt > at);
  }

  /** The page may be gone in a moment, or only hidden: lays aside what is not saved yet, then saves it in peace. */
  #leave() {
    const unsaved = new Set([...this.#soon.values()].map(({ conversation }) => conversation));
    if (this.#saving) unsaved.add(this.#saving);
    for (const conversation of unsaved) {
      try {
        if (!this.#stayedRemoved(conversation)) this.#disk?.leave(conversation, this.#looks.get(conversation));
      } catch {
        // The disk is gone; memory goes with the page.
      }
    }
    void this.flush();
  }

  // --- what goes wrong -----------------------------------------------------------------------------------------

  /**
   * @template T
   * @param {(disk: import("./store/disk.js").Disk) => Promise<T>} ask
   * @param {T} otherwise
   * @returns {Promise<T>}
   */
  async #fromDisk(ask, otherwise) {
    if (!this.#disk) return otherwise;
    try {
      return await ask(this.#disk);
    } catch (reason) {
      this.#failed(reason);
      return otherwise;
    }
  }

  /** @param {any} reason */
  #failed(reason) {
    const full = reason?.name === "QuotaExceededError";
    const gone = reason?.name === "InvalidStateError";
    if (gone) this.#lost("blocked");
    else this.#say(full ? "full" : reason?.name === "DataError" ? "newer" : "failed");
  }

  /** @param {Page.ProblemKind} kind */
  #lost(kind) {
    this.#disk = null;
    this.#say(kind);
  }

  /**
   * @param {Page.ProblemKind | null} kind
   * @param {string | null} [sentence]
   */
  #say(kind, sentence = kind && kind !== "unreadable" ? PROBLEMS[kind] : null) {
    if (this.problem === sentence) return;
    this.problemKind = kind;
    this.problem = sentence;
    for (const listener of this.#listeners.problem) listener(sentence);
  }

  // --- other tabs ----------------------------------------------------------------------------------------------

  /**
   * Marks a reply as interrupted once the tab that was receiving it is gone.
   * @param {Page.Row | Page.Conversation} record
   */
  #watch({ id, updatedAt }) {
    return this.#running.whenLeft(id, updatedAt, async () => {
      let marked = false;
      await this.#fromDisk(
        (disk) =>
          disk.change(id, (stored) => {
            if (!isReadable(stored) || !(marked = markInterrupted(stored))) return undefined;
            stored.rev += 1;
            return stored;
          }),
        undefined,
      );
      if (marked) this.#changed({ kind: "changed", id });
    });
  }

  #listen() {
    try {
      this.#channel = new BroadcastChannel(this.#name);
      this.#channel.onmessage = ({ data }) => this.#heard(data);
    } catch {
      // Without it the list of another tab is only as fresh as its last look.
    }
    const leave = () => this.#leave();
    globalThis.addEventListener?.("pagehide", leave);
    globalThis.document?.addEventListener("visibilitychange", () => document.visibilityState === "hidden" && leave());
  }

  /** @param {Page.Change} message */
  #heard(message) {
    if (message.kind === "removed") {
      this.#removed.set(message.id, Date.now());
      this.#back.delete(message.id);
    } else if (message.kind === "changed") {
      if (this.#removed.delete(message.id) || this.#cleared) this.#back.add(message.id);
    } else {
      this.#cleared = Date.now();
      this.#back.clear();
      this.#memory.clear();
    }
    this.#forgetText(message);
    for (const listener of this.#listeners.change) listener(message);
  }

  /**
   * @param {Page.Change} change
   */
  #changed(change) {
    this.#channel?.postMessage(change);
    this.#forgetText(change);
  }

  /**
   * @param {Page.Change} change
   */
  #forgetText(change) {
    if (change.kind === "cleared") this.#texts.clear();
    else this.#texts.changed(change.id);
  }
}
