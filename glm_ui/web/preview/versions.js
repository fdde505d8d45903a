// Which code blocks of a conversation are versions of one thing. Values in, values out; the page's elements stay outside.

/**
 * A block that can be previewed: `turn` is the place of its answer in the conversation, `at` its place among those of its kind
 * in that answer.
 * @typedef {{kind: string, title: string, turn: number, at: number}} Block
 */

/**
 * The versions of `chosen`, the first first. In another answer its version is the block of its kind with the same title,
 * else the one in the same place, unless that has the title of another block of the chosen one's answer.
 * @template {Block} B
 * @param {Array<B>} blocks in the order of the conversation
 * @param {B} chosen
 * @returns {Array<B>}
 */
export function versionsOf(blocks, chosen) {
  const kin = blocks.filter(({ kind }) => kind === chosen.kind);
  const beside = kin.filter((block) => block.turn === chosen.turn && block !== chosen);
  const taken = new Set(beside.map(({ title }) => title).filter((title) => title && title !== chosen.title));
  /** @type {Map<number, Array<B>>} */
  const answers = new Map();
  for (const block of kin) answers.set(block.turn, [...(answers.get(block.turn) ?? []), block]);
  return [...answers].flatMap(([turn, own]) => {
    if (turn === chosen.turn) return chosen;
    const named = chosen.title ? own.find(({ title }) => title === chosen.title) : undefined;
    return named ?? own.find(({ at, title }) => at === chosen.at && !taken.has(title)) ?? [];
  });
}
