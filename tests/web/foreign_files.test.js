// Exports of other chats, as they are imported: tests/files/*.json.

import assert from "node:assert/strict";
import { File } from "node:buffer";
import { readFileSync } from "node:fs";
import { test } from "node:test";

import { path } from "../../glm_ui/web/conversations/conversation.js";
import { readFile, readJson } from "../../glm_ui/web/conversations/import.js";
import { assertLinear } from "./linear.js";

/** A file as the page reads it; `shown`: role, text and thinking of each node of the path. */
async function read(name) {
  const content = readFileSync(new URL(`../files/${name}`, import.meta.url));
  const { records, left } = await readFile(new File([content], "x.json"));
  const shown = (record) => path(record).map(({ role, text, thinking }) => [role, text, thinking]);
  return { left, records: records.map((record) => ({ ...record, shown: shown(record) })) };
}

const said = ({ shown }) => shown.map(([, text]) => text);

test("ChatGPT of 2023 comes with its branches and shows the same one", async () => {
  const { records, left } = await read("chatgpt_2023.json");
  assert.deepEqual(left, [
    { title: "Empty", why: "without_words" },
    { title: "Broken", why: "without_words" },
  ]);
  assert.equal(records.length, 1);
  const [tower] = records;
  assert.equal(tower.title, "Tower");
  const question = "How tall is the tower?";
  assert.deepEqual(said(tower), [question, "It is **330 m** tall.", "Thanks", "You are welcome, and"]);
  assert.equal(tower.nodes.length, 7);
  const roots = tower.nodes.filter(({ parent }) => parent === null).map(({ text }) => text);
  assert.deepEqual(roots.sort(), ["How tall is the Eiffel tower?", question]);
  const last = tower.nodes.find(({ text }) => text === "You are welcome, and");
  assert.deepEqual([last.ending, last.model], [{ kind: "interrupted" }, "gpt-4"]);
  const { id, createdAt, updatedAt } = tower;
  assert.deepEqual([id, createdAt, updatedAt], ["chatgpt-c-2023", 1680000000250, 1680000100000]);
});

test("ChatGPT of 2026 comes with thoughts, code and without what nobody saw", async () => {
  const { records } = await read("chatgpt_2026.json");
  assert.equal(records.length, 1);
  const [chart] = records;
  assert.equal(chart.pinned, true);
  const [[, asked], [, answer, thinking], ...more] = chart.shown;
  assert.deepEqual(more, []);
  assert.equal(asked, "[picture]\n\nWhat is in this chart?");
  assert.equal(thinking, "Looking\nI see two bars.\n\nCounting\n3 and 5.");
  assert.equal(answer, "```\nprint(3 + 5)\n```\n\n```\n8\n```\n\nTwo bars, **8** in all.");
  assert.deepEqual(chart.nodes[0].files, [{ name: "chart.png" }]);
  assert.ok(!JSON.stringify(chart).includes("private"));
});

test("Open WebUI comes with branches, thinking, errors and its system prompt", async () => {
  const { records } = await read("openwebui_2025.json");
  assert.equal(records.length, 1);
  const [chat] = records;
  assert.deepEqual([chat.title, chat.pinned, chat.settings], ["Goldwater", true, { system: "Be brief." }]);
  assert.deepEqual(said(chat), ["What is the rule called?", "The **Goldwater rule**.", "Since when?", ""]);
  assert.equal(chat.shown[1][2], "They ask for a name.\na < b && c");
  assert.equal(chat.nodes.find(({ text }) => text === "Goldwater.").thinking, "Hm.");
  const picture = { name: "image", thumbnail: "data:image/png;base64,iVBORw0KGgo=" };
  assert.deepEqual(chat.nodes[0].files, [picture, { name: "notes.pdf" }]);
  const failed = chat.nodes.find(({ ending }) => ending?.kind === "error");
  assert.equal(failed.ending.error.what, "The upstream failed.");
});

test("Open WebUI of 2026 and of 2023 are read too", async () => {
  const { records } = await read("openwebui_2026.json");
  assert.equal(records.length, 1);
  assert.deepEqual(records[0].shown, [
    ["user", "See this", ""],
    ["assistant", "A cat.", "Considering it."],
  ]);
  assert.deepEqual(records[0].nodes[1].ending, { kind: "interrupted" });
  const old = (await read("openwebui_2023.json")).records;
  assert.equal(old.length, 1);
  assert.deepEqual(old[0].shown, [
    ["user", "Hello", ""],
    ["assistant", "Yellow.", ""],
  ]);
  assert.deepEqual(old[0].settings, { system: "Answer in rhyme." });
});

const message = (role, text) => ({ author: { role }, content: { content_type: "text", parts: [text] } });

test("hostile names in a foreign export reach no prototype", () => {
  const mapping = JSON.stringify({
    constructor: { id: "constructor", parent: "__proto__", children: [], message: message("assistant", "ho") },
  });
  const first = { id: "__proto__", parent: null, children: ["constructor"], message: message("user", "hi") };
  const all = `{"__proto__": ${JSON.stringify(first)}, ${mapping.slice(1)}`;
  const { records } = readJson(`[{"title": "x", "mapping": ${all}, "current_node": "toString"}]`);
  assert.deepEqual(
    path(records[0]).map(({ text }) => text),
    ["hi", "ho"],
  );
  assert.equal({}.parent, undefined);
  assert.equal(Object.prototype.id, undefined);
});

/** The text of an export with one conversation of `count` messages in a row, said by `author(i)`. */
function inARow(count, author) {
  const mapping = {};
  for (let i = 0; i < count; i++)
    mapping[`m${i}`] = {
      id: `m${i}`,
      parent: i ? `m${i - 1}` : null,
      children: i < count - 1 ? [`m${i + 1}`] : [],
      message: { ...message(author(i), `say ${i}`), create_time: i + 1 },
    };
  return JSON.stringify([{ title: "long", mapping, current_node: `m${count - 1}`, id: "long" }]);
}
const inTurn = (i) => (i % 2 ? "assistant" : "user");

test("a very long conversation overflows nothing", () => {
  const { records } = readJson(inARow(20_000, inTurn));
  assert.equal(path(records[0]).length, 20_000);
  const answer = readJson(inARow(20_000, () => "assistant")).records[0].nodes;
  assert.equal(answer.length, 1);
  assert.equal(answer[0].text.split("\n\n").length, 20_000);
});

test("a long conversation costs what its length costs", () => {
  assertLinear((count) => inARow(count, inTurn), readJson, "in turn");
  assertLinear((count) => inARow(count, () => "assistant"), readJson, "one author");
});
