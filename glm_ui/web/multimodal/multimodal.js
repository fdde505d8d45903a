// The Multimodal tab: a chat whose questions carry files. The chat asks, stops, retries and keeps; here is decided what
// becomes of the files, before they are sent and after.

import { Chat } from "../chat/chat.js";
import { busy, idle, same } from "../chat/controls.js";
import { path } from "../conversations/conversation.js";
import { newId } from "../parts/id.js";
import { visitor } from "../server/identity.js";
import { postJson, Refused } from "../server/request.js";
import { Intake } from "./intake.js";
import { PlanView } from "./plan_view.js";
import { Planning } from "./planning.js";
import { saveBoxes, SentPictures } from "./sent_pictures.js";
import { Stage } from "./stage.js";

/**
 * @typedef {Omit<Page.ChatParts, "tab" | "makeLog" | "extras"> & {
 * planRoot: HTMLElement,
 * setModel: (value: string) => void,
 * usable: () => Array<string>,
 * otherModel: (kind: string) => Wire.Offered | null,
 * }} Parts
 * @typedef {{id?: string, name?: string, node?: Page.ChatNode}} Gone a file that the server no longer has
 */

export class Multimodal {
  /**
   * What the model's box shall hold; Gradio's hidden button reads it.
   * @type {string | undefined}
   */
  wantedModel;
  /** Whether Enter waits for a plan. */
  submitting = false;
  /** @type {Gone | null} */
  #again = null;
  /** @type {Array<Page.Chosen> | null} */
  #returned = null;

  /** @param {Parts} parts */
  constructor({ planRoot, otherModel, setModel, usable, ...rest }) {
    const { config, root } = rest;
    const mm = config.multimodal.words;
    const words = { ...config.words, actions: { ...config.words.actions, ...mm.actions } };
    this.mm = mm;
    this.setModel = setModel;
    const { examples } = config.multimodal;
    this.chat = new Chat({
      ...rest,
      config: { ...config, words },
      tab: "multimodal",
      makeLog: (act) => {
        this.stage = new Stage(root, {
          words,
          mm,
          examples,
          act,
          fetchPicture: (owner, seen) => this.pictures.fetch(owner, seen),
        });
        return this.stage;
      },
      extras: this.#extras(),
    });
    this.pictures = new SentPictures(this.chat);
    const view = new PlanView(planRoot, {
      words: { ...mm, page_actions: words.actions },
      otherModel,
      hears: () => config.multimodal.hears.some((key) => usable().includes(key)),
      act: (/** @type {string} */ name, /** @type {any} */ file, /** @type {any} */ value) =>
        this.#onPlan(name, file, value),
    });
    this.plan = new Planning({
      chat: this.chat,
      view,
      words: mm,
      preview: (next) => this.stage?.preview(next),
      tell: (text) => this.tell(text),
    });
    this.intake = this.#makeIntake(words.cancel);
    planRoot.before(this.intake.root);
  }

  /** @param {string} cancel the word */
  #makeIntake(cancel) {
    return new Intake({
      words: { ...this.mm, cancel },
      zone: () => document.querySelector("#mm-files"),
      add: (files) => this.take(files),
      say: (text) => this.tell(text),
    });
  }

  /**
   * What this tab adds to a chat.
   * @returns {Page.Extras}
   */
  #extras() {
    return {
      opened: (files) => this.plan.set(files.map((file) => ({ ...file, key: newId() }))),
      files: () => this.plan.files,
      attach: (file) => this.plan.add([file]),
      besides: () => ({ visitor: visitor(), consent: this.#allCleared }),
      giveBack: (question) => this.#giveBack(question),
      takeBack: () => this.#takeBack(),
      acts: {
        show: (_, example) => this.#showExample(example),
        region: (_, region) => this.#askRegion(region),
        coco: (_, found) => saveBoxes(found).catch((reason) => this.#failed(reason)),
        files: (node) => this.#chooseGone(node),
        consent: (node) => this.#clearAndAsk(node),
        edit: (node, text) => this.#edit(node, text),
      },
    };
  }

  // --- what Gradio's events call -----------------------------------------------------------------------------------

  /**
   * From Gradio's textbox. Waits for a plan that is being made; what it refuses is not sent. Enter again while it waits
   * asks nothing, and what is typed meanwhile stays.
   * @param {Array<unknown>} values
   */
  async submit(values) {
    const { chat, plan } = this;
    chat.composer.read(values);
    if (this.submitting) return same();
    const typed = chat.composer.text;
    const text = typed.trim() || (plan.files.length ? this.mm.describe : "");
    if (!text) return same();
    const { conversation } = chat;
    this.submitting = true;
    await plan.whole();
    this.submitting = false;
    if (chat.conversation !== conversation) return same();
    if (plan.blocked) {
      this.tell(this.mm.blocked);
      return same();
    }
    if (chat.line?.takes) this.#putInLine(text);
    else if (chat.running) return same();
    else this.#send(text);
    const box = document.querySelector("#mm-input textarea");
    const now = box instanceof HTMLTextAreaElement ? box.value : typed;
    return chat.composer.box((chat.running ? busy : idle)(now === typed ? "" : undefined));
  }

  /** @param {string} text */
  #putInLine(text) {
    this.chat.line?.add(text, this.plan.hand());
    this.plan.draw();
  }

  /** @param {Array<unknown>} values */
  bridged(values) {
    return this.chat.bridged(values);
  }

  stop() {
    return this.chat.stop();
  }

  /**
   * What Gradio's drop zone received before `Intake` stood there. Returns the update that empties it.
   * @param {null | {path: string, orig_name?: string} | Array<{path: string, orig_name?: string}>} received
   */
  arrived(received) {
    const list = [received ?? []].flat();
    Promise.all(
      list.map(({ path: at, orig_name: name = "" }) => postJson("file", { visitor: visitor(), path: at, name })),
    ).then(
      (files) => this.take(files),
      (reason) => this.#failed(reason),
    );
    return null;
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
    if (found) this.#putBack(gone, found);
    else this.plan.add(files);
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
    this.intake.choose();
  }

  /** @param {Page.ChatNode} node a reply that failed because a file is gone */
  #chooseGone(node) {
    const id = node.ending?.error?.details?.file;
    const files = this.chat.conversation.nodes.flatMap((each) => each.files ?? []);
    this.#chooseAgain({ id: id ?? "", name: files.find((file) => file.id === id)?.name ?? "", node });
  }

  /** @type {Page.Act} */
  #onPlan(name, file, value) {
    const { plan } = this;
    /** @type {Record<string, () => unknown>} */
    const table = {
      remove: () => plan.remove(file),
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

  /** @param {string} text */
  tell(text) {
    this.plan.view.halted(text);
    this.chat.announce(text);
  }

  /** @param {unknown} reason */
  #failed(reason) {
    this.tell(reason instanceof Refused ? reason.message : this.mm.failed);
  }

  // --- asking ------------------------------------------------------------------------------------------------------

  /**
   * Sends `text` with the files of the plan, which from then on belong to the conversation.
   * @param {string} text
   */
  #send(text) {
    this.chat.send(text, undefined, this.plan.hand());
    this.plan.draw();
  }

  /**
   * @param {Page.ChatNode} question
   * @param {string} text
   */
  #edit({ parent, files, pictures, cleared }, text) {
    const { chat } = this;
    chat.composer.withSettings(() => (chat.send(text, parent, { files, pictures, cleared }), busy()));
  }

  /** The questions that are shown and carry files. `cleared` is the model for which nothing speaks against them. */
  get #asked() {
    return path(this.chat.conversation).filter(({ files }) => files?.length);
  }

  get #allCleared() {
    return this.#asked.every(({ cleared }) => cleared === this.chat.composer.settings.model);
  }

  /** @param {Page.ChatNode} node */
  #clearAndAsk(node) {
    const { chat } = this;
    chat.composer.withSettings(() => {
      for (const question of this.#asked) question.cleared = chat.composer.settings.model;
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

  /** @param {Wire.Example} example */
  #showExample({ file, prompt, choices = {} }) {
    this.plan.files = [{ key: newId(), id: `example:${file}`, url: "", name: file, size: null, choices }];
    this.#planAndSend(prompt);
  }

  /**
   * Cuts the region out on the server and asks about it as a new turn.
   * @param {{owner: Page.ChatNode, seen: Page.Picture, found: Pick<Wire.BoxTold, "box" | "label">, text: string}} region
   */
  async #askRegion({ owner, seen, found, text }) {
    try {
      const cut = await this.pictures.cut(owner, seen, found);
      this.plan.files = [{ key: newId(), choices: {}, url: "", ...cut }];
    } catch (reason) {
      return this.#failed(reason);
    }
    return this.#planAndSend(text);
  }

  /**
   * Sends `text` with the files once their plan is there; where the plan refuses something, `text` goes into the box.
   * @param {string} text
   */
  #planAndSend(text) {
    const { chat, plan } = this;
    const { composer } = chat;
    const planned = () =>
      composer.withSettings(() => (plan.blocked || chat.running ? idle(text) : (this.#send(text), busy())));
    composer.withSettings(() => {
      composer.settings.text = text;
      plan.draw();
      void plan.plan().then(planned);
      return idle();
    });
  }
}
