// The files of a chat's questions: under the plan of the next one, on their way with it, given back, asked for again. Both
// tabs that talk to a model have one; where files come in and how a plan is drawn is the tab's own.

import { busy, idle, same } from "../chat/controls.js";
import { besides, filesAbove } from "../chat/turn.js";
import { newId } from "../parts/id.js";
import { listed } from "../parts/locale.js";
import { Intake } from "./intake.js";
import { Planning } from "./planning.js";

/**
 * `drawing(options)` makes what draws the plan; `typed()` is what the message box holds; `choose()` opens the browser's
 * dialog of files; `isSeen()`: whether the tab is in sight; `setModel(value)` picks a model; `preview(next)` shows the files
 * large.
 * @typedef {{
 * chat: import("../chat/chat.js").Chat,
 * drawing: (options: import("./plan_view.js").Options) => Page.PlanDrawing,
 * typed: () => string | undefined,
 * choose: () => void,
 * isSeen: () => boolean,
 * setModel: (value: string) => void,
 * usable: () => Array<string>,
 * otherModel: import("./plan_view.js").OtherModel,
 * preview?: (next: import("./planning.js").Next | null) => void,
 * }} Parts
 * @typedef {{id?: string, name?: string, node?: Page.ChatNode}} Gone a file that the server no longer has
 */

export class Attachments {
  /** Whether Enter waits for files. */
  submitting = false;
  /** @type {Gone | null} */
  #again = null;
  /** @type {Array<Page.Chosen> | null} */
  #returned = null;

  /** @param {Parts} parts */
  constructor({ chat, drawing, typed, choose, isSeen, setModel, usable, otherModel, preview = () => undefined }) {
    const { config, words: page } = chat;
    const words = config.multimodal.words;
    this.chat = chat;
    this.words = words;
    this.typed = typed;
    this.choose = choose;
    this.setModel = setModel;
    const tell = (/** @type {string} */ text) => this.tell(text);
    const view = drawing({
      words: { ...words, page_actions: page.actions, files: page.files },
      otherModel,
      hears: () => config.multimodal.hears.some((key) => usable().includes(key)),
      act: (name, file, value) => this.#onPlan(name, file, value),
    });
    this.plan = new Planning({ chat, view, words, preview, tell });
    this.intake = new Intake({
      words: { ...words, cancel: page.cancel },
      isSeen,
      add: (files) => this.take(files),
      say: tell,
    });
    chat.extras = this.#extras();
  }

  /** @returns {Page.Extras} */
  #extras() {
    const { chat, plan } = this;
    return {
      opened: (files) => plan.set(files.map((file) => ({ ...file, key: newId() }))),
      files: () => plan.files,
      attach: (file) => this.take([file]),
      besides: () => besides(chat),
      submit: () => this.submit(),
      replan: () => plan.replan(),
      giveBack: (question) => this.#giveBack(question),
      takeBack: () => this.#takeBack(),
      acts: {
        files: (node) => this.#chooseGone(node),
        consent: (node) => this.#clearAndAsk(node),
      },
    };
  }

  // --- files ---------------------------------------------------------------------------------------------------------

  /**
   * Puts files under the plan, or in the place of one that was gone.
   * @param {Array<Page.FileRef>} files
   */
  take(files) {
    const gone = this.#again;
    this.#again = null;
    const found = gone && (files.find(({ name }) => name === gone.name) ?? files[0]);
    return found ? this.#putBack(gone, found) : this.add(files);
  }

  /** @param {Array<Page.FileRef>} files */
  add(files) {
    this.plan.add(files);
    this.#say(this.chat.words.files.attached, files);
  }

  /**
   * @param {string} sentence
   * @param {Array<Page.FileRef>} files
   */
  #say(sentence, files) {
    const names = listed(files.map(({ name, url }) => name || url));
    this.chat.announce(sentence.replace("{names}", () => names));
  }

  /**
   * @param {Gone} gone
   * @param {Page.FileRef} found
   */
  #putBack(gone, found) {
    const { chat, plan } = this;
    const everywhere = [...chat.conversation.nodes.flatMap((node) => node.files ?? []), ...plan.files];
    for (const file of everywhere) if (file.id === gone.id) file.id = found.id;
    chat.keep();
    if (!gone.node) return plan.replan();
    const question = chat.questionOf(gone.node);
    plan.files = [];
    return chat.composer.withSettings(() => (void chat.reply(question), busy("")));
  }

  /** @param {Gone} gone */
  #chooseAgain(gone) {
    this.#again = gone;
    this.choose();
  }

  /** @param {Page.ChatNode} node a reply that failed because a file is gone */
  #chooseGone(node) {
    const id = node.ending?.error?.details?.file;
    const files = this.chat.conversation.nodes.flatMap((each) => each.files ?? []);
    this.#chooseAgain({ id: id ?? "", name: files.find((file) => file.id === id)?.name ?? "", node });
  }

  /**
   * @param {string} name
   * @param {any} file
   * @param {any} value
   */
  #onPlan(name, file, value) {
    const { plan } = this;
    /** @type {Record<string, () => unknown>} */
    const table = {
      remove: () => (plan.remove(file), this.#say(this.chat.words.files.detached, [file])),
      choose: () => plan.choose(file, value),
      kinds: () => plan.chooseKinds(value),
      stop: () => plan.stop(),
      again: () => plan.replan(),
      consent: () => plan.agree(value),
      model: () => this.setModel(value),
      key: () => this.chat.onfocus("key"),
      files: () => this.#chooseAgain({ id: file.id, name: file.name }),
      password: () => plan.unlock(file, value),
      transcribe: () => plan.transcribe(file),
    };
    return table[name]?.();
  }

  /**
   * @param {string} text
   * @param {boolean} [again] whether to prepare the files again may help
   */
  tell(text, again = true) {
    this.plan.view.halted(text, again);
    this.chat.announce(text);
  }

  // --- asking ------------------------------------------------------------------------------------------------------

  /**
   * Asks what is typed about the files, once they have arrived and their plan is there; what the plan refuses is not sent.
   * Enter again while it waits asks nothing, and what is typed meanwhile stays.
   * @returns {Promise<Page.Update>}
   */
  async submit() {
    const { chat, plan } = this;
    if (this.submitting) return same();
    const { conversation, composer } = chat;
    const typed = composer.text;
    this.submitting = true;
    const arrived = await this.intake.whole();
    await plan.whole();
    this.submitting = false;
    const text = typed.trim() || (plan.files.length ? this.words.describe : "");
    if (!text || !arrived || chat.conversation !== conversation) return same();
    if (plan.obstacle) {
      this.tell(this.words[plan.obstacle], false);
      return same();
    }
    if (!chat.put(text, () => plan.hand())) return same();
    plan.draw();
    return composer.box((chat.running ? busy : idle)(this.typed() === typed ? "" : undefined));
  }

  /**
   * Sends `text` with these files alone, once their plan is there; where the plan refuses something, `text` goes into the
   * box.
   * @param {Page.FileRef} file
   * @param {string} text
   */
  ask(file, text) {
    const { chat, plan } = this;
    const { composer } = chat;
    plan.files = [{ choices: {}, url: "", ...file, key: newId() }];
    const planned = () =>
      composer.withSettings(() => {
        if (plan.obstacle || chat.running) return idle(text);
        chat.send(text, undefined, plan.hand());
        plan.draw();
        return busy();
      });
    composer.withSettings(() => {
      composer.settings.text = text;
      plan.draw();
      void plan.plan().then(planned);
      return idle();
    });
  }

  /** @param {Page.ChatNode} node a reply that waits for a word about its files */
  #clearAndAsk(node) {
    const { chat } = this;
    chat.composer.withSettings(() => {
      for (const question of filesAbove(chat)) question.cleared = chat.composer.settings.model;
      void chat.reply(chat.questionOf(node));
      return busy();
    });
  }

  /**
   * The question's files go back under the plan with its words.
   * @param {Page.ChatNode} question
   */
  #giveBack(question) {
    const { plan } = this;
    if (!question.files?.length || plan.files.length) return;
    plan.files = question.files.map((file) => ({ ...file, key: newId() }));
    this.#returned = plan.files;
    queueMicrotask(() => plan.replan());
  }

  /** Files that were given back and are as they were went with the question after all. */
  #takeBack() {
    if (!this.#returned || this.plan.files !== this.#returned) return;
    this.#returned = null;
    this.plan.set([]);
  }
}
