// A region that is drawn on a picture: by a pointer, by keys, and in the picture's own pixels.

import assert from "node:assert/strict";
import { test } from "node:test";

import {
  between,
  dragged,
  gripAt,
  isTooSmall,
  nudged,
  onPixels,
  pixelsOf,
  pointOf,
} from "../../glm_ui/web/multimodal/region_shape.js";
import { seeded } from "./random.js";

const FRAME = { left: 100, top: 50, width: 400, height: 200 };
const BOX = [200, 300, 600, 700];

test("a point of the screen is one of the picture, and beside it the nearest of its edge", () => {
  assert.deepEqual(pointOf({ clientX: 200, clientY: 100 }, FRAME), [250, 250]);
  assert.deepEqual(pointOf({ clientX: 0, clientY: 999 }, FRAME), [0, 1000]);
});

test("a region is the same from whichever corner it is drawn", () => {
  for (const [a, b] of [
    [
      [100, 200],
      [300, 500],
    ],
    [
      [300, 500],
      [100, 200],
    ],
    [
      [300, 200],
      [100, 500],
    ],
  ])
    assert.deepEqual(between(a, b), [100, 200, 300, 500]);
});

test("a pointer holds a corner, a side, the whole, or nothing", () => {
  const reach = [30, 60];
  assert.deepEqual(gripAt(BOX, [190, 290], reach), [-1, -1]);
  assert.deepEqual(gripAt(BOX, [610, 740], reach), [1, 1]);
  assert.deepEqual(gripAt(BOX, [400, 250], reach), [0, -1]);
  assert.deepEqual(gripAt(BOX, [629, 500], reach), [1, 0]);
  assert.deepEqual(gripAt(BOX, [400, 500], reach), [0, 0]);
  assert.equal(gripAt(BOX, [640, 500], reach), null);
  assert.equal(gripAt(BOX, [400, 200], reach), null);
  assert.equal(gripAt(null, [400, 500], reach), null);
});

test("a region smaller than a fingertip can still be moved", () => {
  assert.deepEqual(gripAt([480, 480, 520, 520], [500, 500], [60, 60]), [0, 0]);
  assert.deepEqual(gripAt([480, 480, 520, 520], [440, 500], [60, 60]), [-1, 0]);
});

test("a side follows the pointer and may be drawn over the other, the picture is its end", () => {
  assert.deepEqual(dragged(BOX, [1, 0], [600, 500], [650, 900]), [200, 300, 650, 700]);
  assert.deepEqual(dragged(BOX, [-1, -1], [200, 300], [150, 350]), [150, 350, 600, 700]);
  assert.deepEqual(dragged(BOX, [1, 1], [600, 700], [100, 5000]), [100, 300, 200, 1000]);
});

test("a region keeps its size when it is moved against the edge", () => {
  assert.deepEqual(dragged(BOX, [0, 0], [400, 500], [450, 480]), [250, 280, 650, 680]);
  assert.deepEqual(dragged(BOX, [0, 0], [400, 500], [-900, 900]), [0, 600, 400, 1000]);
});

test("arrow keys move it, with Shift they size it, and held they go faster", () => {
  const how = { size: [4000, 2000], sizes: false, fast: false };
  assert.deepEqual(nudged(BOX, [1, 0], how), [210, 300, 610, 700]);
  assert.deepEqual(nudged(BOX, [0, -1], { ...how, fast: true }), [200, 270, 600, 670]);
  assert.deepEqual(nudged(BOX, [-1, 0], { ...how, sizes: true }), [200, 300, 590, 700]);
  assert.deepEqual(nudged([0, 0, 1000, 1000], [1, 1], { ...how, sizes: true }), [0, 0, 1000, 1000]);
});

test("a key changes a small picture by a pixel at least, and leaves one of the region", () => {
  const how = { size: [20, 10], sizes: false, fast: false };
  assert.deepEqual(nudged(BOX, [1, 1], how), [250, 400, 650, 800]);
  assert.deepEqual(nudged([200, 300, 250, 400], [-1, -1], { ...how, sizes: true }), [200, 300, 250, 400]);
});

test("a click is no region, and neither is a line", () => {
  assert.ok(isTooSmall([500, 500, 500, 500], FRAME));
  assert.ok(isTooSmall([100, 500, 900, 530], FRAME));
  assert.ok(!isTooSmall([100, 500, 130, 550], FRAME));
});

test("a region has whole pixels of the picture, one at least", () => {
  assert.deepEqual(pixelsOf([250, 250, 750, 750], [4000, 3000]), { left: 1000, top: 750, width: 2000, height: 1500 });
  assert.deepEqual(pixelsOf([999.9, 0, 1000, 0.1], [100, 100]), { left: 99, top: 0, width: 1, height: 1 });
});

test("whatever is drawn: it stays in the picture, and its pixels are those that were said", () => {
  const next = seeded(7);
  const some = (most) => next() * most;
  for (let round = 0; round < 2000; round += 1) {
    const size = [1 + Math.floor(some(20000)), 1 + Math.floor(some(20000))];
    const point = () => [some(1000), some(1000)];
    const grip = [Math.floor(some(3)) - 1, Math.floor(some(3)) - 1];
    const sizes = some(1) < 0.5;
    let box = dragged(between(point(), point()), grip, point(), point());
    box = nudged(box, [1, -1], { size, sizes, fast: !sizes });
    const exact = onPixels(box, size);
    const [left, top, right, bottom] = exact;
    assert.ok(0 <= left && left < right && right <= 1000 && 0 <= top && top < bottom && bottom <= 1000, `${exact}`);
    assert.deepEqual(pixelsOf(exact, size), pixelsOf(box, size));
  }
});
