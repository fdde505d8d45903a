// Replies that are on their way in some tab of the browser: this one says which come here, and takes over those whose tab
// is gone.

import { isReadable, isRunning, markInterrupted } from "../conversation.js";
import { Running } from "./running.js";

/**
 * Replies of a page that has none of its own: whatever its conversations say is coming, comes there.
 * @type {Page.RepliesHere}
 */
export const NO_REPLIES = { isHere: ({ nodes }) => nodes.some(isRunning), takeUp: () => false };

export class Coming {
  #running;
  #lasting;
  #replies;
  #changed;

  /**
   * `changed(id)` is called where a reply was marked as interrupted.
   * @param {string} name of the store
   * @param {{lasting: import("./lasting.js").Lasting, replies: Page.RepliesHere, changed: (id: string) => void}} parts
   */
  constructor(name, { lasting, replies, changed }) {
    this.#running = new Running(name);
    this.#lasting = lasting;
    this.#replies = replies;
    this.#changed = changed;
  }

  /**
   * Before a conversation is written.
   * @param {Page.Conversation} conversation
   */
  hold(conversation) {
    if (this.#replies.isHere(conversation)) this.#running.hold(conversation.id);
  }

  /**
   * After it was written, or removed: where it says that no reply comes here, another tab may take over what is left.
   * @param {Page.Conversation} conversation
   */
  letGo(conversation) {
    if (this.#replies.isHere(conversation)) return;
    this.#running.release(conversation.id);
    if (conversation.nodes.some(isRunning)) void this.watch(conversation);
  }

  /**
   * Once the tab that was receiving a reply is gone: goes on with it here, or marks it as interrupted. Resolves when
   * that is done, or when another tab is known to live.
   * @param {Page.Row | Page.Conversation} record
   */
  watch({ id }) {
    return this.#running.whenLeft(id, async () => {
      const left = await this.#lasting.ask((disk) => disk.read(id), undefined);
      if (!isReadable(left) || !left.nodes.some(isRunning)) return false;
      if (this.#replies.takeUp(this.#lasting.known(left))) return true;
      if (await this.#lasting.ask((disk) => markIn(disk, id), false)) this.#changed(id);
      return false;
    });
  }
}

/**
 * Whether there was anything to mark.
 * @param {import("./disk.js").Disk} disk
 * @param {string} id
 */
async function markIn(disk, id) {
  let marked = false;
  await disk.change(id, (stored) => {
    if (!isReadable(stored) || !(marked = markInterrupted(stored))) return undefined;
    stored.rev += 1;
    return stored;
  });
  return marked;
}
