// Values that look random and are the same in every run.

/** A generator of numbers in [0, 1): mulberry32. */
export function seeded(seed) {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
}

export const below = (random, most) => Math.floor(random() * most);
export const oneOf = (random, items) => items[below(random, items.length)];

const PIECES = [
  ..."aZ9 \n*_`~$[]()<>!#|\\-+&;:",
  "**bold**",
  "`code`",
  "```js\nlet a;\n```\n",
  "$x^2$",
  "\\[\ny\n\\]\n",
  "| a | b |\n|---|---|\n| 1 | 2 |\n",
  "- item\n",
  "1. first\n",
  "> quote\n",
  "\n\n",
  "[a](https://b.example)",
  "[^1]",
  "[^1]: note\n",
  "中文。**强调。**后",
  "e\u0301",
  "😀",
  "<details>\n",
  "</details>\n",
  "&amp;",
  "\u00a0",
];

/** Text of about `length` pieces, most of them marks of Markdown. */
export const text = (random, length) => Array.from({ length }, () => oneOf(random, PIECES)).join("");

/** A conversation that grew by questions, answers, new versions and removals. */
export function grown(random, { addNode, newConversation, removeFrom, select }, steps) {
  const conversation = newConversation({ settings: { model: "zai:glm-4.6", system: text(random, 3) } });
  conversation.title = text(random, 4);
  for (let step = 0; step < steps; step++) grow(random, conversation, { addNode, removeFrom, select });
  return conversation;
}

/** One more step of such a conversation. */
export function grow(random, conversation, { addNode, removeFrom, select }) {
  const node = conversation.nodes.length ? oneOf(random, conversation.nodes) : null;
  const kind = node ? random() : 0;
  if (kind < 0.75) {
    const user = !node || node.role === "assistant";
    addNode(conversation, {
      parent: node?.id ?? null,
      role: user ? "user" : "assistant",
      text: text(random, below(random, 8)),
      thinking: user ? "" : text(random, below(random, 4)),
      ending: user ? null : { kind: "stop" },
      createdAt: 1_700_000_000_000 + conversation.nodes.length * 1000 + below(random, 1000),
    });
  } else if (kind < 0.9) select(conversation, node.id);
  else removeFrom(conversation, node.id);
}
