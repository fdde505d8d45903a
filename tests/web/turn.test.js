// A turn as the page posts it.

import assert from "node:assert/strict";
import { test } from "node:test";

import { makeTurn } from "../../glm_ui/web/chat/turn.js";

const searched = (size) => ({ text: "", opaque: { searched: { blocks: ["x".repeat(size)] } } });
const MB = 2 ** 20;

test("of what searches found the newest goes along, as much as a turn may have", () => {
  const thought = { text: "Hm.", opaque: { signature: "s" } };
  const answer = (size, more) => ({ role: "assistant", text: "a", opaque: [thought, searched(size)], ...more });
  const shown = [
    answer(2 * MB),
    answer(3 * MB, { rounds: [{ thinking: [searched(1), searched(2 * MB)], text: "", calls: [] }] }),
    answer(0.5 * MB),
  ];
  const before = JSON.stringify(shown);
  const { messages } = makeTurn({ settings: { model: "glm-4.6" }, providers: {}, shown });
  const sizes = ({ thinking }) => thinking.map(({ opaque }) => opaque.searched?.blocks[0].length ?? 0);
  assert.deepEqual(messages.map(sizes), [[0], [0, 3 * MB], [0, 0.5 * MB]]);
  assert.deepEqual(sizes(messages[1].rounds[0]), []);
  assert.equal(JSON.stringify(shown), before, "the conversation keeps all");
});
