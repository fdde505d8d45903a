// What the list of earlier turns shows of an answer.

import assert from "node:assert/strict";
import { test } from "node:test";

import { firstWords } from "../../glm_ui/web/multimodal/first_words.js";

const SAID = [
  ["There are **eight bars**. The highest: `x_1`.", "There are eight bars. The highest: x_1."],
  ["# Two\n\n- one-way\n- *two* of 3 - 1\n> said", "Two one-way two of 3 - 1 said"],
  ["| n | v |\n|---|:-:|\n| 1 | 2 |\n\nEnd", "n v 1 2 End"],
  ["Look: [[1,2,3,4]] there, and [1]", "Look: there, and [1]"],
  ['Before\n```json\n[{"bbox_2d": [1]}]\n```\nafter', "Before after"],
  ["Only begun ```json\n[1,", "Only begun"],
  ["", ""],
];

test("an answer is told in its words alone", () => {
  for (const [text, words] of SAID) assert.equal(firstWords(text), words);
});

test("a long answer costs no more than its beginning", () => {
  assert.equal(firstWords("word ".repeat(200_000)).length, 140);
  for (const part of ["```", "|-", "[[1,", "* ", " \t", "#"]) assert.ok(firstWords(part.repeat(100_000)).length <= 140);
});
