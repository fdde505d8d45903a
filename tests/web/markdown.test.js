// The grammar of Markdown, at every place where a stream may be cut.

import assert from "node:assert/strict";
import { test } from "node:test";

import { lineEnds, parseBlocks, splitFormulas } from "../../glm_ui/web/markdown/grammar.js";
import { pieces, runs } from "../../glm_ui/web/markdown/limits.js";
import { mend } from "../../glm_ui/web/markdown/mend.js";
import { seeded, text } from "./random.js";

const CASES = 300;
const raw = (tokens) => tokens.map((token) => token.raw).join("");

test("the tokens of a text, and of every beginning of it, are all of it", () => {
  for (let seed = 0; seed < CASES; seed++) {
    const whole = text(seeded(seed), 14);
    for (let end = 0; end <= whole.length; end++) {
      const cut = whole.slice(0, end);
      for (const live of [false, true]) {
        const { tokens, fill } = parseBlocks(cut, { live });
        tokens.forEach((token) => fill(token));
        // marked itself gives and takes blanks and line breaks at the end of a block.
        assert.equal(raw(tokens).replace(/\s/g, ""), cut.replace(/\s/g, ""), `seed ${seed}, cut at ${end}`);
      }
    }
  }
});

test("blocks parsed one by one are those of the whole", () => {
  for (let seed = 0; seed < CASES; seed++) {
    const whole = text(seeded(seed), 14);
    const one = parseBlocks(whole);
    const other = parseBlocks(whole);
    one.tokens.forEach((token) => one.fill(token));
    [...other.tokens].reverse().forEach((token) => other.fill(token));
    assert.deepEqual(JSON.parse(JSON.stringify(one.tokens)), JSON.parse(JSON.stringify(other.tokens)), `seed ${seed}`);
  }
});

test("an open end is mended at every cut without throwing", () => {
  for (let seed = 0; seed < CASES; seed++) {
    const whole = text(seeded(seed), 14);
    for (let end = 0; end <= whole.length; end++) assert.equal(typeof mend(whole.slice(0, end)), "string");
  }
});

test("pieces, runs and formulas of a text are all of it", () => {
  for (let seed = 0; seed < CASES; seed++) {
    const whole = text(seeded(seed), 400);
    assert.equal(pieces(whole).join(""), whole);
    assert.equal(
      runs(whole)
        .map(([piece]) => piece)
        .join(""),
      whole,
    );
    const parts = splitFormulas(whole).map((part) => (typeof part === "string" ? part : part.raw));
    assert.equal(parts.join(""), whole, `seed ${seed}`);
  }
});

test("line ends of every system become one", () => {
  assert.equal(lineEnds("a\r\nb\rc\n"), "a\nb\nc\n");
});
