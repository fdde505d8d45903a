// Sources of answers: which one a mark means, and what a turn tells the server of them.

import assert from "node:assert/strict";
import { test } from "node:test";

import { makeTurn } from "../../glm_ui/web/chat/turn.js";
import { takeToolFrame } from "../../glm_ui/web/tools/calls.js";
import { citedIn, listed, knownSources, sourcesAbove, withNumbers } from "../../glm_ui/web/tools/sources.js";

const found = (number, ref = 0, url = `https://${number}.example/`) => ({ number, ref, url, title: `T${number}` });
const answer = (...items) => {
  const node = { role: "assistant", text: "", thinking: "" };
  takeToolFrame(node, { k: "sources", items });
  return node;
};

test("a number means what a tool of ours found, wherever in the conversation; a reference its own reply's", () => {
  const first = answer(found(1), found(2, 1), found(3, 2));
  const second = answer(found(4, 1));
  takeToolFrame(second, { k: "round", thinking: [] });
  takeToolFrame(second, { k: "sources", items: [found(5, 1), found(1, 2), found(6)] });
  const above = sourcesAbove([first, second], second);
  const now = citedIn(second, 1, above);
  assert.equal(now(true, 1).number, 5, "of this round");
  assert.equal(citedIn(second, 0, above)(true, 1).number, 4);
  assert.equal(now(true, 2).url, "https://1.example/", "the provider found again what a tool had found");
  assert.equal(now(false, 6).number, 6);
  assert.equal(now(false, 1).url, "https://1.example/", "what the model has read as 1");
  assert.equal(now(false, 2).number, 1, "no tool has given this number: the provider's own");
  assert.equal(now(false, 9), undefined);
  assert.equal(now(true, 3), undefined);
  assert.deepEqual(
    listed(second.sources).map(({ number }) => number),
    [4, 5, 1, 6],
  );
  assert.equal(withNumbers("So [ref_1], [1], [ref_9].", now), "So [5], [1], [ref_9].");
});

test("the same sources again are kept once, and those of before keep their meaning", () => {
  const node = answer(found(1), found(1), found(2, 1));
  takeToolFrame(node, { k: "sources", items: [found(1), found(2, 1)] });
  assert.equal(node.sources.length, 2);
  const old = {
    sources: [
      { number: 1, url: "https://old.example/" },
      { number: 2, url: "javascript:alert(1)" },
    ],
  };
  assert.equal(citedIn(old, 0)(true, 1).url, "https://old.example/");
  assert.equal(citedIn(old, 0)(false, 1).url, "https://old.example/");
  assert.equal(citedIn(old, 0)(true, 2), undefined);
});

test("a turn names each number and each address once, the newest first, and no more than are taken", () => {
  const old = { sources: [found(1, 0, "https://a.example/"), found(2, 0, "https://b.example/")] };
  const clash = { sources: [found(1, 0, "https://c.example/"), found(7, 0, "https://b.example/")] };
  const odd = [found("x"), found(0), found(3.5), found(10 ** 9), found(8, 0, "file:///etc"), found(9, 0, "x")];
  assert.deepEqual(knownSources([old, clash, { sources: odd }, {}]), [
    { number: 1, url: "https://c.example/" },
    { number: 7, url: "https://b.example/" },
  ]);
  const many = Array.from({ length: 3000 }, (_, n) => found(n + 1));
  assert.equal(knownSources([{ sources: many }]).length, 1000);
});

test("a turn says what was searched by the provider, or has sources", () => {
  const question = (text) => ({ role: "user", text });
  const searched = { ...answer(), text: "A." };
  takeToolFrame(searched, { k: "searched" });
  const shown = [question("1"), searched, question("2"), { ...answer(found(1)), text: "B." }, question("3")];
  const turn = makeTurn({ settings: {}, providers: {}, shown: [...shown, { role: "assistant", text: "C." }] });
  assert.deepEqual(
    turn.messages.map((said) => said.searched ?? false),
    [false, true, false, true, false, false],
  );
  assert.deepEqual(turn.sources, [{ number: 1, url: "https://1.example/" }]);
});
