// What a screen reader is told while a reply comes.

import assert from "node:assert/strict";
import { test } from "node:test";

import { Phases } from "../../glm_ui/web/chat/phases.js";

const WORDS = {
  preparing: "Preparing",
  waiting: "Waiting",
  reconnecting: "Connecting again",
  thinking: "Thinking",
  answering: "Answering",
  retrying: "Retrying in",
};

test("each phase of a reply is said once and no word of it", () => {
  const said = [];
  const phases = new Phases(WORDS, (text) => said.push(text));
  const frames = [
    { k: "files", done: 0, total: 2 },
    { k: "files", done: 1, total: 2 },
    { k: "wait", phase: "connecting" },
    { k: "wait", phase: "first_byte" },
    { k: "retry", attempt: 2, of: 3, delay: 4.2, why: "Overloaded." },
    { k: "wait", phase: "connecting" },
    { k: "d", t: "I " },
    { k: "d", t: "think" },
    { k: "d", a: "It " },
    { k: "wait", phase: "reconnecting" },
    { k: "wait", phase: "reconnected" },
    { k: "d", a: "is." },
    { k: "note" },
  ];
  for (const frame of frames) phases.frame(frame);
  assert.deepEqual(said, [
    "Preparing",
    "Waiting",
    "Overloaded. Retrying in 5 s",
    "Waiting",
    "Thinking",
    "Answering",
    "Connecting again",
    "Answering",
  ]);
});
