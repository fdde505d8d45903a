// Calls that run in the browser: which do, and what their result says.

import assert from "node:assert/strict";
import { test } from "node:test";

import { callOut, isWaiting, takeToolFrame } from "../../glm_ui/web/tools/calls.js";
import { codeOf, runHere, runsByItself, told } from "../../glm_ui/web/tools/in_browser.js";

const words = {
  value: "Value:",
  nothing: "Nothing.",
  left_out: "[{n} left out]",
  time: "Ended after {n} s.",
  no_code: "No code.",
};
const ran = { ok: true, text: "", value: "", left: 0, pictures: [], seconds: 1.2, why: "" };
const here = { key: "k", state: "waiting", why: "browser" };
const asked = { key: "j", state: "waiting", why: "writes" };
const node = (...toolCalls) => ({ toolCalls: structuredClone(toolCalls) });

test("a result says what was printed, what was left out, the value, and why it ended", () => {
  assert.equal(told({ ...ran, text: "a\n", value: "42" }, words).result, "a\nValue: 42");
  assert.equal(told(ran, words).result, "Nothing.");
  assert.equal(told({ ...ran, pictures: ["data:image/png;base64,AA=="] }, words).result, "");
  const late = told({ ...ran, ok: false, text: "a", left: 1234567, seconds: 60.04, why: "time" }, words);
  assert.deepEqual([late.state, late.result], ["failed", "a\n[1,234,567 left out]\nEnded after 60 s."]);
});

test("the code of a call is found however it is wrapped", () => {
  assert.equal(codeOf('{"code": "x = 1"}'), "x = 1");
  assert.equal(codeOf(JSON.stringify(JSON.stringify({ code: "y" }))), "y");
  for (const none of [undefined, "", "null", "3", "[]", '{"code": 3}', '{"cod', '"x"'])
    assert.equal(codeOf(none), null);
});

test("a turn goes on by itself only where nobody is asked", () => {
  assert.equal(runsByItself(node(here)), true);
  assert.equal(isWaiting(node(here)), false);
  assert.equal(runsByItself(node(here, asked)), false);
  assert.equal(isWaiting(node(here, asked)), true);
  assert.equal(runsByItself(node(here, { ...asked, verdict: "once" })), true);
  assert.equal(runsByItself(node({ ...here, verdict: "no" })), false);
  assert.equal(runsByItself(node({ ...here, state: "running" }, { ...here, state: "done" })), false);
});

test("a call has begun before it runs, and a stopped turn begins no other", async () => {
  const stop = new AbortController();
  const turn = node({ ...here, arguments: "{}" }, { ...here, arguments: "{}" });
  const kept = [];
  const keep = async () => {
    kept.push(turn.toolCalls.map(({ state }) => state));
    if (kept.length === 2) stop.abort();
  };
  await runHere(turn, { signal: stop.signal, words, draw: () => {}, keep });
  assert.deepEqual(kept, [
    ["running", "waiting"],
    ["failed", "waiting"],
  ]);
  assert.equal(turn.toolCalls[0].result, "No code.");
  assert.equal(callOut({ ...here, state: "running" }).verdict, "began");
});

test("pictures go out with the call that ran here, and its seconds stay", () => {
  const call = { ...here, state: "done", result: "r", pictures: ["data:image/png;base64,AA=="], seconds: 2 };
  assert.deepEqual(callOut(call).pictures, call.pictures);
  assert.equal(callOut({ ...call, why: undefined }).pictures, undefined);
  const turn = node(call);
  takeToolFrame(turn, { k: "call", index: 0, call: { state: "done", result: "r", seconds: null } });
  assert.equal(turn.toolCalls[0].seconds, 2);
  assert.equal(turn.toolCalls[0].why, undefined);
});
