// @ts-nocheck
// Taking conversations out, in, and away: the menu's actions. How files look is export.js and import.js; this decides
// which conversations, says how it went, and leaves nothing half done unsaid.

import { el } from "../parts/dom.js";
import { day, fileName, save, toJson, toMarkdown } from "./export.js";
import { toHtml } from "./export_html.js";
import { NotImportable, readFile } from "./import.js";
import { question } from "../parts/menu.js";
import { post } from "../server/request.js";

const TYPES = { md: "text/markdown;charset=utf-8", html: "text/html;charset=utf-8", json: "application/json" };
const LISTED = 20;

export class Transfer {
  /** `pages`: tab -> controller; `say(text, action)` shows one line. */
  constructor({ store, words, pages, session, say }) {
    Object.assign(this, { store, pages, session, say });
    this.words = { ...words.list, you: words.you, assistant: words.assistant, endings: words.endings };
  }

  /** The lists are told of other tabs' changes by the store, of these by their controllers. */
  #changed() {
    for (const page of this.pages.values()) page.onchange?.();
  }

  // --- out -----------------------------------------------------------------------------------------------------

  async exportOne(id, kind) {
    const record = await this.store.get(id);
    if (record) await this.#save(fileName(record.title || this.words.untitled, kind), kind, [record], []);
  }

  async exportAll(kind = "json") {
    const { words, store } = this;
    const rows = await store.list();
    const leftovers = kind === "json" ? await store.leftovers() : [];
    if (!rows.length && !leftovers.length) return this.say(words.nothing_to_export);
    this.say(words.exporting.replace("{n}", rows.length));
    await this.#save(`glm-ui-conversations-${day(Date.now())}.${kind}`, kind, store.all(), leftovers);
  }

  async #save(name, kind, records, leftovers) {
    const { words } = this;
    const pieces = await {
      json: () => toJson(records, leftovers),
      md: () => toMarkdown(records, words),
      html: () => toHtml(records, words),
    }[kind]();
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
      void this.import([...input.files]);
      input.remove();
    });
    input.addEventListener("cancel", () => input.remove());
    document.body.append(input);
    input.click();
  }

  /** Reads all files whole before it stores anything of them. */
  async import(files) {
    const { words } = this;
    const found = { records: [], left: [], turns: [], bad: [] };
    for (const file of files) {
      this.say(words.importing.replace("{name}", file.name));
      try {
        const { records, left, turn } = await readFile(file);
        found.records.push(...records);
        found.left.push(...left);
        if (turn) found.turns.push(turn);
      } catch (reason) {
        const why =
          reason instanceof NotImportable ? reason.message : file.name.endsWith(".zip") ? "zip_broken" : "broken";
        found.bad.push({ name: file.name, why: words.not_importable[why] });
      }
    }
    const kept = await this.#bring(found.records);
    this.#changed();
    this.#report(found, kept);
    if (found.turns.length) await this.#play(found.turns.at(-1));
  }

  async #bring(records) {
    const kept = { new: 0, known: 0, memory: 0 };
    for (const [i, record] of records.entries()) {
      if (i % 25 === 24) this.say(`${this.words.importing.replace("{name}", "")} ${i + 1}/${records.length}`);
      const { saved, conflict } = await this.store.bring(record);
      if (saved === "memory") kept.memory += 1;
      kept[conflict ? "known" : "new"] += 1;
    }
    return kept;
  }

  #report({ records, left, turns, bad }, kept) {
    const { words } = this;
    const count = records.length === 1 ? words.imported_one : words.imported.replace("{n}", records.length);
    const lines = [
      records.length ? count : turns.length ? "" : words.imported_none,
      kept.known ? words.known.replace("{n}", kept.known) : "",
      kept.memory ? words.in_memory.replace("{n}", kept.memory) : "",
    ].filter(Boolean);
    if (!left.length && !bad.length) return this.say(lines.join(" "));
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
    const body = [...lines, left.length ? words.left.replace("{n}", left.length) : ""]
      .filter(Boolean)
      .map((line) => el("p", {}, line));
    return question({
      title: words.import.replace("…", ""),
      body: [...body, list],
      actions: [{ label: words.close, tone: "main" }],
    });
  }

  async #play(turn) {
    const page = this.pages.get("chat");
    document.querySelector("#tab-chat-button")?.click();
    await page.play(turn);
  }

  // --- away ----------------------------------------------------------------------------------------------------

  async clear() {
    const { words, store } = this;
    const count = (await store.list()).length;
    const text = count === 1 ? words.clear_text_one : words.clear_text.replace("{n}", count);
    const actions = [
      { label: words.cancel },
      { label: words.clear_export, value: "export" },
      { label: words.clear_yes, value: "clear", tone: "bad" },
    ];
    const chosen = await question({ title: words.clear_title, body: [el("p", {}, text)], actions });
    if (chosen === "export") await this.exportAll("json");
    if (chosen !== "clear") return;
    for (const page of this.pages.values()) page.leave();
    await store.clearAll();
    this.#changed();
    // What the server still holds in memory of this page's turns, to show their exact requests.
    post("forget", { session: this.session() }).catch(() => undefined);
    this.say(words.cleared);
  }
}
