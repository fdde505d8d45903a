// Conversations as files: what was exported comes back as it was.

import assert from "node:assert/strict";
import { test } from "node:test";

import * as conversations from "../../glm_ui/web/conversations/conversation.js";
import { fileName, toJson } from "../../glm_ui/web/conversations/export.js";
import { NotImportable, readJson } from "../../glm_ui/web/conversations/import.js";
import { packed, unpacked } from "../../glm_ui/web/conversations/portable.js";
import { below, grown, oneOf, seeded, text } from "./random.js";

test("what was exported is imported as it was", async () => {
  for (let seed = 0; seed < 500; seed++) {
    const record = grown(seeded(seed), conversations, 10);
    if (!record.nodes.length) continue;
    const { records, left } = readJson((await toJson([record])).join(""));
    assert.deepEqual(left, []);
    assert.deepEqual(records, [{ ...record, rev: 0 }], `seed ${seed}`);
  }
});

test("a cut export is refused, or read, and never throws anything else", async () => {
  const whole = (await toJson([grown(seeded(7), conversations, 6)])).join("");
  for (let end = 0; end < whole.length; end++) {
    try {
      readJson(whole.slice(0, end));
    } catch (reason) {
      assert.ok(reason instanceof NotImportable, `cut at ${end}: ${reason}`);
    }
  }
});

/** A value of JSON whose keys may look like our marks. */
function value(random, depth = 0) {
  const kind = below(random, depth > 3 ? 4 : 6);
  if (kind < 4) return [null, random() < 0.5, random(), text(random, 3)][kind];
  if (kind === 4) return Array.from({ length: below(random, 4) }, () => value(random, depth + 1));
  const keys = ["$blob", "$$blob", "$", "a", "b"];
  return Object.fromEntries(keys.slice(below(random, 5)).map((key) => [key, value(random, depth + 1)]));
}

test("packing and unpacking is the identity, also for keys that look like marks", async () => {
  for (let seed = 0; seed < 2000; seed++) {
    const given = value(seeded(seed));
    assert.deepEqual(unpacked(JSON.parse(JSON.stringify(await packed(given)))), given, `seed ${seed}`);
  }
});

test("a file name has no character that a system refuses, and its ending", () => {
  for (let seed = 0; seed < 2000; seed++) {
    const random = seeded(seed);
    const title = text(random, 6) + oneOf(random, ["", "/", "..", "\u0000", "CON", "\u202e", "x".repeat(300)]);
    const name = fileName(title, "md");
    assert.match(name, /^[^<>:"/\\|?*\u0000-\u001f\u202a-\u202e]{1,80}\.md$/u, `seed ${seed}: ${JSON.stringify(name)}`);
  }
});
