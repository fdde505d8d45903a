// Words that are dictated between others.

import assert from "node:assert/strict";
import { test } from "node:test";

import { spaced } from "../../glm_ui/web/composer/spaced.js";

test("what is said is parted from the words beside it", () => {
  assert.equal(spaced("", "Hello there.", ""), "Hello there.");
  assert.equal(spaced("Say", "hello", "now"), " hello ");
  assert.equal(spaced("Say ", "hello", ", now"), "hello");
  assert.equal(spaced("(", "hello", ")"), "hello");
  assert.equal(spaced("One.", "Two.", ""), " Two.");
});

test("Chinese words have no blanks between them", () => {
  assert.equal(spaced("你好", "世界", "吗"), "世界");
  assert.equal(spaced("好。", "Yes", ""), "Yes");
});
