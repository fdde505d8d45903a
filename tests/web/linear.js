// That what outsiders send costs linear time.

import assert from "node:assert/strict";

const SMALL = 2_000;
const TIMES = 32;
/** What caches, the collector and the host may add: 32 times the input, if its cost is a square, costs 1,024 times. */
const SLACK = 5;
const RUNS = 5;

/** Processor time in ms of one run: other programs do not count. */
function timed(make, size, work) {
  const input = make(size);
  const before = process.cpuUsage();
  work(input);
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1000;
}

/** 32 times the input costs about 32 times as much. The least of up to five runs counts. */
export function assertLinear(make, work, name) {
  const few = Math.max(Math.min(...Array.from({ length: RUNS }, () => timed(make, SMALL, work))), 0.5);
  let many = Infinity;
  for (let run = 0; run < RUNS && many >= SLACK * TIMES * few; run++) {
    many = Math.min(many, timed(make, TIMES * SMALL, work));
  }
  assert.ok(many < SLACK * TIMES * few, `${name}: ${few} ms for ${SMALL}, ${many} ms for ${TIMES * SMALL}`);
}
