// One connection for the turns that go on without their own: made again where it is cut, and given up when that is vain.

import assert from "node:assert/strict";
import { test } from "node:test";

import { Followed } from "../../glm_ui/web/server/followed.js";
import { Outage } from "../../glm_ui/web/server/outage.js";

const event = (turn, number, frame) =>
  (number ? `id: ${number}\n` : "") + `event: ${turn}\ndata: ${JSON.stringify(frame)}\n\n`;
const done = { k: "done", ending: { kind: "stop" } };
const open = () => new AbortController().signal;

/** An answer with these events: it ends then, or (`stays`) is open until `signal` is aborted. */
function answer(events, { signal, stays = false } = {}) {
  const body = new ReadableStream({
    start(controller) {
      for (const each of events) controller.enqueue(new TextEncoder().encode(each));
      if (stays) signal.addEventListener("abort", () => controller.error(signal.reason));
      else controller.close();
    },
  });
  return new Response(body);
}

/** What answers in turn, each a function of the query and the signal; the queries that were asked. */
function followed(...answers) {
  const asked = [];
  const ask = async (query, signal) => {
    asked.push(query);
    const next = answers.length > 1 ? answers.shift() : answers[0];
    return next(query, signal);
  };
  return { asked, turns: new Followed({ ask, wait: () => Promise.resolve() }) };
}

/** Frames but those about the connection. */
async function read(frames) {
  const taken = [];
  for await (const [number, frame] of frames) if (frame.k !== "wait") taken.push([number, frame]);
  return taken;
}

test("a cut connection goes on behind the last frame, to the last one", async () => {
  const { asked, turns } = followed(
    () => answer([event("a", 4, { k: "d", a: "x" })]),
    () => answer([event("a", 5, done)]),
  );
  assert.deepEqual(await read(turns.join("a", 3, { signal: open() })), [
    [4, { k: "d", a: "x" }],
    [5, done],
  ]);
  assert.deepEqual(asked, ["after=a:3", "after=a:4"]);
});

test("a turn is over where its last frame stands in one with all of it", async () => {
  const all = { k: "all", frames: [{ k: "d", a: "x" }, done] };
  const { asked, turns } = followed(() => answer([event("a", 9, all)]));
  assert.deepEqual(await read(turns.join("a", 2, { signal: open() })), [[9, all]]);
  assert.deepEqual(asked, ["after=a:2"]);
});

test("all turns come over one connection, and one that is gone fails alone", async () => {
  const gone = { k: "error", error: { slug: "turn_gone", what: "Gone." } };
  const { asked, turns } = followed(() => answer([event("b", 0, gone), event("c", 7, done), event("a", 2, done)]));
  const came = await Promise.allSettled(["a", "b", "c"].map((id) => read(turns.join(id, 1, { signal: open() }))));
  assert.deepEqual(
    came.map(({ value, reason }) => reason?.error.slug ?? value),
    [[[2, done]], "turn_gone", [[7, done]]],
  );
  assert.deepEqual(asked, ["after=a:1&after=b:1&after=c:1"]);
});

test("who joins later is asked for with the others, and who leaves ends it where nobody is left", async () => {
  const signals = [];
  const held = (_, signal) => (
    signals.push(signal),
    answer([event("a", 2, { k: "d", a: "x" })], { signal, stays: true })
  );
  const { asked, turns } = followed(held, (_, signal) => (signals.push(signal), answer([], { signal, stays: true })));
  const leave = new AbortController();
  const first = turns.join("a", 1, { signal: leave.signal });
  while ((await first.next()).value[1].k === "wait");
  const second = turns.join("b", 0, { signal: leave.signal });
  assert.equal((await second.next()).value[1].phase, "reconnected");
  assert.deepEqual(asked, ["after=a:1", "after=a:2&after=b:0"]);
  leave.abort(new Error("left"));
  for (const each of [first, second]) await assert.rejects(async () => await read(each), /left/);
  assert.deepEqual(
    signals.map(({ aborted }) => aborted),
    [true, true],
  );
});

test("a proxy whose app is away is asked again; who never had an answer asks once", async () => {
  const away = () => new Response("", { status: 502 });
  const patient = followed(away, away, () => answer([event("a", 1, done)]));
  assert.deepEqual(await read(patient.turns.join("a", 0, { signal: open() })), [[1, done]]);
  const once = followed(away);
  await assert.rejects(read(once.turns.join("a", 0, { signal: open(), patient: false })), { unreachable: true });
  assert.equal(once.asked.length, 1);
});

test("a server that refuses is not asked again", async () => {
  const error = { slug: "turn_gone", what: "Gone.", todo: "Continue." };
  const { asked, turns } = followed(() => Response.json({ error }, { status: 404 }));
  await assert.rejects(read(turns.join("a", 3, { signal: open() })), { message: "Gone. Continue." });
  assert.equal(asked.length, 1);
});

test("a connection that has stood for long is made again like a new one, and given up after tries and time", () => {
  let now = 0;
  const outage = new Outage(() => now);
  const pauses = [];
  outage.over();
  now = 3_600_000;
  do {
    outage.failed(true);
    pauses.push(outage.pause);
    now += outage.pause;
  } while (!outage.isHopeless);
  assert.deepEqual(pauses.slice(0, 6), [200, 500, 1000, 2000, 3000, 3000]);
  assert.ok(now - 3_600_000 > 20_000);
  outage.over();
  outage.failed(true);
  now += 60_000; // a page in the background whose clock runs once a minute
  outage.failed(true);
  assert.equal(outage.isHopeless, false);
});

test("without a network no time counts", () => {
  let now = 0;
  const outage = new Outage(() => now);
  for (let tries = 0; tries < 50; tries++) {
    outage.failed(false);
    now += 10_000;
  }
  assert.equal(outage.isHopeless, false);
  outage.failed(true);
  assert.equal(outage.isHopeless, false);
});
