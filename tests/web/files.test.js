// Conversations as files, out and in: what needs no browser of it. The rest is in tests/browser/test_exports.py.

import assert from "node:assert/strict";
import { File } from "node:buffer";
import { test } from "node:test";

import * as conversations from "../../glm_ui/web/conversations/conversation.js";
import { fileName, toJson, toMarkdown } from "../../glm_ui/web/conversations/export.js";
import { NotImportable, readFile, readJson } from "../../glm_ui/web/conversations/import.js";
import { packed, unpacked } from "../../glm_ui/web/conversations/portable.js";
import { below, grown, oneOf, seeded, text } from "./random.js";

const { addNode, newConversation, select, titleFrom } = conversations;
const json = async (...records) => (await toJson(records)).join("");

/** A question and its answer. */
function talk(question, answer, more = {}) {
  const c = newConversation({ settings: { model: "zai:glm-4.6", thinking: true, system: "Be brief." } });
  c.title = titleFrom(question);
  const q = addNode(c, { role: "user", text: question });
  addNode(c, { role: "assistant", parent: q.id, text: answer, ending: { kind: "stop" }, ...more });
  return c;
}

test("what was exported is imported as it was", async () => {
  for (let seed = 0; seed < 500; seed++) {
    const record = grown(seeded(seed), conversations, 10);
    if (!record.nodes.length) continue;
    const { records, left } = readJson((await toJson([record])).join(""));
    assert.deepEqual(left, []);
    assert.deepEqual(records, [{ ...record, rev: 0 }], `seed ${seed}`);
  }
});

test("a cut export is refused, or read, and never throws anything else", async () => {
  const whole = (await toJson([grown(seeded(7), conversations, 6)])).join("");
  for (let end = 0; end < whole.length; end++) {
    try {
      readJson(whole.slice(0, end));
    } catch (reason) {
      assert.ok(reason instanceof NotImportable, `cut at ${end}: ${reason}`);
    }
  }
});

/** A value of JSON whose keys may look like our marks. */
function value(random, depth = 0) {
  const kind = below(random, depth > 3 ? 4 : 6);
  if (kind < 4) return [null, random() < 0.5, random(), text(random, 3)][kind];
  if (kind === 4) return Array.from({ length: below(random, 4) }, () => value(random, depth + 1));
  const keys = ["$blob", "$$blob", "$", "a", "b"];
  return Object.fromEntries(keys.slice(below(random, 5)).map((key) => [key, value(random, depth + 1)]));
}

test("packing and unpacking is the identity, also for keys that look like marks", async () => {
  for (let seed = 0; seed < 2000; seed++) {
    const given = value(seeded(seed));
    assert.deepEqual(unpacked(JSON.parse(JSON.stringify(await packed(given)))), given, `seed ${seed}`);
  }
});

test("a file name has no character that a system refuses, and its ending", () => {
  for (let seed = 0; seed < 2000; seed++) {
    const random = seeded(seed);
    const title = text(random, 6) + oneOf(random, ["", "/", "..", "\u0000", "CON", "\u202e", "x".repeat(300)]);
    const name = fileName(title, "md");
    assert.match(name, /^[^<>:"/\\|?*\u0000-\u001f\u202a-\u202e]{1,80}\.md$/u, `seed ${seed}: ${JSON.stringify(name)}`);
  }
});

test("a running reply leaves as an interrupted one", async () => {
  const said = JSON.parse(await json(talk("a", "half", { ending: { kind: "running" } })));
  assert.deepEqual(said.conversations[0].nodes[1].ending, { kind: "interrupted" });
});

test("records that this version cannot read leave with the others", async () => {
  const future = { id: "future", v: 9, title: "From tomorrow", nodes: "elsewhere" };
  const whole = (await toJson([talk("good", "b")], [future])).join("");
  const { records, left } = readJson(whole);
  assert.equal(records.length, 1);
  assert.deepEqual(left, [{ title: "From tomorrow", why: "unreadable" }]);
  assert.equal(JSON.parse(whole).unreadable[0].v, 9);
});

const BREAKAGES = {
  "a text that is a number": (r) => (r.nodes[0].text = 5),
  "a role that is none": (r) => (r.nodes[0].role = "system"),
  "two nodes of one name": (r) => (r.nodes[1].id = r.nodes[0].id),
  "a circle of parents": (r) => (r.nodes[0].parent = r.nodes[1].id),
  "a parent that is nowhere": (r) => (r.nodes[1].parent = "nowhere"),
  "a date in words": (r) => (r.nodes[0].createdAt = "today"),
  "an error without words": (r) => (r.nodes[1].ending = { kind: "error" }),
  "an ending that is text": (r) => (r.nodes[1].ending = "stop"),
  "a call that is nothing": (r) => (r.nodes[1].toolCalls = [null]),
  "a note that is no text": (r) => (r.nodes[1].notes = [{}]),
  "metrics that are a list": (r) => (r.nodes[1].metrics = []),
  "no name": (r) => (r.id = ""),
  "no title": (r) => (r.title = null),
  "another version": (r) => (r.v = 2),
  "nothing selected": (r) => (r.selected = null),
  "a date beyond all dates": (r) => (r.updatedAt = 1e300),
  "settings that are text": (r) => (r.settings = "x"),
  "a file that is no data": (r) => (r.nodes[1].x = { $blob: "no data url" }),
};

for (const [name, breakage] of Object.entries(BREAKAGES))
  test(`a record with ${name} is left out by name and the others come`, async () => {
    const said = JSON.parse(await json(talk("bad", "b"), talk("good", "b")));
    breakage(said.conversations[0]);
    const { records, left } = readJson(JSON.stringify(said));
    assert.deepEqual(
      records.map(({ title }) => title),
      ["good"],
    );
    assert.deepEqual(left, [{ title: name === "no title" ? "#1" : "bad", why: "broken" }]);
  });

const NO_EXPORTS = [
  ["", "empty"],
  ["{", "no_json"],
  ["<!doctype html><p>chat", "web_page"],
  ["[]", "not_known"],
  ["{}", "not_known"],
  ["null", "not_known"],
  ['[{"title": "x"}]', "not_known"],
  ['{"format": "glm-ui-conversations", "version": 2, "conversations": []}', "newer"],
  ['{"format": "glm-ui-conversations", "version": 1}', "broken"],
  [`PK\x05\x06${"\0".repeat(18)}`, "zip_without"],
];

test("a file that is no export says why", async () => {
  for (const [content, why] of NO_EXPORTS)
    await assert.rejects(readFile(new File([content], "x")), { message: why }, JSON.stringify(content));
});

const WORDS = {
  you: "You",
  assistant: "Assistant",
  thinking: "Thinking",
  untitled: "New chat",
  system: "System prompt",
  file: "File",
  tool: "Tool call",
  result_picture: "Picture {n} of the result ({kind}, {size}): in HTML and JSON",
  endings: { other: { what: "Ended" }, stopped: { what: "Stopped" }, interrupted: { what: "Interrupted" } },
};

test("Markdown has the shown branch and closes what was cut", async () => {
  const c = talk("# How?", "Like **this**:\n```js\nlet a", {
    thinking: "uses ``` itself",
    ending: { kind: "stopped" },
    metrics: { model: "GLM-4.6" },
    toolCalls: [
      { name: "look", arguments: "{}", pictures: [`data:image/png;base64,${"A".repeat(8000)}`, "https://a.example/x"] },
    ],
  });
  addNode(c, { parent: c.nodes[0].id, role: "assistant", text: "hidden branch" });
  select(c, c.nodes[1].id);
  const said = (await toMarkdown([c], WORDS)).join("");
  assert.match(said, /^# How\?\n\n\*20/);
  for (const part of [
    "> Be brief.",
    "## You\n\n# How?",
    "````text\nuses ``` itself\n````",
    "```js\nlet a\n```\n\n*Tool call: look*",
    "*Picture 1 of the result (PNG, 6 kB): in HTML and JSON*",
  ])
    assert.ok(said.includes(part), part);
  assert.ok(said.trimEnd().endsWith("*Stopped*"));
  assert.ok(!said.includes("hidden branch"));
  assert.ok(!said.includes("Picture 2"));
});

test("file names are taken by every system", () => {
  const names = {
    "How to: a/b?": "How to ab.md",
    "...": "conversation.md",
    "": "conversation.md",
    CON: "CON conversation.md",
    ["x".repeat(200)]: `${"x".repeat(60)}.md`,
    "中文 标题": "中文 标题.md",
    "a\u202egnp.exe": "agnp.exe.md",
    " .hidden. ": "hidden.md",
  };
  for (const [title, name] of Object.entries(names)) assert.equal(fileName(title, "md"), name);
});

test("a file offers no tool and lets none run unasked", async () => {
  const c = talk("Act.", "Done.");
  const record = { ...c, tools: ["shelf/act"], allowed: ["shelf/act@pin"] };
  const { records } = readJson((await toJson([record])).join(""));
  assert.deepEqual([records[0].tools, records[0].allowed], [undefined, undefined]);
});
