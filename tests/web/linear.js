// That what outsiders send costs linear time.

import assert from "node:assert/strict";

const SMALL = 2_000;
const TIMES = 8;

/** The least processor time of a few runs, in ms: other programs do not count. */
function best(make, size, work) {
  const times = [];
  for (let run = 0; run < 5; run++) {
    const input = make(size);
    const before = process.cpuUsage();
    work(input);
    const { user, system } = process.cpuUsage(before);
    times.push((user + system) / 1000);
  }
  return Math.min(...times);
}

/** Eight times the input costs about eight times as much; a square would be 64. */
export function assertLinear(make, work, name) {
  const few = Math.max(best(make, SMALL, work), 0.5);
  const many = best(make, TIMES * SMALL, work);
  assert.ok(many < 3 * TIMES * few, `${name}: ${few} ms for ${SMALL}, ${many} ms for ${TIMES * SMALL}`);
}
