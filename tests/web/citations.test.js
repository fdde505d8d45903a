// Where citations stand in an answer: at every place, without a change of what its Markdown means.

import assert from "node:assert/strict";
import { test } from "node:test";

import { unmarked } from "../../glm_ui/web/markdown/cite_mark.js";
import { parseBlocks } from "../../glm_ui/web/markdown/grammar.js";
import { takeFrame } from "../../glm_ui/web/server/stream.js";
import { marked, numbered } from "../../glm_ui/web/tools/citations.js";
import { assertLinear } from "./linear.js";
import { seeded, text } from "./random.js";

const A = "https://a.example/";
const SOURCES = [{ number: 3, url: A, title: "A", snippet: "", published: "" }];
const cite = (at) => ({ at, url: A, text: "" });
const shown = (said, ...places) =>
  marked(
    said,
    places.map((at) => cite(at)),
  ).replace(/\u2E4E\uFDD0\d+\uFDD1/g, "^");

test("a citation stands behind its words", () => {
  for (const [said, at, wanted] of [
    ["High at noon. Low at six.", 13, "High at noon.^ Low at six."],
    ["High at noon. Low", 17, "High at noon. Low^"],
    ["High at noon.\n\nLow", 15, "High at noon.^\n\nLow"],
    ["- High at noon\n- Low", 15, "- High at noon^\n- Low"],
    ["- High at noon\n- Low", 17, "- High at noon^\n- Low"],
    ["High\n1. Low", 8, "High^\n1. Low"],
    ["High at noon", 7, "High at^ noon"],
    ["High at noon", 10, "High at noon^"],
    ["满潮在中午。低潮", 5, "满潮在中午^。低潮"],
    ["**High at noon**.", 14, "**High at noon^**."],
    ["Run `ls -l` now", 7, "Run `ls -l`^ now"],
    ["See [the tides](https://a.example/x) now", 20, "See [the tides](https://a.example/x)^ now"],
    ["See https://a.example/x now", 10, "See https://a.example/x ^ now"],
    ["So $a + b$ it is", 6, "So $a + b$^ it is"],
    ["| a | b |\n|---|---|\n| 1 | 2 |\n", 30, "| a | b |\n|---|---|\n| 1 | 2^ |\n"],
    ["| a | b |\n|---|---|\n| 1 | 2 |", 14, "| a | b^ |\n|---|---|\n| 1 | 2 |"],
    ["Tides:\n\n```\nnoon = 12\n```\nSo", 7, "Tides:^\n\n```\nnoon = 12\n```\nSo"],
    ["Tides:\n\n```\nnoon = 12\n```\nSo", 18, "Tides:\n\n```\nnoon = 12\n```\nSo"],
    ["Tides:\n\n```\nnoon = 12\n```\nSo it is", 33, "Tides:\n\n```\nnoon = 12\n```\nSo it is^"],
    ["$$\na\n$$\nSo", 4, "$$\na\n$$\nSo"],
    ["$$a$$\nSo it is", 14, "$$a$$\nSo it is^"],
    ["", 0, ""],
    ["x", 9, "x"],
  ])
    assert.equal(shown(said, at), wanted, `${JSON.stringify(said)} at ${at}`);
});

test("marks change no block, wherever they stand", () => {
  const kinds = (source) => {
    const { tokens, fill } = parseBlocks(source);
    return tokens.map((token) => fill(token).type);
  };
  for (let seed = 0; seed < 40; seed++) {
    const whole = text(seeded(seed), 14).replace(/\r/g, "");
    for (let at = 0; at <= whole.length; at++) {
      const drawn = marked(whole, [cite(at)]);
      assert.equal(unmarked(drawn).replace(/ /g, ""), whole.replace(/ /g, ""), `seed ${seed} at ${at}`);
      assert.deepEqual(kinds(drawn), kinds(whole), `seed ${seed} at ${at}: ${JSON.stringify(whole)}`);
    }
  }
});

test("emphasis before or around a mark stays emphasis", () => {
  const types = (source) => {
    const { tokens, fill } = parseBlocks(source);
    return tokens.flatMap((token) => fill(token).tokens.map(({ type }) => type));
  };
  for (const [said, at] of [
    ["**High at noon.**", 17],
    ["**High at noon.** Low", 17],
    ["**High at noon.**", 15],
    ["_High at noon._", 15],
    ["*High* at **noon**", 6],
    ["**高潮**在中午", 6],
  ])
    assert.deepEqual(
      types(marked(said, [cite(at)])).filter((type) => type !== "text"),
      types(said).filter((type) => type !== "text"),
      said,
    );
});

test("what is copied and exported has the numbers of the sources", () => {
  const said = { text: "High at noon. Low (maybe).", cited: [cite(13), cite(17), { at: 26, url: "https://gone/" }] };
  assert.equal(numbered(said, SOURCES), "High at noon.[3] Low[3] (maybe).");
  assert.equal(numbered({ text: "as it is" }, SOURCES), "as it is");
  assert.equal(numbered({ text: "High(er)", cited: [cite(4)] }, SOURCES), "High[3] (er)", "it makes no link");
});

const node = (more = {}) => ({ id: "n", role: "assistant", text: "", thinking: "", toolCalls: [], ...more });
const said = (url, back = 0) => ({ k: "cite", url, text: "", back });

test("a citation that streams counts from the end of what has come", () => {
  const reply = node();
  takeFrame(reply, { k: "d", a: "潮🌊 high" });
  takeFrame(reply, said(A));
  takeFrame(reply, said(A, 5));
  takeFrame(reply, said(A));
  assert.deepEqual(
    reply.cited.map(({ at }) => at),
    [8, 3],
    "a character may be two of JavaScript's",
  );
  takeFrame(reply, { k: "take" });
  assert.deepEqual([reply.text, reply.cited], ["", []], "thinking cites nothing");
});

test("a round takes its citations along", () => {
  const reply = node({ text: "Before.", cited: [cite(7)] });
  takeFrame(reply, { k: "round", thinking: [], seconds: 1 });
  assert.deepEqual(reply.rounds[0].cited, [cite(7)]);
  assert.equal(reply.cited, undefined);
});

test("places are found in linear time", () => {
  const makers = ["`", "[", "$", " ", "<a ", "http://", "a ", "1. ", "> ", "a\n", "```\n", "| a "].map(
    (piece) => (size) => piece.repeat(size),
  );
  const places = Array.from({ length: 300 }, (_, i) => cite(i * 13));
  for (const make of makers) assertLinear(make, (said) => marked(said, places), JSON.stringify(make(1)));
});
