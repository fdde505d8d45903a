// Where a sheet is cut into pictures, and what its XML may hold.

import assert from "node:assert/strict";
import { test } from "node:test";

import { cutsOf, xmlText } from "../../glm_ui/web/picture/cuts.js";
import { assertLinear } from "./linear.js";

/** @param {number} count lines of 20 pixels with gaps of 5 */
const lines = (count) => Array.from({ length: count }, (_, i) => [i * 25, i * 25 + 20]);

test("what fits is one picture, and a longer sheet is cut between lines", () => {
  assert.deepEqual(cutsOf(99.4, lines(4), 100), [100]);
  assert.deepEqual(cutsOf(250, lines(10), 110), [100, 200, 250]);
});

test("no line is cut, whatever lies beside it, and what is higher than a picture is cut at its end", () => {
  const beside = [
    [0, 60],
    [50, 98],
    [90, 120],
    [130, 180],
  ];
  assert.deepEqual(cutsOf(200, beside, 125), [125, 200]);
  assert.deepEqual(cutsOf(200, beside, 135), [130, 200]);
  const high = [
    [0, 80],
    [80, 300],
  ];
  assert.deepEqual(cutsOf(300, high, 100), [80, 180, 280, 300]);
});

test("cutting takes linear time", () => {
  assertLinear(
    (size) => lines(size),
    (solid) => cutsOf(solid.length * 25, solid, 1000),
    "lines of a sheet",
  );
});

test("text becomes what XML may hold", () => {
  assert.equal(xmlText("a\u0000b\u0008\tc\n\u001f\uffff"), "ab\tc\n");
  assert.equal(xmlText("\ud800x\udc00 👩‍👩‍👧"), "\ufffdx\ufffd 👩‍👩‍👧");
  assert.doesNotThrow(() => encodeURIComponent(xmlText("\udfff")));
});
