// The files of the next question, and the plan that the server makes of them: what becomes of each, what the model takes,
// what speaks against it. Draws through PlanView; sends no turn.

import { path } from "../conversations/conversation.js";
import { newId } from "../parts/id.js";
import { busy, idle } from "../chat/controls.js";
import { fileRef, turnOf } from "../chat/turn.js";
import { visitor } from "../server/identity.js";
import { postJson, Refused } from "../server/request.js";
import { streamTurn } from "../server/stream.js";
import { nextQuestion, picturesOf } from "./next_question.js";
import { Renewal } from "./renewal.js";

const SOON = 60;

/** @typedef {import("./next_question.js").Next} Next */

export class Planning {
  /** @type {Array<Page.Chosen>} */
  files = [];
  /** @type {Page.Plan | null} */
  planned = null;
  /**
   * The plan that is being made.
   * @type {Promise<void> | null}
   */
  making = null;
  /**
   * The files as the question that they will belong to.
   * @type {Next | null}
   */
  next = null;
  /** @type {string | null} */
  #agreedTo = null;
  #renewal = new Renewal(async (id) => this.chat.drafts?.bytes(id));
  /** @type {AbortController | null} */
  #abort = null;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #soon;

  /**
   * `preview(next)` shows the files large, `tell(text)` says what went wrong.
   * @param {{
   * chat: import("../chat/chat.js").Chat,
   * view: Page.PlanDrawing,
   * words: Wire.MultimodalWords,
   * preview: (next: Next | null) => void,
   * tell: (text: string) => void,
   * }} parts
   */
  constructor({ chat, view, words, preview, tell }) {
    this.chat = chat;
    this.view = view;
    this.words = words;
    this.preview = preview;
    this.tell = tell;
  }

  /** @param {Array<Page.Chosen>} files */
  set(files) {
    this.files = files;
    this.replan();
  }

  /**
   * Files that came in, behind those that are there.
   * @param {Array<Page.FileRef>} files
   */
  add(files) {
    for (const { id = "", url = "", name, size = null, choices = {} } of files)
      this.files.push({ key: newId(), id, url, name, size, choices });
    this.replan();
  }

  /** Makes the plan anew, with the controls as they now stand. */
  replan() {
    const { chat } = this;
    this.planned = null;
    this.draw();
    clearTimeout(this.#soon);
    this.#abort?.abort();
    if (!this.files.length) return this.view.done();
    this.#soon = setTimeout(
      () => chat.composer.withSettings(() => (void this.plan(), chat.running ? busy() : idle())),
      SOON,
    );
    return undefined;
  }

  plan() {
    clearTimeout(this.#soon);
    const mine = this.#plan().finally(() => this.making === mine && (this.making = null));
    this.making = mine;
    return mine;
  }

  async #plan() {
    const abort = this.#begin();
    const { files, chat } = this;
    const { model } = chat.composer.settings;
    /** @type {Page.Asked} */
    const question = { parent: chat.end(), role: "user", text: chat.composer.text, files };
    try {
      for await (const frame of streamTurn("plan", turnOf(chat, question), abort.signal)) {
        if (frame.k === "files") this.view.progress(files[frame.file]?.name ?? "", frame.done, frame.total);
        if (frame.k === "error") throw new Refused(frame.error);
        if (frame.k === "plan" && files === this.files) this.planned = { ...frame, model };
      }
      if (await this.#renewal.renew(files, this.planned, abort.signal)) return this.replan();
      this.view.done();
      this.draw();
    } catch (reason) {
      if (!abort.signal.aborted) this.view.halted(reason instanceof Refused ? reason.whole : this.words.failed);
    }
  }

  /** Something is made for the plan; what was being made no longer counts. */
  #begin() {
    this.#abort?.abort();
    this.#abort = new AbortController();
    this.view.working();
    return this.#abort;
  }

  stop() {
    this.#abort?.abort();
    this.view.halted(this.words.stopped);
  }

  /** Resolves when the plan of the files as they now stand is there, or cannot be made. */
  async whole() {
    if (this.files.length && !this.planned && !this.making) void this.plan();
    while (this.making) await this.making;
  }

  draw() {
    const { chat, files, planned } = this;
    const shown = path(chat.conversation).flatMap((node) =>
      (node.files ?? []).map(({ name, url }) => name || url || ""),
    );
    chat.drafts?.files(files.map(({ key, ...file }) => file));
    this.next = nextQuestion({
      files,
      planned,
      before: this.next,
      model: chat.composer.settings.model,
      providers: chat.config.providers,
    });
    this.preview(this.next);
    this.view.draw({ files, plan: planned, earlier: [...new Set(shown)], consent: this.consent });
  }

  // --- what the person chose ---------------------------------------------------------------------------------------

  /** What is agreed to: these files may be dropped on their way to this model. Another plan asks again. */
  get #agreement() {
    const { planned, files } = this;
    return planned && JSON.stringify([planned.model, planned.warnings, files.map(({ key }) => key)]);
  }

  get consent() {
    return this.#agreedTo !== null && this.#agreedTo === this.#agreement;
  }

  /** @param {boolean} given */
  agree(given) {
    this.#agreedTo = given ? this.#agreement : null;
  }

  /** @param {Page.Chosen} file */
  remove(file) {
    this.set(this.files.filter((each) => each !== file));
  }

  /**
   * @param {Page.Chosen} file
   * @param {Page.Choices} choices
   */
  choose(file, choices) {
    this.set(this.files.map((each) => (each === file ? { ...each, choices: { ...each.choices, ...choices } } : each)));
  }

  /**
   * Sends every file of a kind in one way.
   * @param {Record<string, Page.Choices["send_as"]>} ways kind -> way
   */
  chooseKinds(ways) {
    const wayOf = (/** @type {number} */ i) => ways[this.planned?.files[i]?.kind ?? ""];
    this.set(
      this.files.map((each, i) => ({ ...each, choices: { ...each.choices, ...(wayOf(i) && { send_as: wayOf(i) }) } })),
    );
  }

  /**
   * @param {Page.Chosen} file
   * @param {string} password
   */
  async unlock(file, password) {
    try {
      await postJson("unlock", { visitor: visitor(), id: file.id ?? "", password });
    } catch (reason) {
      this.tell(reason instanceof Refused ? reason.error.what : this.words.failed);
    }
    this.replan();
  }

  /**
   * Puts what is said in a recording in the recording's place.
   * @param {Page.Chosen} file
   */
  async transcribe(file) {
    const abort = this.#begin();
    try {
      const said = { visitor: visitor(), session: this.chat.session(), file: fileRef(file) };
      const made = await postJson("transcript", said, abort.signal);
      const text = { key: newId(), url: "", choices: {}, ...made };
      this.set(this.files.map((each) => (each === file ? text : each)));
    } catch (reason) {
      if (!abort.signal.aborted) this.tell(reason instanceof Refused ? reason.whole : this.words.failed);
    }
  }

  // --- when it is asked --------------------------------------------------------------------------------------------

  /**
   * What keeps the plan from being sent, as the name of the sentence that says it; null where nothing does. For
   * "blocked_model" another model, or one file less, is all it takes.
   * @returns {"blocked_model" | "blocked" | "blocked_whole" | "blocked_consent" | null}
   */
  get obstacle() {
    const { planned, files } = this;
    if (!files.length || !planned) return null;
    const refused = planned.files.flatMap(({ refusal }) => refusal ?? []);
    if (refused.length)
      return refused.every(({ way_out: way }) => ["model", "provider"].includes(way)) ? "blocked_model" : "blocked";
    if (planned.refusals.length) return "blocked_whole";
    return planned.needs_consent && !this.consent ? "blocked_consent" : null;
  }

  /**
   * Gives the files to the question that carries them from now on; the plan is empty then.
   * @returns {Partial<Page.ChatNode>}
   */
  hand() {
    const { files, planned } = this;
    const cleared = planned && (!planned.needs_consent || this.consent) ? planned.model : null;
    Object.assign(this, { files: [], planned: null });
    this.#agreedTo = null;
    this.#abort?.abort();
    this.view.done();
    return { files: files.map(({ key, ...file }) => file), pictures: picturesOf(planned), cleared };
  }
}
