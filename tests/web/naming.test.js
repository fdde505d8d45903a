// What a model is asked for a name, and the name that is taken.

import assert from "node:assert/strict";
import { test } from "node:test";

import { digestOf, nameFrom } from "../../glm_ui/web/conversations/naming.js";

test("a name is one line without quotes, labels, marks and full stop", () => {
  for (const answer of [
    "Boiling water",
    '"Boiling water."',
    "**Title:** Boiling water\n\nIt is about…",
    "# “Boiling water”",
  ])
    assert.equal(nameFrom(answer), "Boiling water", answer);
  assert.equal(nameFrom("标题：《水的沸点》。"), "水的沸点");
  assert.equal(nameFrom("C++ or C#?"), "C++ or C#?");
});

test("no name is none", () => {
  for (const answer of ["", "\n\n", "…", '""']) assert.equal(nameFrom(answer), "", answer);
});

test("a long name is as short as any title", () => {
  assert.ok(nameFrom("word ".repeat(1000)).length <= 60);
  assert.ok(nameFrom("😀".repeat(100_000)).isWellFormed());
});

test("the model is shown the beginning and the end of a conversation, in short", () => {
  const shown = Array.from({ length: 20 }, (_, i) => ({
    role: i % 2 ? "assistant" : "user",
    text: `message ${i} ${"x".repeat(5000)}`,
  }));
  const asked = digestOf([...shown, { role: "assistant", text: " " }]);
  assert.deepEqual(
    asked.match(/message \d+/g),
    [0, 1, 16, 17, 18, 19].map((i) => `message ${i}`),
  );
  assert.ok(asked.length < 5000);
  assert.match(asked, /\n\nUser: message 0 x+…\n\nAssistant: message 1 /);
});
