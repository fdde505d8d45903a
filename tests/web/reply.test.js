// What a reply makes of its frames, also where a page that is loaded anew takes them up in the middle.

import assert from "node:assert/strict";
import { test } from "node:test";

import { newConversation, newNode } from "../../glm_ui/web/conversations/conversation.js";
import { Replies } from "../../glm_ui/web/chat/replies.js";
import { Reply } from "../../glm_ui/web/chat/reply.js";

async function* numbered(frames, first = 1) {
  for (const [i, frame] of frames.entries()) yield [first + i, structuredClone(frame)];
}

/** The same conversation as another page reads it from the store. */
function reloaded(conversation) {
  const read = structuredClone(conversation);
  const node = read.nodes.find(({ ending }) => ending?.kind === "running");
  return new Reply(read, node, { found: true });
}

function begun(fields, how) {
  const node = newNode({ role: "assistant", ending: { kind: "running" }, ...fields });
  const conversation = { ...newConversation(), nodes: [node] };
  const reply = new Reply(conversation, node, how);
  node.coming.lasts = "turn";
  return reply;
}

const FRAMES = [
  { k: "start", model: "glm-4.6" },
  { k: "d", t: "Hm." },
  { k: "d", a: " and more" },
  { k: "tool", calls: [{ id: "1", name: "clock", key: "builtin/clock", state: "done", result: "12" }] },
  { k: "round", thinking: [{ text: "Hm.", opaque: { signature: "s" } }], seconds: 1 },
  { k: "d", a: "Thus" },
  { k: "take" },
  { k: "d", a: "It is noon." },
  { k: "done", ending: { kind: "stop" }, metrics: { tokens: 3 }, thinking: [{ text: "Thus" }], calls: [] },
];
const WAYS = {
  "a new answer": [{}, {}],
  "an answer that is gone on with": [{ text: "Half", thinking: "Before." }, { goesOn: true }],
  "calls that are gone on with": [{ opaque: [{ text: "Asked." }], thinking: "Asked." }, { resumed: true }],
};

for (const [name, [fields, how]] of Object.entries(WAYS)) {
  test(`${name} comes to the same wherever a reload cuts it`, async () => {
    const whole = begun(fields, how);
    await whole.read(numbered(FRAMES), () => {});
    whole.ended();
    assert.deepEqual([whole.node.text, whole.node.thinking], ["It is noon.", "Thus"]);
    for (let cut = 0; cut <= FRAMES.length - 1; cut++)
      for (const tail of [
        numbered(FRAMES.slice(cut), cut + 1),
        numbered([{ k: "all", frames: FRAMES }], FRAMES.length),
      ]) {
        const first = begun(fields, how);
        await first.read(numbered(FRAMES.slice(0, cut)), () => {});
        const second = reloaded(first.conversation);
        await second.read(tail, () => {});
        second.ended();
        const { id, createdAt } = whole.node;
        const same = (node) => JSON.parse(JSON.stringify({ ...node, id, createdAt }));
        assert.deepEqual(same(second.node), same(whole.node));
      }
  });
}

test("the last frame may be told twice", async () => {
  const reply = begun({}, {});
  await reply.read(numbered(FRAMES), () => {});
  const before = structuredClone(reply.node);
  await reply.read(numbered(FRAMES.slice(-1), FRAMES.length), () => {});
  assert.deepEqual(reply.node, before);
});

test("what the store still reads as coming is shown as it ended here; not so what another tab has asked since", () => {
  const replies = new Replies(Promise.resolve({}), async () => null);
  const reply = begun({}, {});
  const stale = structuredClone(reply.conversation);
  replies.add(reply);
  assert.equal(replies.latest(stale), reply.conversation);
  reply.ended();
  replies.remove(reply);
  assert.equal(replies.latest(stale), reply.conversation);
  const asked = structuredClone(reply.conversation);
  asked.nodes.push(newNode({ role: "assistant", ending: { kind: "running" } }));
  assert.equal(replies.latest(asked), asked);
});
