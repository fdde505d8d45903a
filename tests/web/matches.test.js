// Words that are looked for in a text.

import assert from "node:assert/strict";
import { test } from "node:test";

import { folded, MOST, placesIn } from "../../glm_ui/web/reading/matches.js";
import { assertLinear } from "./linear.js";

test("letters are found large and small, each at its place", () => {
  for (const text of ["ABC ä Ö 中文 👩‍👩‍👧", "İstanbul İ", "\ud800İ"]) assert.equal(folded(text).length, text.length);
  assert.deepEqual(placesIn(folded("Äpfel, ÄPFEL"), folded("äpfel")), [0, 7]);
  assert.deepEqual(placesIn(folded("İ at"), folded("AT")), [2]);
});

test("places do not overlap, and are not more than can be shown", () => {
  assert.deepEqual(placesIn("aaaa", "aa"), [0, 2]);
  assert.deepEqual(placesIn("abc", ""), []);
  assert.equal(placesIn("a".repeat(MOST + 5), "a").length, MOST);
});

test("a search takes linear time", () => {
  assertLinear(
    (size) => "aİ".repeat(size),
    (text) => placesIn(folded(text), `${"a".repeat(20)}b`),
    "a text of letters that grow when they are made small",
  );
});
