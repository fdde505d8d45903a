// A turn that was kept as a file, played again in a conversation of its own.

import { addNode, newConversation, titleFrom } from "../conversations/conversation.js";
import { busy } from "./controls.js";
import { questionOf } from "./turn.js";

/**
 * @param {import("./chat.js").Chat} chat
 * @param {Page.TurnFile} file
 */
export function play(chat, file) {
  const text = questionOf(file);
  const conversation = newConversation({ tab: chat.tab });
  conversation.title = `${chat.words.list.replay_title}: ${titleFrom(text)}`;
  chat.open(conversation);
  const question = addNode(conversation, { role: "user", text });
  const { partial } = file;
  const into = partial
    ? addNode(conversation, { parent: question.id, role: "assistant", text: partial, ending: { kind: "stopped" } })
    : null;
  chat.composer.withSettings(() => (void chat.reply(question, { file, into }), busy()));
}
