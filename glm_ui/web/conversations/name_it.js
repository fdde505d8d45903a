// A name for a conversation by its own model: one short request, when it is asked for.

import { Reply } from "../chat/reply.js";
import { makeTurn } from "../chat/turn.js";
import { newNode, path } from "./conversation.js";
import { digestOf, nameFrom } from "./naming.js";
import { sentencesOf } from "../parts/sentences.js";

/** Tokens that the name may take. */
const LONGEST = 64;

/**
 * Names the conversation of a row. What comes of it stands below the list, with a way to take it back.
 * @param {import("./list.js").ConversationList} list
 * @param {string} id
 */
export async function nameIt(list, id) {
  const { chat, words, store } = list;
  const conversation = (chat.conversation.id === id ? chat.conversation : null) ?? (await store.get(id));
  if (!conversation) return;
  const { title: before, titleByHand } = conversation;
  const node = newNode({ role: "assistant" });
  const reply = new Reply(conversation, node);
  list.say(words.naming, { label: words.cancel, run: () => reply.stop() });
  clearTimeout(list.fading); // it stands there until the name has come
  try {
    await reply.read(reply.ask("chat", turnFor(chat, conversation), false), () => {});
  } catch (reason) {
    reply.failed(reason, list.all);
  }
  reply.ended();
  const name = nameFrom(node.text);
  if (node.ending?.kind === "stopped") return list.say("");
  if (node.ending?.kind === "error" || !name) return list.say(problemOf(node, words));
  let isNamed = false;
  await list.change(id, (now) => {
    isNamed = now.title === before; // not where it was renamed meanwhile
    if (isNamed) Object.assign(now, { title: name, titleByHand: true });
  });
  if (!isNamed) return list.say("");
  const undo = async () => {
    await list.change(id, (now) => Object.assign(now, { title: before, titleByHand }));
    list.say("");
  };
  return list.say(
    words.named.replace("{name}", () => name),
    { label: words.undo, run: undo },
  );
}

/**
 * @param {import("../chat/chat.js").Chat} chat
 * @param {Page.Conversation} conversation
 * @returns {Wire.Turn}
 */
function turnFor(chat, conversation) {
  const shown = path(conversation);
  const answer = shown.findLast(({ role, model }) => role === "assistant" && model);
  const answered = answer && [answer.provider, answer.model].filter(Boolean).join(":");
  const model = conversation.settings.model || answered || chat.composer.settings.model;
  const asked = newNode({ role: "user", text: digestOf(shown) });
  const { providers } = chat.config;
  return {
    session: chat.session(),
    ...makeTurn({ settings: { model }, providers, shown: [asked], thinking: false, maxTokens: LONGEST }),
  };
}

/**
 * @param {Page.ChatNode} node
 * @param {Wire.Words["list"]} words
 */
function problemOf({ ending }, words) {
  const { what, why, todo } = ending?.error ?? { what: words.not_named, why: "", todo: words.not_named_todo };
  return sentencesOf(what, why, todo);
}
