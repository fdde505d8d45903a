// A conversation as a record: its tree, and what becomes of it when two tabs change it.

import assert from "node:assert/strict";
import { test } from "node:test";

import * as conversations from "../../glm_ui/web/conversations/conversation.js";
import { assertLinear } from "./linear.js";
import { grow, grown, seeded } from "./random.js";

const {
  adopt,
  addNode,
  looksOf,
  mergeInto,
  newConversation,
  path,
  removeFrom,
  select,
  siblingsIn,
  titleByQuestion,
  titleFrom,
} = conversations;
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
    const siblings = siblingsIn(conversation);
    for (const node of conversation.nodes) {
      const { ids: beside, index, count } = siblings(node);
      assert.equal(beside[index], node.id);
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

/** A question and its answer. */
function talk(question, answer) {
  const c = newConversation({ tab: "chat" });
  const q = addNode(c, { role: "user", text: question });
  addNode(c, { role: "assistant", parent: q.id, text: answer, ending: { kind: "stop" } });
  return c;
}

const shown = (c) => path(c).map(({ text }) => text);

test("a second answer is a branch and the first is kept", () => {
  const c = talk("q", "a");
  const [q, a] = c.nodes;
  addNode(c, { role: "user", parent: a.id, text: "more" });
  const b = addNode(c, { role: "assistant", parent: q.id, text: "b" });
  assert.deepEqual(shown(c), ["q", "b"]);
  assert.deepEqual(siblingsIn(c)(b), { ids: [a.id, b.id], index: 1, count: 2 });
  select(c, a.id);
  assert.deepEqual(shown(c), ["q", "a", "more"]);
});

test("removing a node takes what is below and shows the version before", () => {
  const c = talk("q", "a");
  const r = addNode(c, { role: "user", text: "r" });
  addNode(c, { role: "assistant", parent: r.id, text: "b" });
  removeFrom(c, r.id);
  assert.deepEqual(shown(c), ["q", "a"]);
  assert.equal(c.nodes.length, 2);
});

test("a title is one short line without marks", () => {
  assert.equal(titleFrom("\n## **How** to  `sort`?\nmore"), "How to sort?");
  assert.ok([...titleFrom("word ".repeat(40))].length <= 60);
  assert.equal([...titleFrom("😀".repeat(80))].filter((each) => each === "😀").length, 59);
});

test("the title follows the first question until one is answered or a person gives another", () => {
  const c = newConversation();
  const ask = (text, ending, answer = "") => {
    const question = addNode(c, { role: "user", parent: null, text });
    titleByQuestion(c, question);
    addNode(c, { role: "assistant", parent: question.id, text: answer, ending });
    return question;
  };
  const first = ask("Why blue?", { kind: "error" });
  ask("Why is it blue?", { kind: "stopped" });
  assert.equal(c.title, "Why is it blue?");
  titleByQuestion(c, first); // retried
  assert.equal(c.title, "Why blue?");
  ask("Why is the sky blue?", { kind: "stop" }, "Because.");
  ask("Why is grass green?", { kind: "stop" }, "Because.");
  assert.equal(c.title, "Why is the sky blue?");
  const named = newConversation();
  Object.assign(named, { title: "Colours", titleByHand: true });
  titleByQuestion(named, addNode(named, { role: "user", parent: null, text: "Why?" }));
  assert.equal(named.title, "Colours");
  const file = newConversation();
  titleByQuestion(file, addNode(file, { role: "user", parent: null, text: "", files: [{ name: "photo.png" }] }));
  assert.equal(file.title, "photo.png");
});

test("an ended reply does not grow back from another tab", () => {
  const mine = talk("a", "stopped here");
  mine.nodes[1].ending = { kind: "stopped" };
  const theirs = structuredClone(mine);
  theirs.nodes[1].text += " and on";
  theirs.nodes[1].ending = { kind: "running" };
  const extra = addNode(theirs, { role: "user", text: "extra" });
  removeFrom(mine, extra.id);
  mergeInto(mine, theirs);
  assert.deepEqual(
    mine.nodes.map(({ text }) => text),
    ["a", "stopped here", "extra"],
  );
});

test("what one tab took back another does not bring again", () => {
  const mine = talk("a", "b");
  const theirs = structuredClone(mine);
  removeFrom(mine, mine.nodes[1].id);
  assert.deepEqual(shown(mergeInto(mine, theirs)), ["a"]);
  assert.equal(mine.nodes.length, 1);
});

/** A conversation of `count` turns in one line, the last node first. */
function long(count) {
  const conversation = newConversation();
  for (let i = 0; i < count; i++) addNode(conversation, { id: `n${i}`, parent: i ? `n${i - 1}` : null, createdAt: i });
  conversation.nodes.reverse();
  return conversation;
}

test("a long conversation costs what its length costs", () => {
  const works = {
    select: (c) => select(c, `n${c.nodes.length - 1}`),
    path,
    remove: (c) => removeFrom(c, "n1"),
    siblings: (c) => path(c).map(siblingsIn(c)),
    merge: (c) => mergeInto(c, { ...long(c.nodes.length), gone: c.nodes.slice(1).map(({ id }) => id) }),
  };
  for (const [name, work] of Object.entries(works)) assertLinear((count) => long(count), work, name);
});

test("nodes that stand in a ring end the search for the branch", () => {
  const ring = newConversation();
  addNode(ring, { id: "a", parent: "b" });
  addNode(ring, { id: "b", parent: "a" });
  select(ring, "a");
  assert.deepEqual(ring.selected, { b: "a", a: "b" });
  removeFrom(ring, "a");
  assert.deepEqual(ring.nodes, []);
});
