// Sentences that stand one after the other, in both languages.

import assert from "node:assert/strict";
import { test } from "node:test";

import { sentencesOf } from "../../glm_ui/web/parts/sentences.js";

test("a space stands between English sentences and none after a Chinese one", () => {
  assert.equal(sentencesOf("It failed.", "Try again."), "It failed. Try again.");
  assert.equal(sentencesOf("密钥可能输错。", "请检查密钥。"), "密钥可能输错。请检查密钥。");
  assert.equal(sentencesOf("", null, "One.", undefined, "Two."), "One. Two.");
  assert.equal(sentencesOf(), "");
});
