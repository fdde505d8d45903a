// What a chat does when a reply is over: keeps it, says so, and gives the box back. Asks nothing itself.

import { find, painted, until } from "../parts/dom.js";
import { idle } from "./controls.js";
import { failedWithNothing, lastWord, newsOf } from "./reply.js";

/**
 * @param {import("./chat.js").Chat} chat of the reply's tab, whichever conversation it shows
 * @param {import("./reply.js").Reply} reply
 */
export function settled(chat, { conversation, node }) {
  const shown = chat.conversation === conversation;
  if (!shown) conversation.unread = newsOf(node);
  chat.keep(false, conversation);
  queueMicrotask(() => chat.line?.ended(conversation, node));
  const question = conversation.nodes.find(({ id }) => id === node.parent);
  const unanswered = question && failedWithNothing(node) ? question : null;
  if (shown) {
    shownSettled(chat, node, unanswered);
    return void boxStands(chat, conversation);
  }
  if (unanswered) chat.drafts?.giveBack(conversation, unanswered);
}

/**
 * @param {import("./chat.js").Chat} chat
 * @param {Page.ChatNode} node
 * @param {Page.ChatNode | null} unanswered the question, where nothing has come
 */
function shownSettled(chat, node, unanswered) {
  const { composer, extras } = chat;
  chat.show();
  chat.announce(lastWord(node, chat.words));
  if (chat.running) return;
  if (unanswered) {
    extras.giveBack?.(unanswered);
    chat.returned = unanswered.text;
    return void composer.withSettings(() => idle(composer.text ? undefined : unanswered.text || undefined));
  }
  const { returned } = chat;
  chat.returned = null;
  if (returned !== null) extras.takeBack?.();
  composer.withSettings(() => idle(returned && composer.text === returned ? "" : undefined));
}

/**
 * Presses the bridge again until Gradio's box shows that nothing comes any more: under load it has missed that once, and
 * Stop stood where Send belongs.
 * @param {import("./chat.js").Chat} chat
 * @param {Page.Conversation} conversation
 */
async function boxStands(chat, conversation) {
  const { composer, line } = chat;
  await painted();
  await until(() => {
    if (chat.running || chat.conversation !== conversation || !line || !find(`${line.box} .stop-button`)) return true;
    composer.withSettings(composer.wanted ?? (() => undefined));
    return false;
  });
}
