// Conversations that are to be saved soon: each at most once in a while, however often it is asked for.

const SOON = 1000;

export class Soon {
  /** @type {Map<string, {conversation: Page.Conversation, timer: ReturnType<typeof setTimeout>}>} */
  #waiting = new Map();
  #save;

  /** @param {(conversation: Page.Conversation) => unknown} save */
  constructor(save) {
    this.#save = save;
  }

  /** @param {Page.Conversation} conversation */
  add(conversation) {
    const { id } = conversation;
    const entry = this.#waiting.get(id);
    if (entry) entry.conversation = conversation;
    else
      this.#waiting.set(id, { conversation, timer: setTimeout(() => this.#save(this.get(id) ?? conversation), SOON) });
  }

  /** @param {string} id */
  get(id) {
    return this.#waiting.get(id)?.conversation;
  }

  /** @param {string} id */
  drop(id) {
    clearTimeout(this.#waiting.get(id)?.timer);
    this.#waiting.delete(id);
  }

  clear() {
    for (const id of [...this.#waiting.keys()]) this.drop(id);
  }

  all() {
    return [...this.#waiting.values()].map(({ conversation }) => conversation);
  }
}
