// Saved prompts: what "/" finds, the places that are filled in, and what a file may bring.

import assert from "node:assert/strict";
import { test } from "node:test";

import { toJson } from "../../glm_ui/web/conversations/export.js";
import { readJson } from "../../glm_ui/web/conversations/import.js";
import { filledIn, findPrompts, isPrompt, newOnes, placesIn, promptOf } from "../../glm_ui/web/prompts/prompt.js";
import { slashIn } from "../../glm_ui/web/prompts/slash.js";
import { assertLinear } from "./linear.js";

const prompt = (id, more = {}) => ({ id, kind: "prompt", name: id, text: `Text of ${id}`, at: 1, ...more });
const ids = (prompts) => prompts.map(({ id }) => id);

test("a slash is a sign at the very beginning alone, while its first word is written", () => {
  assert.deepEqual(slashIn("/", 1), { from: 0, to: 1, query: "" });
  assert.deepEqual(slashIn("/sum up", 7), { from: 0, to: 7, query: "sum up" });
  assert.deepEqual(slashIn("/sumHello", 4), { from: 0, to: 4, query: "sum" });
  for (const [text, caret] of [
    ["", 0],
    ["/", 0],
    ["a/", 2],
    [" /", 2],
    ["/ a", 3],
    ["/a\nb", 4],
    ["/etc/hosts", 10],
  ])
    assert.equal(slashIn(text, caret), null, text);
});

test("the names that begin with the query come first, then words of names, then names, then texts", () => {
  const all = [
    prompt("a", { text: "a cat" }),
    prompt("b", { name: "Concatenate" }),
    prompt("c", { name: "My cat" }),
    prompt("d", { name: "Ｃat food", at: 1 }),
    prompt("e", { name: "Cats", at: 2 }),
    prompt("f", { name: "Dog" }),
  ];
  assert.deepEqual(ids(findPrompts(all, "CAT")), ["e", "d", "c", "b", "a"]);
  assert.deepEqual(ids(findPrompts(all, "food cat")), ["d"]);
  assert.deepEqual(findPrompts(all, "bird"), []);
  assert.equal(findPrompts(all, "").length, all.length);
});

test("a place has a name on one line; the value stands in each place of that name, and the caret goes with it", () => {
  const text = "{{a}} {{ b }} {{a}} {{}} {{ }} {{c\n}} {d}";
  assert.deepEqual(
    placesIn(text).map(({ name }) => name),
    ["a", "b", "a"],
  );
  assert.deepEqual(filledIn("x {{a}} {{b}} {{ a }}!", "a", "long value", 14), {
    text: "x long value {{b}} long value!",
    at: 19,
  });
});

test("looking for places takes linear time", () => {
  for (const unit of ["{{", "{{a", "{{ ", "{", "{{a}}"]) assertLinear((size) => unit.repeat(size), placesIn, unit);
});

test("a prompt without a text is none, and without a name it has the beginning of its text", () => {
  assert.equal(promptOf({ kind: "prompt", name: "Empty", text: " \n " }), null);
  const made = promptOf({ kind: "system", name: " ", text: `\n${"word ".repeat(40)}\nmore` });
  assert.ok(made.name.length <= 60 && made.name.endsWith("…"));
  assert.ok(isPrompt(made));
});

test("a file brings what is new or newer, once, and nothing that is no prompt", async () => {
  const own = [prompt("a", { at: 5 }), prompt("b", { at: 5 })];
  const arrived = [
    prompt("a", { at: 4, text: "older" }),
    prompt("b", { at: 6, text: "newer" }),
    { ...own[0], id: "z" },
    prompt("c"),
    { ...prompt("c"), id: "d", name: "c", text: "Text of c" },
  ];
  assert.deepEqual(ids(newOnes(own, arrived)), ["b", "c"]);
  const bad = [
    null,
    1,
    {},
    prompt(""),
    prompt("x", { kind: "tool" }),
    prompt("y", { text: " " }),
    prompt("z", { at: "1" }),
  ];
  const { prompts, left, records } = readJson((await toJson([], [], [...own, ...bad])).join(""));
  assert.deepEqual(prompts, own);
  assert.deepEqual([left.length, records], [bad.length, []]);
  assert.ok(!("prompts" in JSON.parse((await toJson([])).join(""))));
});
