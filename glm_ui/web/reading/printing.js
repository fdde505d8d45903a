// The conversation on paper: what is shown of it, as pages of their own, made when the browser is about to print.

import { el, findAll } from "../parts/dom.js";

const LEFT_OUT = "button, textarea, .turn-foot, .turn-actions, .turn-status, .editor, [hidden]";

/**
 * The conversation as it is printed: all of long code and of long questions, and nothing that is pressed.
 * @param {Page.AnyChat} chat
 */
function pagesOf({ conversation, log, words }) {
  const root = document.createElement("glm-print");
  root.className = "glm";
  const turns = findAll(".log-column > .turn", log.root).map((turn) => turn.cloneNode(true));
  root.append(el("h1", {}, conversation.title || words.untitled), ...turns);
  for (const each of root.querySelectorAll(LEFT_OUT)) each.remove();
  for (const code of root.querySelectorAll(".md-long")) code.classList.add("md-open");
  return root;
}

/** @param {() => Array<Page.AnyChat>} chats */
export function watchPrinting(chats) {
  /** @type {Array<() => void>} */
  let undo = [];
  const over = () => {
    for (const step of undo) step();
    undo = [];
  };
  addEventListener("beforeprint", () => {
    over();
    const chat = chats().find(({ tab, log }) => tab === "chat" && log.root.offsetParent);
    if (!chat?.conversation.nodes.length) return;
    for (const fold of findAll(".show-all[aria-expanded=false]", chat.log.root)) {
      fold.dispatchEvent(new CustomEvent("glm-find", { detail: () => true }));
      undo.push(() => fold.click());
    }
    const pages = pagesOf(chat);
    document.body.append(pages);
    undo.push(() => pages.remove());
  });
  addEventListener("afterprint", over);
}
