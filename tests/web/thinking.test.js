// What the composer's chip says of a model's thinking, and what its menu offers.
import assert from "node:assert/strict";
import { test } from "node:test";
import { thinkingOf } from "../../glm_ui/web/composer/thinking.js";

const words = { thinking_on: "Thinking", thinking_off: "No thinking", thinking_effort: "Thinking: {effort}" };
const free = { value: true, interactive: true };
const always = { value: true, interactive: false };
const efforts = {
  value: "high",
  choices: [
    ["low", "low"],
    ["high", "high"],
  ],
};
const none = { value: null, choices: [] };
/** @param {ReturnType<typeof thinkingOf>} found */
const drawn = (found) => found && [found.said, ...found.ways.map((way) => `${way.isPicked ? "*" : ""}${way.label}`)];

test("a model that does not think has no chip", () => {
  assert.equal(thinkingOf({ thinking: { value: false, interactive: false }, effort: none }, {}, words), null);
  assert.equal(thinkingOf({}, {}, words), null);
});

test("a switch is on or off as the controls hold it, and as the model has it before they say so", () => {
  const states = { thinking: free, effort: none };
  assert.deepEqual(drawn(thinkingOf(states, {}, words)), ["Thinking", "No thinking", "*Thinking"]);
  const off = thinkingOf(states, { thinking: false }, words);
  assert.deepEqual(drawn(off), ["No thinking", "*No thinking", "Thinking"]);
  assert.deepEqual(
    off?.ways.map(({ settings }) => settings),
    [{ thinking: false }, { thinking: true }],
  );
});

test("a model with efforts offers them beside what can be turned off", () => {
  const states = { thinking: free, effort: efforts };
  assert.deepEqual(drawn(thinkingOf(states, {}, words)), [
    "Thinking: high",
    "No thinking",
    "Thinking: low",
    "*Thinking: high",
  ]);
  const low = thinkingOf({ thinking: always, effort: efforts }, { thinking: false, effort: "low" }, words);
  assert.deepEqual(drawn(low), ["Thinking: low", "*Thinking: low", "Thinking: high"]);
  assert.deepEqual(low?.ways[1].settings, { thinking: true, effort: "high" });
});

test("an effort that the model does not know is none: it is another model's", () => {
  assert.equal(thinkingOf({ thinking: free, effort: efforts }, { effort: "max" }, words)?.said, "Thinking");
  assert.equal(thinkingOf({ thinking: always, effort: none }, { effort: "high" }, words)?.said, "Thinking");
});
