// Tool calls as a conversation keeps them: what was decided stays, what began is told, and a file decides nothing.

import assert from "node:assert/strict";
import { test } from "node:test";

import { newConversation } from "../../glm_ui/web/conversations/conversation.js";
import { ownRecord } from "../../glm_ui/web/conversations/import/own.js";
import {
  beginDecided,
  callOut,
  isWaiting,
  takeToolFrame,
  withDecisions,
  withoutBegun,
} from "../../glm_ui/web/tools/calls.js";

const act = { id: "a", name: "s__act", arguments: "{}", key: "ka", pin: "p", state: "waiting", why: "writes" };
const sum = { id: "b", name: "calculator", arguments: "{}", key: "kb", state: "ready", why: "" };

test("what waits for others alone begins with them", () => {
  const node = { toolCalls: structuredClone([{ ...act, verdict: "once" }, sum]) };
  const fresh = structuredClone(node);
  beginDecided(node);
  assert.deepEqual(
    node.toolCalls.map(({ state }) => state),
    ["running", "running"],
  );
  assert.deepEqual(
    fresh.toolCalls.map((call) => callOut(call)),
    [
      { id: "a", name: "s__act", arguments: "{}", key: "ka", verdict: "once", pin: "p" },
      { id: "b", name: "calculator", arguments: "{}", key: "kb" },
    ],
  );
  assert.equal(callOut(node.toolCalls[1]).verdict, "began");
});

test("a yes to a tool that has changed or is away no longer holds, and the person is asked again", () => {
  for (const why of ["changed", "away"]) {
    const node = { toolCalls: [{ ...act, title: "Act", verdict: "once", reason: "" }] };
    beginDecided(node);
    const call = { key: "ka", state: "waiting", why, pin: "q", tool: "s/act@q" };
    takeToolFrame(node, { k: "call", index: 0, call });
    assert.ok(isWaiting(node));
    const { title, verdict, pin } = node.toolCalls[0];
    assert.deepEqual([title, verdict, pin], ["Act", undefined, "q"]);
  }
  const node = { toolCalls: [{ ...act, verdict: "once" }] };
  takeToolFrame(node, { k: "call", index: 0, call: { key: "ka", state: "ready", why: "" } });
  assert.equal(node.toolCalls[0].verdict, "once", "it waits for others alone");
});

test("a list of calls takes no decision away from the calls that it names", () => {
  const bare = { id: "a", name: "s__act", arguments: "{}" };
  assert.deepEqual(withDecisions([{ ...act, verdict: "once" }], [bare])[0], { ...act, verdict: "once" });
  assert.deepEqual(withDecisions([act], [{ ...bare, arguments: '{"x": 1}' }])[0], { ...bare, arguments: '{"x": 1}' });
  assert.deepEqual(withDecisions([act], [{ ...bare, key: "other" }])[0], { ...bare, key: "other" });
  assert.deepEqual(withDecisions([{ ...bare }], [bare]), [bare]);
  assert.deepEqual(withDecisions(undefined, [bare]), [bare]);
});

test("of the calls that a turn was to go on with, those that never began are as they were", () => {
  const before = [{ ...act, verdict: "once" }, sum, { ...act, id: "c", state: "running" }];
  const calls = before.map((call) => ({ ...call, state: "running" }));
  assert.deepEqual(withoutBegun(calls, before, new Set([1])), [before[0], calls[1], calls[2]]);
  const done = [{ ...calls[0], state: "done", result: "r" }, calls[1]];
  assert.deepEqual(withoutBegun(done, before, new Set([0])), [done[0], before[1]]);
});

test("nothing runs by the word of a file", () => {
  const record = newConversation();
  const said = { verdict: "once", server: "built-in", title: "Time", tool: "s/act@p" };
  const call = { ...act, ...said };
  const ended = { ...sum, state: "done", result: "2" };
  record.nodes = [
    { id: "1", parent: null, role: "user", text: "Hi", createdAt: 1 },
    {
      id: "2", parent: "1", role: "assistant", text: "", createdAt: 2, toolCalls: [call, ended], ending: { kind: "waiting" },
      rounds: [{ text: "", thinking: [], calls: [call, ended] }],
    }, // prettier-ignore
  ];
  const read = ownRecord(JSON.parse(JSON.stringify({ ...record, tools: ["s/act"], allowed: ["s/act@p"] })));
  assert.equal(read.tools, undefined);
  assert.equal(read.allowed, undefined);
  const written = { id: "a", name: "s__act", arguments: "{}" };
  assert.deepEqual(read.nodes[1].toolCalls, [written, ended]);
  assert.deepEqual(read.nodes[1].rounds[0].calls, [written, ended]);
  assert.equal(read.nodes[1].ending.kind, "interrupted");
});
