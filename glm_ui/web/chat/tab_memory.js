// What this browser tab keeps over a reload, beside the conversations: sessionStorage, which may be blocked.

const TAIL = "glm-ui-tail";

/** @param {string} tab */
const tailOf = (tab) => TAIL + (tab === "chat" ? "" : `-${tab}`);

/**
 * @param {string} name
 * @param {string} text
 */
export function remember(name, text) {
  try {
    sessionStorage.setItem(name, text);
  } catch {
    // Blocked in a third-party frame: a reload then starts empty, the list still has the conversation.
  }
}

/** @param {string} name */
export function remembered(name) {
  try {
    return sessionStorage.getItem(name);
  } catch {
    return null;
  }
}

/** @param {string} name */
export function forget(name) {
  try {
    sessionStorage.removeItem(name);
  } catch {
    // Blocked: there is nothing.
  }
}

/**
 * A closing page has no time for the database: the reply on its way is laid aside at once, for this tab's reload.
 * @param {string} tab
 * @param {Page.Conversation} conversation
 * @param {Page.ChatNode} node
 */
export function rememberTail(tab, conversation, { id, text, thinking }) {
  remember(tailOf(tab), JSON.stringify({ conversation: conversation.id, id, text, thinking }));
}

/**
 * Gives a conversation that was read again what was laid aside of it.
 * @param {string} tab
 * @param {Page.Conversation} conversation
 */
export function addTail(tab, conversation) {
  const tail = JSON.parse(remembered(tailOf(tab)) ?? "null");
  const node = tail?.conversation === conversation.id && conversation.nodes.find(({ id }) => id === tail.id);
  if (!node || node.text.length + node.thinking.length >= tail.text.length + tail.thinking.length) return;
  Object.assign(node, { text: tail.text, thinking: tail.thinking });
}

/** @param {string} tab */
export const forgetTail = (tab) => forget(tailOf(tab));
