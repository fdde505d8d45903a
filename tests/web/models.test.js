// What the picker of models lists, and in which order.

import assert from "node:assert/strict";
import { test } from "node:test";

import { arranged, choicesOf, factsOf, familyOf, lacksKey, windowOf } from "../../glm_ui/web/composer/models.js";

const WORDS = {
  favourites: "Favourites",
  other_models: "Other models",
  takes: { image: "images", document: "documents" },
  thinks: "thinking",
  tools: "tools",
  price: "{input} in, {output} out",
  free: "free",
};
const model = (name, released, more = {}) => ({
  name,
  released,
  window: 131072,
  takes: [],
  thinks: true,
  tools: false,
  at: {},
  ...more,
});
const CONFIG = {
  controls: {
    choices: Object.fromEntries(
      ["a:glm-4.6", "a:glm-4.6v", "a:glm-5", "b:glm-4.6", "b:glm-5", "custom:default"].map((value) => [value, []]),
    ),
  },
  providers: {
    a: { name: "Aye", asks_key: true },
    b: { name: "Bee", asks_key: false },
    custom: { name: "Own", asks_key: false },
  },
  models: {
    "glm-4.6": model("GLM-4.6", "2025-09-30", { at: { a: { price: [0.6, 2.2] }, b: { price: [0, 0] } } }),
    "glm-4.6v": model("GLM-4.6V", "2025-12-08", { takes: ["image", "document"], at: { a: { takes: ["image"] } } }),
    "glm-5": model("GLM-5", null, { window: 1048576, tools: true }),
  },
};
const choices = choicesOf(CONFIG);
const listed = (how) =>
  arranged(choices, { favourites: [], usable: ["b"], ...how }, WORDS).map(({ label, choices: mine }) => [
    label,
    ...mine.map(({ value }) => value),
  ]);

test("families come from the newest to the oldest, and what can be asked before what lacks a key", () => {
  assert.deepEqual(listed({}), [
    ["GLM-5", "b:glm-5", "a:glm-5"],
    ["GLM-4.6", "b:glm-4.6", "a:glm-4.6", "a:glm-4.6v"],
    ["Other models", "custom:default"],
  ]);
  assert.deepEqual(listed({ usable: ["a", "b"] })[0], ["GLM-5", "a:glm-5", "b:glm-5"]);
  assert.deepEqual(listed({ query: "4.6 aye" }), [["GLM-4.6", "a:glm-4.6", "a:glm-4.6v"]], "before a newer variant");
  assert.deepEqual(listed({ query: "glm-4.6v 4.6 aye" }), [["GLM-4.6", "a:glm-4.6v"]]);
  assert.deepEqual(listed({ query: "glm-4.6 aye" }), [["GLM-4.6", "a:glm-4.6", "a:glm-4.6v"]], "the whole name first");
  assert.deepEqual(
    choices.filter((choice) => lacksKey(choice, ["b"])).map(({ value }) => value),
    ["a:glm-4.6", "a:glm-4.6v", "a:glm-5"],
  );
});

test("favourites stand above, and in their families too; one that is not offered is left out", () => {
  assert.deepEqual(listed({ favourites: ["gone:glm-1", "b:glm-5"] })[0], ["Favourites", "b:glm-5"]);
  assert.equal(listed({ favourites: ["b:glm-5"] }).length, 4);
});

test("each word that is typed stands in the name, the provider, or what the model takes", () => {
  assert.deepEqual(listed({ query: "4.6 AYE images" }), [["GLM-4.6", "a:glm-4.6v"]]);
  assert.deepEqual(listed({ query: "documents" }), [], "at this provider it takes pictures alone");
  assert.deepEqual(listed({ query: "nothing" }), []);
});

test("a row says who serves it, its window, what it takes and can do, and its price", () => {
  const said = Object.fromEntries(choices.map((choice) => [choice.value, factsOf(choice, WORDS)]));
  assert.equal(said["a:glm-4.6"], "Aye · 128K · thinking · $0.60 in, $2.20 out");
  assert.equal(said["b:glm-4.6"], "Bee · 128K · thinking · free");
  assert.equal(said["a:glm-4.6v"], "Aye · 128K · images · thinking");
  assert.equal(said["b:glm-5"], "Bee · 1M · thinking · tools");
  assert.equal(said["custom:default"], "Own");
});

test("a family is the version in a name; windows are counted as people count them", () => {
  assert.deepEqual(["GLM-4.6V-Flash", "GLM-4 9B", "AutoGLM"].map(familyOf), ["GLM-4.6", "GLM-4", ""]);
  assert.deepEqual([131072, 200000, 204800, 65536, 8000, 1048576].map(windowOf), [
    "128K",
    "200K",
    "200K",
    "64K",
    "8K",
    "1M",
  ]);
});
