// What a person may ask of a turn, by the name that its button carries. Each is one step of the chat's; nothing is drawn.

import { removeFrom } from "../conversations/conversation.js";
import { beginDecided, decide, isWaiting, openCalls } from "../tools/calls.js";
import { busy, idle } from "./controls.js";
import { isBegun } from "./ending_chip.js";

/**
 * @typedef {import("./chat.js").Chat} Chat
 * @typedef {(chat: Chat, node: any, extra: any) => unknown} Action
 */

/**
 * @param {Chat} chat
 * @param {() => void} ask
 */
const asking = (chat, ask) =>
  chat.composer.withSettings(() => {
    const { returned, composer } = chat;
    ask();
    return busy(returned && composer.text === returned ? "" : undefined); // they are asked again: they left the box
  });

/**
 * Asks the question of a reply anew.
 * @param {Chat} chat
 * @param {Page.ChatNode} node
 * @param {Page.Asking} [how]
 */
const again = (chat, node, how) => asking(chat, () => void chat.reply(chat.questionOf(node), how));

/**
 * Goes on with the calls of a turn. They count as begun before they are sent: no reload runs one twice.
 * @param {Chat} chat
 * @param {Page.ChatNode} node
 */
async function resume(chat, node) {
  const fresh = structuredClone(node);
  beginDecided(node);
  await chat.store.save(chat.conversation);
  return chat.reply(chat.questionOf(node), { resumes: { node, fresh } });
}

/**
 * @param {Chat} chat
 * @param {Page.ChatNode} node
 */
function goOn(chat, node) {
  if (openCalls(node).length) return asking(chat, () => void resume(chat, node));
  return again(chat, node, isBegun(node) ? { into: node } : {});
}

/**
 * What the person said of a tool call; with the last answer the turn goes on.
 * @param {Chat} chat
 * @param {Page.ChatNode} node
 * @param {{index: number, verdict: Wire.Call["verdict"], reason?: string, always?: boolean}} said
 */
function answerCall(chat, node, { index, ...said }) {
  decide(chat.conversation, node, index, said);
  chat.log.viewOf(node.id)?.finish();
  chat.keep();
  if (!isWaiting(node)) asking(chat, () => void resume(chat, node));
}

/**
 * Makes an answer of what came as thinking.
 * @param {Chat} chat
 * @param {Page.ChatNode} node
 */
function showThinking(chat, node) {
  Object.assign(node, { text: node.thinking, thinking: "", opaque: [], cited: [], ending: { kind: "stop" } });
  chat.log.live(node).finish();
  chat.show();
  chat.keep();
}

/**
 * Takes the last exchange away and gives its words back to the box.
 * @param {Chat} chat
 * @param {Page.ChatNode} node
 */
function undo(chat, node) {
  const { composer } = chat;
  const question = chat.questionOf(node);
  removeFrom(chat.conversation, question.id);
  chat.keep();
  chat.show();
  chat.extras.giveBack?.(question);
  composer.withSettings(() => idle(composer.text ? undefined : question.text));
  chat.focus();
}

/** @type {Record<string, Action>} */
export const ACTIONS = {
  example: (chat, _, prompt) => asking(chat, () => chat.send(prompt)),
  retry: (chat, node) => again(chat, node),
  edit: (chat, { parent, files, pictures, cleared }, text) =>
    asking(chat, () => chat.send(text, parent, { files, pictures, cleared })),
  decide: answerCall,
  continue: goOn,
  no_thinking: (chat, node) => again(chat, node, { thinking: false }),
  more_tokens: (chat, node) => again(chat, node, { maxTokens: null }),
  undo,
  new_chat: (chat) => chat.fresh(),
  shorten: (chat, node) => chat.log.edit(chat.questionOf(node)),
  edit_question: (chat, node) => chat.log.edit(chat.questionOf(node)),
  show_thinking: showThinking,
  key: (chat) => chat.onfocus("key"),
  model: (chat) => chat.onfocus("model"),
  provider: (chat) => chat.onfocus("model"),
  settings: (chat) => chat.onfocus("settings"),
};
