// Which tab has the reply of a conversation, over locks that the tabs make among themselves.

import assert from "node:assert/strict";
import { test } from "node:test";

import { AskedLocks } from "../../glm_ui/web/conversations/store/asked_locks.js";
import { Running } from "../../glm_ui/web/conversations/store/running.js";

/** So many tabs of one browser. What one says has arrived everywhere before any time has passed. */
function tabs(count) {
  const channels = [];
  return Array.from({ length: count }, () => {
    const channel = {
      onmessage: null,
      postMessage: (data) =>
        queueMicrotask(() => channels.filter((each) => each !== channel).forEach((each) => each.onmessage({ data }))),
    };
    channels.push(channel);
    const later = (run, milliseconds) => {
      const timer = setTimeout(run, milliseconds / 100);
      return () => clearTimeout(timer);
    };
    const locks = new AskedLocks("test", { channel, later });
    return { locks, running: new Running("test", locks) };
  });
}

/** A promise, and what resolves it. */
function promised() {
  let resolve;
  const promise = new Promise((done) => (resolve = done));
  return { promise, resolve };
}

test("a lock is one tab's at a time, and the next one's when it is given back", async () => {
  const [one, two] = tabs(2).map(({ locks }) => locks);
  const [taken, given] = [promised(), promised()];
  const order = [];
  const first = one.request("a", {}, async () => (taken.resolve(), await given.promise, order.push("first")));
  await taken.promise;
  assert.equal(await two.request("a", { ifAvailable: true }, (lock) => lock), null);
  assert.equal(await one.request("a", { ifAvailable: true }, (lock) => lock), null);
  assert.deepEqual(await two.request("b", { ifAvailable: true }, (lock) => lock), { name: "b" });
  const second = two.request("a", {}, () => order.push("second"));
  given.resolve();
  await Promise.all([first, second]);
  assert.deepEqual(order, ["first", "second"]);
});

test("of two tabs that ask at the same time one gets the lock", async () => {
  const both = tabs(2).map(({ locks }) => locks.request("a", { ifAvailable: true }, (lock) => Boolean(lock)));
  assert.deepEqual((await Promise.all(both)).sort(), [false, true]);
});

test("a reply whose tab is gone is taken over by one other tab, which holds it to its end", async () => {
  const [gone, ...left] = tabs(3).map(({ running }) => running);
  gone.hold("c");
  await gone.whenLeft("c", assert.fail);
  await left[0].whenLeft("other", async () => false); // that takes as long as to get the first one's lock
  const taken = promised();
  const again = promised();
  let takers = 0;
  const takenBy = (tab) => async () => (takers++ ? again : taken).resolve(tab) ?? true;
  await Promise.all(left.map((tab) => tab.whenLeft("c", takenBy(tab))));
  assert.equal(takers, 0, "the first tab lives");
  gone.release("c");
  const holder = await taken.promise;
  await holder.whenLeft("c", assert.fail);
  assert.equal(takers, 1);
  holder.release("c");
  assert.notEqual(await again.promise, holder);
});

test("where nothing goes on the lock is given back at once", async () => {
  const [one, two] = tabs(2).map(({ running }) => running);
  const looks = [promised(), promised()];
  [one, two].forEach((tab, i) => void tab.whenLeft("c", async () => (looks[i].resolve(), false)));
  await Promise.all(looks.map(({ promise }) => promise));
});

test("who waits for a conversation waits once, and a reply of its own waits behind that", async () => {
  const [other, mine] = tabs(2).map(({ running }) => running);
  other.hold("c");
  await mine.whenLeft("other", async () => false);
  const looked = promised();
  let looks = 0;
  const orphaned = async () => (looks++, looked.resolve(), false);
  await Promise.all([mine.whenLeft("c", orphaned), mine.whenLeft("c", orphaned)]);
  mine.hold("c");
  other.release("c");
  await looked.promise;
  await mine.whenLeft("c", assert.fail);
  assert.equal(looks, 1);
});
