// Where records lie: on the disk for as long as there is one, else in this tab's memory; and why they do not last then.

import { looksOf } from "../conversation.js";
import { deleteDisk, openDisk } from "./disk.js";
import { Memory } from "./memory.js";
import { PROBLEMS } from "./problems.js";

/** @typedef {import("./disk.js").Disk} Disk */

export class Lasting {
  /** @type {Disk | null} */
  disk = null;
  memory = new Memory();
  /**
   * How a record's nodes looked when it was last read or written.
   * @type {WeakMap<Page.Conversation, Page.Looks>}
   */
  looks = new WeakMap();
  /**
   * Why conversations do not last here, in one sentence, or null.
   * @type {string | null}
   */
  problem = null;
  /** @type {Page.ProblemKind | null} */
  kind = null;
  #name;
  /** @type {Set<(sentence: string | null) => void>} */
  #listeners = new Set();

  /** @param {string} name of the database */
  constructor(name) {
    this.#name = name;
  }

  /**
   * Opens the disk, and runs `begin` on it before it is used. Never throws.
   * @param {(disk: Disk) => Promise<void>} begin
   */
  async open(begin) {
    try {
      this.disk = await openDisk(this.#name, (kind) => this.#lost(kind));
      await begin(this.disk);
    } catch (reason) {
      this.#lost(reason instanceof DOMException && reason.name === "VersionError" ? "newer" : "blocked");
    }
  }

  /** A database that a newer version made can only be deleted whole. */
  async anew() {
    try {
      await deleteDisk(this.#name);
      this.disk = await openDisk(this.#name, (kind) => this.#lost(kind));
    } catch {
      this.#lost("blocked");
    }
  }

  /**
   * What the disk answers, or `otherwise`.
   * @template T
   * @param {(disk: Disk) => Promise<T>} ask
   * @param {T} otherwise
   * @returns {Promise<T>}
   */
  async ask(ask, otherwise) {
    if (!this.disk) return otherwise;
    try {
      return await ask(this.disk);
    } catch (reason) {
      this.failed(reason);
      return otherwise;
    }
  }

  /**
   * Remembers how a record looks that was read or written just now.
   * @param {Page.Conversation} record
   * @param {Page.Looks} [looks]
   */
  known(record, looks = looksOf(record)) {
    this.looks.set(record, looks);
    return record;
  }

  /**
   * Writes what `next` makes of the record that lies there. `undo` takes its change back where it could not be written.
   * @param {Page.Conversation} conversation
   * @param {(stored: any) => Page.Conversation} next
   * @param {() => void} undo
   * @returns {Promise<"disk" | "memory" | "no">} where it lies now
   */
  async put(conversation, next, undo) {
    const { id, rev } = conversation;
    if (this.disk) {
      try {
        this.known(conversation, await this.disk.change(id, next, { rev, looks: this.looks.get(conversation) }));
        this.memory.remove(id);
        if ((this.kind === "full" || this.kind === "failed") && !this.memory.records.size) this.say(null, null);
        return "disk";
      } catch (reason) {
        undo();
        this.failed(reason);
      }
    }
    try {
      this.memory.change(id, next);
      return "memory";
    } catch (reason) {
      undo();
      this.failed(reason);
      return "no";
    }
  }

  /** @param {any} reason */
  failed(reason) {
    const full = reason?.name === "QuotaExceededError";
    const gone = reason?.name === "InvalidStateError";
    if (gone) this.#lost("blocked");
    else this.say(full ? "full" : reason?.name === "DataError" ? "newer" : "failed");
  }

  /** @param {Page.ProblemKind} kind */
  #lost(kind) {
    this.disk = null;
    this.say(kind);
  }

  /**
   * @param {Page.ProblemKind | null} kind
   * @param {string | null} [sentence]
   */
  say(kind, sentence = kind && kind !== "unreadable" ? PROBLEMS[kind] : null) {
    if (this.problem === sentence) return;
    this.kind = kind;
    this.problem = sentence;
    for (const listener of this.#listeners) listener(sentence);
  }

  /**
   * `listener(sentence or null)` when conversations stop or begin to last. Returns what ends it.
   * @param {(sentence: string | null) => void} listener
   */
  onProblem(listener) {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }
}
