// Which draft a page finds, which are too many, and which files' bytes are kept.

import assert from "node:assert/strict";
import { test } from "node:test";

import {
  ALL,
  bounded,
  filesOf,
  isEmpty,
  keyOf,
  LARGEST,
  leftBehind,
  MOST,
  surplus,
} from "../../glm_ui/web/drafts/draft.js";

const draft = (of, page, at) => ({ of, page, at, text: `${of} ${page}`, files: [], line: [] });

test("a page finds the newest draft of a page that is gone, and none of a living one", () => {
  const all = [draft("a", "old", 1), draft("a", "newer", 3), draft("a", "alive", 9), draft("b", "other", 5)];
  assert.equal(leftBehind(all, "a", new Set(["alive"])).page, "newer");
  assert.equal(leftBehind(all, "a", new Set(["alive", "newer", "old"])), null);
  assert.equal(leftBehind([], "a", new Set()), null);
});

test("only the newest are kept, and those of living pages whatever their age", () => {
  const all = Array.from({ length: MOST + 3 }, (_, i) => draft(`c${i}`, `p${i}`, i));
  assert.deepEqual(
    surplus(all, new Set(["p1"]))
      .map(({ of }) => of)
      .sort(),
    ["c0", "c2"],
  );
});

test("a new conversation's draft hangs on its tab until its first question", () => {
  const conversation = { id: "x", tab: "chat", nodes: [] };
  assert.equal(keyOf(conversation), "new:chat");
  assert.equal(keyOf({ ...conversation, nodes: [{}] }), "x");
});

test("blanks alone are no draft; a file or a message in line is one", () => {
  const nothing = { text: " \n", files: [], line: [] };
  assert.ok(isEmpty(nothing));
  assert.ok(!isEmpty({ ...nothing, files: [{ id: "f" }] }));
  assert.ok(!isEmpty({ ...nothing, line: [{ id: "1", text: "a", more: {} }] }));
});

test("the files of a line are files of the draft", () => {
  const line = [
    { id: "1", text: "a", more: { files: [{ id: "g" }] } },
    { id: "2", text: "b", more: {} },
  ];
  assert.deepEqual(
    filesOf({ files: [{ id: "f" }], line }).map(({ id }) => id),
    ["f", "g"],
  );
});

test("bytes are kept within a bound for each file and for all", () => {
  const sizes = (files) => bounded(files.map((size) => ({ size }))).map(({ size }) => size);
  assert.deepEqual(sizes([LARGEST + 1, LARGEST, 1]), [LARGEST, 1]);
  assert.ok(sizes(Array(20).fill(LARGEST)).reduce((a, b) => a + b) <= ALL);
});
