// Taking conversations out, in, and away: the menu's actions. How files look is export.js and import.js; this decides
// which conversations, says how it went, and leaves nothing half done unsaid.

import { play } from "../chat/replay.js";
import { el, find } from "../parts/dom.js";
import { day, fileName, save, toJson, toMarkdown, wordsOfFile } from "./export.js";
import { toHtml } from "./export_html.js";
import { NotImportable, readFile } from "./import.js";
import { question } from "../parts/menu.js";
import { openPrompts } from "../prompts/prompts.js";
import { post } from "../server/request.js";
import { sentencesOf } from "../parts/sentences.js";

/** @type {Record<string, string>} */
const TYPES = { md: "text/markdown;charset=utf-8", html: "text/html;charset=utf-8", json: "application/json" };
const LISTED = 20;

/**
 * What files hold: conversations, those of them that cannot be taken in, turns to be played again, files that cannot be
 * read.
 * @typedef {object} Brought
 * @property {Array<Page.Conversation>} records
 * @property {Array<Page.Prompt>} prompts
 * @property {Array<{title: string, why: string}>} left
 * @property {Array<Page.TurnFile>} turns
 * @property {Array<{name: string, why: string}>} bad
 *
 * How many were taken in: new ones, known ones, of these those that last as long as the tab, and prompts.
 * @typedef {{new: number, known: number, memory: number, prompts: number}} Kept
 */

export class Transfer {
  /**
   * `pages`: tab -> its chat; `say(text, action)` shows one line.
   * @param {{
   * store: import("./store.js").Store,
   * words: Wire.Words,
   * pages: Map<string, import("../chat/chat.js").Chat>,
   * session: Page.Session,
   * say: (text: string, action?: {label: string, run: () => unknown}) => void,
   * }} parts
   */
  constructor({ store, words, pages, session, say }) {
    this.store = store;
    this.pages = pages;
    this.session = session;
    this.say = say;
    this.all = words;
    this.words = wordsOfFile(words);
  }

  /** The lists are told of other tabs' changes by the store, of these by their controllers. */
  #changed() {
    for (const page of this.pages.values()) page.onchange();
  }

  // --- out -----------------------------------------------------------------------------------------------------

  /**
   * @param {string} id
   * @param {string} kind json, md or html
   */
  async exportOne(id, kind) {
    const record = await this.store.get(id);
    if (record) await this.#save(fileName(record.title || this.words.untitled, kind), kind, [record], []);
  }

  /**
   * As a picture, in a dialog.
   * @param {string} id
   */
  async share(id) {
    const [record, { sharePicture }] = await Promise.all([this.store.get(id), import("../picture/share.js")]);
    const chat = [...this.pages.values()].find(({ conversation }) => conversation.id === id);
    if (record) await sharePicture({ record, words: this.all, chat });
  }

  async exportAll(kind = "json") {
    const { words, store } = this;
    const rows = await store.list();
    const leftovers = kind === "json" ? await store.leftovers() : [];
    const prompts = kind === "json" ? (await openPrompts()).all() : [];
    if (!rows.length && !leftovers.length && !prompts.length) return void this.say(words.nothing_to_export);
    this.say(words.exporting.replace("{n}", String(rows.length)));
    return this.#save(`glm-ui-conversations-${day(Date.now())}.${kind}`, kind, store.all(), leftovers, prompts);
  }

  /**
   * @param {string} name
   * @param {string} kind
   * @param {import("./export.js").Records} records
   * @param {Array<unknown>} leftovers
   * @param {Array<Page.Prompt>} [prompts]
   */
  async #save(name, kind, records, leftovers, prompts) {
    const { words } = this;
    const pieces = await (kind === "md"
      ? toMarkdown(records, words)
      : kind === "html"
        ? toHtml(records, words)
        : toJson(records, leftovers, prompts));
    save(name, pieces, TYPES[kind]);
    this.say(words.exported.replace("{name}", name));
  }

  // --- in ------------------------------------------------------------------------------------------------------

  choose() {
    const input = el("input", {
      type: "file",
      multiple: true,
      accept: ".json,.zip,application/json,application/zip",
      class: "glm off-screen",
      "data-testid": "import",
    });
    input.addEventListener("change", () => {
      void this.import([...(input.files ?? [])]);
      input.remove();
    });
    input.addEventListener("cancel", () => input.remove());
    document.body.append(input);
    input.click();
  }

  /**
   * Reads all files whole before it stores anything of them.
   * @param {Array<File>} files
   */
  async import(files) {
    const { words } = this;
    /** @type {Brought} */
    const found = { records: [], prompts: [], left: [], turns: [], bad: [] };
    for (const file of files) {
      this.say(words.importing.replace("{name}", file.name));
      try {
        const read = await readFile(file);
        found.records.push(...read.records);
        found.prompts.push(...read.prompts);
        found.left.push(...read.left);
        if (read.turn) found.turns.push(read.turn);
      } catch (reason) {
        const why =
          reason instanceof NotImportable ? reason.message : file.name.endsWith(".zip") ? "zip_broken" : "broken";
        found.bad.push({ name: file.name, why: words.not_importable[why] });
      }
    }
    const kept = await this.#bring(found.records);
    if (found.prompts.length) kept.prompts = await (await openPrompts()).bring(found.prompts);
    this.#changed();
    void this.#report(found, kept);
    const turn = found.turns.at(-1);
    if (turn) this.#play(turn);
  }

  /**
   * @param {Array<Page.Conversation>} records
   * @returns {Promise<Kept>}
   */
  async #bring(records) {
    const kept = { new: 0, known: 0, memory: 0, prompts: 0 };
    for (const [i, record] of records.entries()) {
      if (i % 25 === 24) this.say(`${this.words.importing.replace("{name}", "")} ${i + 1}/${records.length}`);
      const { saved, conflict } = await this.store.bring(record);
      if (saved === "memory") kept.memory += 1;
      kept[conflict ? "known" : "new"] += 1;
    }
    return kept;
  }

  /**
   * @param {Brought} found
   * @param {Kept} kept
   */
  #report({ records, prompts, left, turns, bad }, kept) {
    const { words } = this;
    const count = records.length === 1 ? words.imported_one : words.imported.replace("{n}", String(records.length));
    const lines = [
      records.length ? count : turns.length || prompts.length ? "" : words.imported_none,
      prompts.length ? words.imported_prompts.replace("{n}", String(kept.prompts)) : "",
      kept.known ? words.known.replace("{n}", String(kept.known)) : "",
      kept.memory ? words.in_memory.replace("{n}", String(kept.memory)) : "",
    ].filter(Boolean);
    if (!left.length && !bad.length) return this.say(sentencesOf(...lines));
    this.say("");
    const list = el(
      "ul",
      {},
      ...bad.map(({ name, why }) => el("li", {}, `${name}: ${why}`)),
      ...left
        .slice(0, LISTED)
        .map(({ title, why }) => el("li", {}, `${title || words.untitled}: ${words.left_why[why]}`)),
      left.length > LISTED ? el("li", {}, `… ${left.length - LISTED}`) : null,
    );
    const body = [...lines, left.length ? words.left.replace("{n}", String(left.length)) : ""]
      .filter(Boolean)
      .map((line) => el("p", {}, line));
    return question({
      title: words.import.replace("…", ""),
      body: [...body, list],
      actions: [{ label: words.close, tone: "main" }],
    });
  }

  /** @param {Page.TurnFile} turn */
  #play(turn) {
    find("#tab-chat-button")?.click();
    const chat = this.pages.get("chat");
    if (chat) play(chat, turn);
  }

  // --- away ----------------------------------------------------------------------------------------------------

  async clear() {
    const { words, store } = this;
    const count = (await store.list()).length;
    const text = count === 1 ? words.clear_text_one : words.clear_text.replace("{n}", String(count));
    const prompts = await openPrompts();
    const saved = prompts.all().length;
    const more = saved ? [el("p", {}, words.clear_prompts.replace("{n}", String(saved)))] : [];
    const actions = [
      { label: words.cancel },
      { label: words.clear_export, value: "export" },
      { label: words.clear_yes, value: "clear", tone: "bad" },
    ];
    const chosen = await question({ title: words.clear_title, body: [el("p", {}, text), ...more], actions });
    if (chosen === "export") await this.exportAll("json");
    if (chosen !== "clear") return;
    for (const page of this.pages.values()) page.leave();
    await Promise.all([store.clearAll(), prompts.clear()]);
    this.#changed();
    // What the server still holds in memory of this page's turns, to show their exact requests.
    post("forget", { session: this.session() }).catch(() => undefined);
    this.say(words.cleared);
  }
}
