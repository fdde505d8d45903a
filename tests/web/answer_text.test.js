// Tables of answers as text.

import assert from "node:assert/strict";
import { test } from "node:test";

import { toCsv, toMarkdownTable } from "../../glm_ui/web/reading/answer_text.js";

test("a cell of CSV that holds a comma, a quote or a line break stands in quotes", () => {
  const rows = [
    ["a", "1,5", 'say "hi"'],
    ["two\nlines", "", "=1+1"],
  ];
  assert.equal(toCsv(rows), 'a,"1,5","say ""hi"""\r\n"two\nlines",,=1+1');
});

test("a table of Markdown says how its columns are aligned", () => {
  const rows = [
    ["a", "b", "c", "d"],
    ["1", "2", "3", "4"],
  ];
  assert.equal(
    toMarkdownTable(rows, ["left", "center", "right", ""]),
    "| a | b | c | d |\n| :--- | :---: | ---: | --- |\n| 1 | 2 | 3 | 4 |",
  );
});
