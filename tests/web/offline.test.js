// The page's side of the service worker, with a browser that a test holds.

import assert from "node:assert/strict";
import { mock, test } from "node:test";

const VERSION = "v-1111 gradio-6";

/** A browser whose worker of this version waits until it has been offered to take over `offers` times. */
function started(offers, controller = {}) {
  const asked = [];
  const waiting = {
    state: "installed",
    postMessage: (said) => {
      asked.push(said);
      if (asked.length === offers) waiting.state = "activating";
    },
  };
  const registration = { waiting, installing: null, addEventListener: () => undefined };
  const registered = [];
  const register = async (script) => (registered.push(script), registration);
  const meta = { getAttribute: () => VERSION };
  Object.assign(globalThis, { isSecureContext: true, parent: globalThis, window: globalThis });
  Object.assign(globalThis, { document: { querySelector: () => meta } });
  const serviceWorker = { controller, register, ready: Promise.resolve({ active: null }) };
  Object.defineProperty(globalThis, "navigator", { value: { serviceWorker }, configurable: true });
  return { asked, registered };
}

/** Lets seconds pass, one after the other. */
async function pass(seconds) {
  for (let second = 0; second < seconds; second += 1) {
    mock.timers.tick(1000);
    for (let turn = 0; turn < 10; turn += 1) await Promise.resolve();
  }
}

const { followOffline } = await import("../../glm_ui/web/offline/offline.js");

test("a worker that waits is offered to take over again: the page before may still have been there", async () => {
  mock.timers.enable({ apis: ["setTimeout"] });
  const { asked } = started(3);
  await followOffline(() => false);
  await pass(60);
  assert.deepEqual(asked, Array(3).fill({ take: VERSION }));
  mock.timers.reset();
});

test("one that waits for another window is not offered for ever", async () => {
  mock.timers.enable({ apis: ["setTimeout"] });
  const { asked } = started(Infinity);
  await followOffline(() => false);
  await pass(60);
  assert.equal(asked.length, 15);
  mock.timers.reset();
});

test("a first worker is asked for once the page has stood for three seconds and no reply comes", async () => {
  mock.timers.enable({ apis: ["setTimeout"] });
  let isBusy = false;
  const { registered } = started(1, null);
  void followOffline(() => isBusy);
  await pass(2);
  assert.deepEqual(registered, []);
  isBusy = true;
  await pass(20);
  assert.deepEqual(registered, []);
  isBusy = false;
  await pass(4);
  assert.equal(registered.length, 1);
  mock.timers.reset();
});
