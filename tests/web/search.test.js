// Searching a conversation's text, pages as people write them, and figures that are added.

import assert from "node:assert/strict";
import { test } from "node:test";

import { added } from "../../glm_ui/web/chat/metrics.js";
import { folded, searchable, snippet } from "../../glm_ui/web/conversations/store/text.js";
import { pagesOf, textOf } from "../../glm_ui/web/multimodal/pages.js";
import { below, seeded, text } from "./random.js";

test("what is marked in a snippet is a word that was searched for, and the pieces stand in the text", () => {
  for (let seed = 0; seed < 2000; seed++) {
    const random = seeded(seed);
    const body = text(random, 60);
    const words = [folded(body.slice(20, 23)).trim(), "a"].filter((word) => word && !/\s/.test(word));
    for (const [piece, found] of snippet(searchable(`title\n${body}`), words, "title") ?? [])
      if (found) assert.ok(words.includes(folded(piece)), `seed ${seed}`);
  }
});

test("pages as text are those pages again", () => {
  for (let seed = 0; seed < 2000; seed++) {
    const random = seeded(seed);
    const count = 1 + below(random, 40);
    const pages = new Set(Array.from({ length: 1 + below(random, 20) }, () => 1 + below(random, count)));
    assert.deepEqual([...pagesOf(textOf(pages, count), count)].sort(), [...pages].sort(), `seed ${seed}`);
  }
});

test("figures of an answer that went on are the sums of both turns", () => {
  const figure = (value, estimated = false) => ({ value, estimated });
  const one = { output: figure(10), cost: figure(1, true), seconds: 2, retries: 1, ttft: 0.5 };
  const sum = added(one, { output: figure(5), cost: null, seconds: 3, retries: 0, ttft: 0.1, model: "m" });
  assert.deepEqual(
    [sum.output, sum.cost, sum.seconds, sum.retries, sum.ttft, sum.model],
    [figure(15), figure(1, true), 5, 1, 0.5, "m"],
  );
});
