// A conversation as a record: its tree, and what becomes of it when two tabs change it.

import assert from "node:assert/strict";
import { test } from "node:test";

import * as conversations from "../../glm_ui/web/conversations/conversation.js";
import { grow, grown, seeded } from "./random.js";

const { adopt, looksOf, mergeInto, path, siblings } = conversations;
const CASES = 1000;
const ids = ({ nodes }) => nodes.map(({ id }) => id).sort();
const texts = ({ nodes }) => Object.fromEntries(nodes.map(({ id, text }) => [id, text]));

/** Two copies of one record that went on apart, and how its nodes looked before. */
function apart(seed) {
  const random = seeded(seed);
  const base = grown(random, conversations, 8);
  const [mine, theirs] = [structuredClone(base), structuredClone(base)];
  for (const each of [mine, theirs]) for (let step = 0; step < 4; step++) grow(random, each, conversations);
  return { base, mine, theirs, looks: looksOf(base) };
}

test("a shown path begins at a root and goes from parent to child", () => {
  for (let seed = 0; seed < CASES; seed++) {
    const shown = path(grown(seeded(seed), conversations, 12));
    shown.forEach((node, i) => assert.equal(node.parent, i ? shown[i - 1].id : null, `seed ${seed}`));
  }
});

test("every node is among its siblings", () => {
  for (let seed = 0; seed < CASES; seed++) {
    const conversation = grown(seeded(seed), conversations, 12);
    for (const { id } of conversation.nodes) {
      const { ids: beside, index, count } = siblings(conversation, id);
      assert.equal(beside[index], id);
      assert.equal(beside.length, count);
    }
  }
});

test("merging the same record once more changes nothing", () => {
  for (let seed = 0; seed < CASES; seed++) {
    const { mine, theirs, looks } = apart(seed);
    mergeInto(mine, structuredClone(theirs), looks);
    const once = structuredClone(mine);
    mergeInto(mine, structuredClone(theirs), looks);
    assert.deepEqual(ids(mine), ids(once), `seed ${seed}`);
    assert.deepEqual(texts(mine), texts(once), `seed ${seed}`);
  }
});

test("two tabs end with the same nodes whichever of them merges", () => {
  for (let seed = 0; seed < CASES; seed++) {
    const { mine, theirs, looks } = apart(seed);
    const one = mergeInto(structuredClone(mine), structuredClone(theirs), looks);
    const other = mergeInto(structuredClone(theirs), structuredClone(mine), looks);
    assert.deepEqual(ids(one), ids(other), `seed ${seed}`);
    assert.deepEqual(texts(one), texts(other), `seed ${seed}`);
  }
});

test("of a node that one tab changed, the change holds, whichever tab merges and however short it is", () => {
  for (let seed = 0; seed < CASES; seed++) {
    const { mine, theirs, looks } = apart(seed);
    const changed = mine.nodes.find(({ id, text }) => looks.has(id) && text);
    if (!changed) continue;
    changed.text = "";
    for (const merged of [
      mergeInto(structuredClone(mine), structuredClone(theirs), looks),
      mergeInto(structuredClone(theirs), structuredClone(mine), looks),
    ])
      assert.equal(merged.nodes.find(({ id }) => id === changed.id)?.text ?? "", "", `seed ${seed}`);
  }
});

test("a node that one tab took away is gone, unless something was said below it", () => {
  for (let seed = 0; seed < CASES; seed++) {
    const { mine, theirs, looks } = apart(seed);
    const merged = mergeInto(structuredClone(mine), structuredClone(theirs), looks);
    const parents = new Set(merged.nodes.map(({ parent }) => parent));
    for (const id of [...(mine.gone ?? []), ...(theirs.gone ?? [])])
      assert.ok(!ids(merged).includes(id) || parents.has(id), `seed ${seed}`);
  }
});

test("a merge loses no node that neither tab took away", () => {
  for (let seed = 0; seed < CASES; seed++) {
    const { mine, theirs, looks } = apart(seed);
    const gone = new Set([...(mine.gone ?? []), ...(theirs.gone ?? [])]);
    const merged = new Set(ids(mergeInto(structuredClone(mine), structuredClone(theirs), looks)));
    for (const { id } of [...mine.nodes, ...theirs.nodes]) assert.ok(gone.has(id) || merged.has(id), `seed ${seed}`);
  }
});

test("what is adopted looks as it was saved, and its nodes stay the same objects", () => {
  for (let seed = 0; seed < CASES; seed++) {
    const { mine, theirs } = apart(seed);
    const before = new Map(mine.nodes.map((node) => [node.id, node]));
    adopt(mine, structuredClone(theirs));
    assert.deepEqual(mine, theirs, `seed ${seed}`);
    for (const node of mine.nodes) assert.equal(before.get(node.id) ?? node, node);
  }
});
