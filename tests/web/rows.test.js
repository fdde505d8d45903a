// The rows of all conversations in memory: as the disk has them whenever they are asked for, and read once.

import assert from "node:assert/strict";
import { test } from "node:test";

import { Rows } from "../../glm_ui/web/conversations/store/rows.js";
import { below, seeded } from "./random.js";

/** A disk that counts what is read of it, and answers when it is let. */
class Disk {
  rowsRead = 0;
  wholeReads = 0;
  kept = new Map();
  works = true;

  async rows() {
    await null;
    this.wholeReads++;
    this.rowsRead += this.kept.size;
    return [...this.kept.values()];
  }

  async rowsOf(ids) {
    await null;
    this.rowsRead += ids.length;
    return ids.map((id) => this.kept.get(id));
  }
}

const over = (disk) => {
  const ask = async (question, otherwise) => (disk.works ? question(disk) : otherwise);
  return new Rows(ask);
};
const inOrder = (rows) => [...rows].sort((a, b) => a.id.localeCompare(b.id));

test("whatever is changed, removed and cleared, the rows are those of the disk, and all are read once", async () => {
  for (let seed = 0; seed < 300; seed++) {
    const random = seeded(seed);
    const disk = new Disk();
    const rows = over(disk);
    for (let at = 0; at < 40; at++) disk.kept.set(`c${at}`, { id: `c${at}`, rev: 0 });
    let cleared = 1;
    for (let step = 0; step < 60; step++) {
      const id = `c${below(random, 60)}`;
      const what = below(random, 40);
      if (what === 0) {
        disk.kept.clear();
        rows.hear({ kind: "cleared", id: null });
        cleared++;
      } else if (what < 10) {
        disk.kept.delete(id);
        rows.hear({ kind: "removed", id });
      } else if (what < 30) {
        disk.kept.set(id, { id, rev: step });
        rows.hear({ kind: "changed", id });
      } else assert.deepEqual(inOrder(await rows.all()), inOrder(disk.kept.values()), `seed ${seed}`);
    }
    assert.ok(disk.wholeReads <= cleared, `seed ${seed}`);
  }
});

test("what changes while the rows are read is read again, and of two who ask neither gets an older one", async () => {
  const disk = new Disk();
  const rows = over(disk);
  disk.kept.set("a", { id: "a", rev: 1 });
  const reading = rows.all();
  await null;
  await null;
  disk.kept.set("a", { id: "a", rev: 2 });
  rows.hear({ kind: "changed", id: "a" });
  await reading;
  assert.deepEqual(await rows.all(), [{ id: "a", rev: 2 }]);
  disk.kept.set("a", { id: "a", rev: 3 });
  rows.hear({ kind: "changed", id: "a" });
  const [one, other] = await Promise.all([rows.all(), rows.all()]);
  assert.deepEqual([one[0].rev, other[0].rev], [3, 3]);
});

test("where the disk fails nothing is kept of it, and when it works again all is read", async () => {
  const disk = new Disk();
  const rows = over(disk);
  disk.kept.set("a", { id: "a", rev: 1 });
  disk.works = false;
  assert.deepEqual(await rows.all(), []);
  disk.works = true;
  assert.equal((await rows.all()).length, 1);
  rows.hear({ kind: "changed", id: "a" });
  disk.works = false;
  assert.deepEqual(await rows.all(), []);
  disk.works = true;
  assert.equal((await rows.all()).length, 1);
  assert.equal(disk.wholeReads, 2);
});

test("a thousand changes read the whole once, not a thousand rows one by one", async () => {
  const disk = new Disk();
  const rows = over(disk);
  await rows.all();
  for (let at = 0; at < 1000; at++) {
    disk.kept.set(`c${at}`, { id: `c${at}`, rev: 0 });
    rows.hear({ kind: "changed", id: `c${at}` });
  }
  assert.equal((await rows.all()).length, 1000);
  assert.deepEqual([disk.wholeReads, disk.rowsRead], [2, 1000]);
});
