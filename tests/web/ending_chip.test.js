// Which way out stands below a reply that did not end well.

import assert from "node:assert/strict";
import { test } from "node:test";

import { chipOf } from "../../glm_ui/web/chat/ending_chip.js";

const words = /** @type {any} */ ({
  endings: {
    stopped: { what: "Stopped", more: "", action: "continue" },
    paused: { what: "Paused", more: "", action: "continue" },
    other: { what: "Ended", more: "", action: "continue" },
  },
  actions: { continue: "Continue", retry: "Retry" },
});

/** @param {string} kind @param {object} [more] */
const buttonOf = (kind, more = {}) => {
  const ending = /** @type {any} */ ({ kind });
  return chipOf(ending, words, /** @type {any} */ ({ ending, ...more }))?.button;
};

test("what has begun is continued, what has not is asked again", () => {
  assert.equal(buttonOf("stopped"), "Retry");
  assert.equal(buttonOf("stopped", { thinking: "Hm" }), "Retry");
  assert.equal(buttonOf("stopped", { text: "Some" }), "Continue");
  assert.equal(buttonOf("stopped", { rounds: [{}] }), "Continue");
  assert.equal(buttonOf("stopped", { toolCalls: [{ key: "k", state: "waiting" }] }), "Continue");
  assert.equal(buttonOf("paused"), "Continue");
  assert.equal(buttonOf("stop"), undefined);
});
