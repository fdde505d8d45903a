// What "@" finds in a conversation, and what of it stands in the message.

import assert from "node:assert/strict";
import { test } from "node:test";

import { answersIn, filesIn, mentionIn, mentionSource, referenceTo } from "../../glm_ui/web/composer/mention.js";

const WORDS = { answer: "answer {n} (“{start}”)", other_answer: "Version of {n}:", file: "the file “{name}”" };

test("an at sign is one where a word may begin", () => {
  assert.deepEqual(mentionIn("see @ans", 8), { from: 4, to: 8, query: "ans" });
  assert.deepEqual(mentionIn("请看@答", 4), { from: 2, to: 4, query: "答" });
  assert.deepEqual(mentionIn("@two words", 10), { from: 0, to: 10, query: "two words" });
  const none = ["me@example.org", "a @ b", "@a\nb", "", "@@", `@${"x".repeat(70)}`];
  for (const text of none) assert.equal(mentionIn(text, text.length), null, text);
  assert.equal(mentionIn("@later", 0), null);
});

const node = (id, role, parent, text, more = {}) => ({ id, role, parent, text, files: [], ...more });
const nodes = [
  node("q1", "user", null, "Capital of *France*?"),
  node("a1", "assistant", "q1", "It was **Lyon**."),
  node("a2", "assistant", "q1", "It is **Paris**.\n\nReally."),
  node("q2", "user", "a2", "And?"),
  node("a3", "assistant", "q2", " "),
];
const shown = nodes.filter(({ id }) => id !== "a1");

test("answers are counted as they are shown; an answer of another version is quoted whole", () => {
  const [two, one, ...rest] = answersIn(shown, nodes);
  assert.deepEqual(rest, []);
  assert.deepEqual([two.n, two.start, two.asked, two.other], [1, "It is Paris. Really.", "Capital of France?", false]);
  assert.deepEqual([one.n, one.other], [1, true]);
  assert.equal(referenceTo(two, WORDS), "answer 1 (“It is Paris. Really.”) ");
  assert.equal(referenceTo({ ...one, text: "a\n\nb $& c" }, WORDS), "Version of 1:\n> a\n> \n> b $& c\n\n");
});

test("a file is offered once, the newest first, and not where no server can have it", () => {
  const file = (id, name = id) => ({ id, name });
  const had = [
    node("q1", "user", null, "", { files: [file("a"), { name: "imported" }] }),
    node("q2", "user", null, "", { files: [file("b"), { url: "https://x.org/c.png" }, file("a")] }),
  ];
  const found = filesIn(had, [file("b", "same")]).map(({ id, url, name }) => name ?? id ?? url);
  assert.deepEqual(found, ["same", "a", "https://x.org/c.png"]);
});

test("what is typed filters files and answers; taking one writes its reference and attaches the file", () => {
  const done = [];
  const source = mentionSource({
    words: WORDS,
    answers: () => answersIn(shown, nodes),
    files: () => [{ id: "a", name: "map $& of Paris.png" }],
    insert: (text) => done.push(text),
    attach: ({ id }) => done.push(id),
  });
  const listed = (query) => source.groups({ query }).flatMap(({ options }) => options);
  assert.equal(listed("paris").length, 2);
  assert.equal(listed("lyon").length, 1);
  assert.equal(listed("berlin").length, 0);
  listed("map")[0].take();
  assert.deepEqual(done, ["the file “map $& of Paris.png” ", "a"]);
});
