// Replies whose page is gone: taken up from the store, followed to their end, kept.

import assert from "node:assert/strict";
import { beforeEach, afterEach, test } from "node:test";

import { newConversation, newNode } from "../../glm_ui/web/conversations/conversation.js";
import { Replies } from "../../glm_ui/web/chat/replies.js";

const real = { fetch: globalThis.fetch, raf: globalThis.requestAnimationFrame };
beforeEach(() => (globalThis.requestAnimationFrame = (draw) => setTimeout(draw)));
afterEach(() => Object.assign(globalThis, { fetch: real.fetch, requestAnimationFrame: real.raf }));

/** Each connection gives these frames of a turn, numbered, and ends. */
function serving(...connections) {
  const asked = [];
  globalThis.fetch = async (url) => {
    asked.push(url);
    const frames = connections.length > 1 ? connections.shift() : connections[0];
    if (!frames) return Response.json({ error: { slug: "turn_gone", what: "Gone." } }, { status: 404 });
    const events = frames.map(([number, frame]) => `id: ${number}\nevent: turn\ndata: ${JSON.stringify(frame)}\n\n`);
    return new Response(events.join(""));
  };
  return asked;
}

/** What a page finds in the store that was left in the middle of a reply. */
function left() {
  const coming = { frame: 2, goesOn: false, resumed: false, before: null, lasts: "turn" };
  const ending = { kind: "running" };
  const node = newNode({ role: "assistant", parent: "question", text: "One ", ending, coming });
  return { ...newConversation(), nodes: [newNode({ id: "question", text: "Count." }), node] };
}

/** The replies of a page whose store tells of each time that it was given a conversation. */
function page() {
  const saved = [];
  let heard = () => {};
  const next = () => new Promise((resolve) => (heard = resolve));
  const kept = { save: async (conversation) => (saved.push(structuredClone(conversation)), heard()), saveSoon() {} };
  const words = { page_failed: "", page_failed_todo: "" };
  return { replies: new Replies(Promise.resolve({ words }), async () => kept), saved, next };
}

test("a reply is followed from its last frame to its end, and kept, before any chat is there to show it", async () => {
  const asked = serving([
    [3, { k: "d", a: "two." }],
    [4, { k: "done", ending: { kind: "stop" } }],
  ]);
  const { replies, saved, next } = page();
  const conversation = left();
  const kept = next();
  assert.equal(replies.takeUp(conversation), true);
  assert.equal(replies.takeUp(structuredClone(conversation)), true, "it comes here already");
  assert.equal(replies.isHere(conversation), true);
  await kept;
  assert.equal(replies.isHere(conversation), false);
  const node = saved[0].nodes[1];
  assert.deepEqual([node.text, node.ending, node.coming], ["One two.", { kind: "stop" }, undefined]);
  assert.equal(saved[0].unread, "done");
  assert.equal(asked[0], "glm_ui/turns?after=turn:2");
});

test("one that the server does not have was interrupted, and keeps what came", async () => {
  serving(null);
  const { replies, saved, next } = page();
  const kept = next();
  replies.takeUp(left());
  await kept;
  const node = saved[0].nodes[1];
  assert.deepEqual([node.text, node.ending, node.coming], ["One ", { kind: "interrupted" }, undefined]);
});

test("there is nothing to go on with where the turn that asked has ended", () => {
  const { replies } = page();
  const conversation = left();
  delete conversation.nodes[1].coming.lasts;
  assert.equal(replies.takeUp(conversation), false);
  assert.equal(replies.isHere(conversation), false);
});

test("tools that run in the browser run when the chat of the reply's tab is there", async () => {
  const call = { id: "1", name: "python", key: "python", state: "waiting", why: "browser" };
  serving([[3, { k: "done", ending: { kind: "waiting" }, calls: [call] }]]);
  const { replies } = page();
  replies.takeUp(left());
  const ran = await new Promise((resolve) => {
    const chat = { tab: "chat", runHere: async (reply) => (resolve(reply.node.toolCalls), true) };
    replies.join(chat);
  });
  assert.deepEqual(ran, [call]);
});
