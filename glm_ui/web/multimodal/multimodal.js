// @ts-nocheck
// The Multimodal tab: a chat whose questions carry files. Decides what becomes of the files; everything about asking,
// stopping, retrying and keeping is the Chat's. Draws through PlanView and Stage.

import { Chat } from "../chat/chat.js";
import { busy, idle, same } from "../chat/controls.js";
import { path } from "../conversations/conversation.js";
import { el } from "../parts/dom.js";
import { newId } from "../parts/id.js";
import { Intake } from "./intake.js";
import { nextQuestion, picturesOf } from "./next_question.js";
import { PlanView } from "./plan_view.js";
import { Stage } from "./stage.js";
import { visitor } from "../server/identity.js";
import { post, postJson, Refused } from "../server/request.js";
import { streamTurn } from "../server/stream.js";
import { fileRef } from "../chat/turn.js";

const SOON = 60;
const MAX_KEPT = 8 * 2 ** 20; // bytes of one picture

export class Multimodal extends Chat {
  constructor({ root, planRoot, config, otherModel, setModel, usable, ...rest }) {
    const words = { ...config.words, actions: { ...config.words.actions, ...config.multimodal.words.actions } };
    super({
      ...rest,
      root,
      config: { ...config, words },
      tab: "multimodal",
      makeLog: (place, settings, act) =>
        new Stage(place, {
          words: settings.words,
          mm: config.multimodal.words,
          examples: config.multimodal.examples,
          act,
          fetchPicture: (owner, seen) => this.fetchPicture(owner, seen),
        }),
    });
    this.mm = config.multimodal.words;
    this.files = [];
    this.planned = null;
    this.agreedTo = null;
    this.again = null;
    Object.assign(this, { otherModel, setModel });
    this.planView = new PlanView(planRoot, {
      words: { ...this.mm, page_actions: words.actions },
      otherModel,
      hears: () => config.multimodal.hears.some((key) => usable().includes(key)),
      act: (name, file, value) => this.onPlan(name, file, value),
    });
    const zone = () => document.querySelector("#mm-files");
    this.intake = new Intake({
      words: { ...this.mm, cancel: words.cancel },
      zone,
      add: (files) => this.take(files),
      say: (text) => this.tell(text),
    });
    planRoot.before(this.intake.root);
  }

  // --- files come in ---------------------------------------------------------------------------------------------

  /** What Gradio's drop zone received before `Intake` stood there. Returns the update that empties it. */
  arrived(received) {
    const list = [received ?? []].flat();
    Promise.all(
      list.map(({ path: at, orig_name: name = "" }) => postJson("file", { visitor: visitor(), path: at, name })),
    ).then(
      (files) => this.take(files),
      (reason) => this.tell(reason.error ? reason.message : String(reason)),
    );
    return null;
  }

  /** Puts files under the plan, or in the place of one that was gone. */
  take(files) {
    const gone = this.again;
    this.again = null;
    const found = gone && (files.find(({ name }) => name === gone.name) ?? files[0]);
    if (found) return this.#putBack(gone, found);
    for (const { id = "", url = "", name, size = null, choices = {} } of files)
      this.files.push({ key: newId(), id, url, name, size, choices });
    this.replan();
    return undefined;
  }

  #putBack(gone, found) {
    const everywhere = [...this.conversation.nodes.flatMap((node) => node.files ?? []), ...this.files];
    for (const file of everywhere) if (file.id === gone.id) file.id = found.id;
    this.keep();
    if (!gone.node) return this.replan();
    this.files = [];
    return this.withSettings(() => (this.reply(this.parentOf(gone.node)), busy("")));
  }

  // --- the plan --------------------------------------------------------------------------------------------------

  /** Makes the plan anew, with the controls as they now stand. */
  replan() {
    this.planned = null;
    this.#draw();
    clearTimeout(this.soon);
    this.planAbort?.abort();
    if (!this.files.length) return this.planView.done();
    this.soon = setTimeout(() => this.withSettings(() => (this.plan(), this.running ? busy() : idle())), SOON);
    return undefined;
  }

  plan() {
    clearTimeout(this.soon);
    const mine = this.#plan().finally(() => this.planning === mine && (this.planning = null));
    this.planning = mine;
    return mine;
  }

  async #plan() {
    const abort = new AbortController();
    this.planAbort?.abort();
    this.planAbort = abort;
    const { files } = this;
    const { model } = this.settings;
    const question = { id: "next", parent: this.end(), role: "user", text: this.settings.text ?? "", files };
    this.planView.working();
    try {
      for await (const frame of streamTurn("plan", this.turn(question), abort.signal)) {
        if (frame.k === "files") this.planView.progress(files[frame.file]?.name ?? "", frame.done, frame.total);
        if (frame.k === "error") throw new Refused(frame.error);
        if (frame.k === "plan" && files === this.files) this.planned = { ...frame, model };
      }
      this.planView.done();
      this.#draw();
    } catch (reason) {
      if (abort.signal.aborted) return;
      this.planView.halted(reason.whole ?? this.mm.failed);
    }
  }

  #draw() {
    const shown = path(this.conversation);
    const earlier = [...new Set(shown.flatMap((node) => (node.files ?? []).map(({ name, url }) => name || url)))];
    document.querySelector("#mm-tab").classList.toggle("has-files", this.files.length > 0);
    this.log.preview(
      (this.next = nextQuestion({
        files: this.files,
        planned: this.planned,
        before: this.next,
        model: this.settings.model,
        providers: this.config.providers,
      })),
    );
    this.planView.draw({ files: this.files, plan: this.planned, earlier, consent: this.consent });
  }

  /** What is agreed to: these files may be dropped on their way to this model. Another plan asks again. */
  get #agreement() {
    const { planned, files } = this;
    return planned && JSON.stringify([planned.model, planned.warnings, files.map(({ key }) => key)]);
  }

  get consent() {
    return this.agreedTo !== null && this.agreedTo === this.#agreement;
  }

  onPlan(name, file, value) {
    const table = {
      remove: () => (this.files = this.files.filter((each) => each !== file)),
      choose: () => this.#change(file, { choices: { ...file.choices, ...value } }),
      kinds: () =>
        (this.files = this.files.map((each, i) => ({
          ...each,
          choices: {
            ...each.choices,
            ...(value[this.planned?.files[i]?.kind] && { send_as: value[this.planned.files[i].kind] }),
          },
        }))),
      stop: () => this.stopPlan(),
      again: () => {},
      consent: () => (this.agreedTo = value ? this.#agreement : null),
      model: () => this.setModel(value),
      key: () => this.onfocus?.("key"),
      files: () => this.chooseAgain({ id: file.id, name: file.name }),
      password: () => this.#unlock(file, value),
      transcribe: () => this.#transcribe(file),
    };
    table[name]?.();
    if (["remove", "choose", "kinds", "again"].includes(name)) this.replan();
  }

  #change(file, fields) {
    this.files = this.files.map((each) => (each === file ? { ...each, ...fields } : each));
  }

  async #unlock(file, password) {
    try {
      await post("unlock", { visitor: visitor(), id: file.id, password });
    } catch (reason) {
      this.tell(reason.error?.what ?? this.mm.failed);
    }
    this.replan();
  }

  /** Puts what is said in a recording in the recording's place. */
  async #transcribe(file) {
    const abort = (this.planAbort = new AbortController());
    this.planView.working();
    try {
      const who = { visitor: visitor(), session: this.session() };
      const made = await postJson("transcript", { ...who, file: fileRef(file) }, abort.signal);
      const text = { key: newId(), url: "", choices: {}, ...made };
      this.files = this.files.map((each) => (each === file ? text : each));
      this.replan();
    } catch (reason) {
      if (!abort.signal.aborted) this.tell(reason.whole ?? this.mm.failed);
    }
  }

  stopPlan() {
    this.planAbort?.abort();
    this.planView.halted(this.mm.stopped);
  }

  chooseAgain(gone) {
    this.again = gone;
    this.intake.choose();
  }

  tell(text) {
    this.planView.halted(text);
    this.announce(text);
  }

  // --- asking ------------------------------------------------------------------------------------------------------

  /** From Gradio's textbox. Waits for a plan that is being made; what it refuses is not sent. Enter again while it waits
   * asks nothing, and what is typed meanwhile stays. */
  async submit(values) {
    this.read(values);
    if (this.running || this.submitting) return same();
    const typed = this.settings.text ?? "";
    const text = typed.trim() || (this.files.length ? this.mm.describe : "");
    if (!text) return same();
    const { conversation } = this;
    this.submitting = true;
    await this.#allPlanned();
    this.submitting = false;
    if (this.running || this.conversation !== conversation) return same();
    if (this.blocked()) {
      this.tell(this.mm.blocked);
      return same();
    }
    this.sendFiles(text);
    const now = document.querySelector("#mm-input textarea")?.value ?? typed;
    return this.box(now === typed ? busy("") : busy());
  }

  /** Resolves when the plan of the files as they now stand is there, or cannot be made. */
  async #allPlanned() {
    if (this.files.length && !this.planned && !this.planning) void this.plan();
    while (this.planning) await this.planning;
  }

  blocked() {
    const { planned } = this;
    return Boolean(
      this.files.length &&
      planned &&
      (planned.refusals.length ||
        planned.files.some(({ refusal }) => refusal) ||
        (planned.needs_consent && !this.consent)),
    );
  }

  /** Sends `text` with the files of the plan, which from then on belong to the conversation. */
  sendFiles(text) {
    const { files, planned } = this;
    const cleared = planned && (!planned.needs_consent || this.consent) ? planned.model : null;
    this.files = [];
    this.planned = null;
    this.agreedTo = null;
    this.planAbort?.abort();
    this.planView.done();
    this.send(text, undefined, {
      files: files.map(({ key, ...file }) => file),
      pictures: picturesOf(planned),
      cleared,
    });
    this.#draw();
  }

  besides() {
    return { visitor: visitor(), consent: this.#asked().every(({ cleared }) => cleared === this.settings.model) };
  }

  /** The questions that are shown and carry files. `cleared` is the model for which nothing speaks against them. */
  #asked() {
    return path(this.conversation).filter(({ files }) => files?.length);
  }

  /** The question's files go back under the plan with its words. */
  giveBack(question) {
    if (!question.files?.length || this.files.length) return;
    this.files = question.files.map((file) => ({ ...file, key: newId() }));
    this.returnedFiles = this.files;
    queueMicrotask(() => this.replan());
  }

  /** Files that were given back and are as they were went with the question after all. */
  takeBack() {
    if (!this.returnedFiles || this.files !== this.returnedFiles) return;
    this.returnedFiles = null;
    this.files = [];
    this.replan();
  }

  open(conversation) {
    super.open(conversation);
    if (!this.planView) return;
    this.files = [];
    this.replan();
  }

  act(name, node, extra) {
    const table = {
      show: () => this.#showExample(extra),
      region: () => this.#askRegion(extra),
      coco: () => this.#export(extra),
      files: () =>
        this.chooseAgain({
          id: node.ending.error.details?.file ?? "",
          name: this.#nameOf(node.ending.error.details?.file),
          node,
        }),
      consent: () => this.withSettings(() => (this.#clearAll(), this.reply(this.parentOf(node)), busy())),
      edit: () => super.act("edit", node, extra),
    };
    if (table[name] && name !== "edit") return table[name]();
    if (name === "edit")
      return this.withSettings(
        () => (
          this.send(extra, node.parent, { files: node.files, pictures: node.pictures, cleared: node.cleared }),
          busy()
        ),
      );
    return super.act(name, node, extra);
  }

  #clearAll() {
    for (const question of this.#asked()) question.cleared = this.settings.model;
  }

  #nameOf(id) {
    return this.conversation.nodes.flatMap((node) => node.files ?? []).find((file) => file.id === id)?.name ?? "";
  }

  #showExample({ file, prompt, choices = {} }) {
    this.files = [{ key: newId(), id: `example:${file}`, url: "", name: file, size: null, choices }];
    this.#planAndSend(prompt);
  }

  /** Sends `text` with the files once their plan is there; where the plan refuses something, `text` goes into the box. */
  #planAndSend(text) {
    this.withSettings(() => {
      this.settings.text = text;
      this.#draw();
      void this.plan().then(() =>
        this.withSettings(() => (this.blocked() || this.running ? idle(text) : (this.sendFiles(text), busy()))),
      );
      return idle();
    });
  }

  // --- the picture ---------------------------------------------------------------------------------------------------

  #wanted(owner, seen) {
    const route = this.conversation.nodes.find(({ parent, model }) => parent === owner.id && model) ?? owner;
    return {
      visitor: visitor(),
      session: this.session(),
      model: route.model ?? "glm-4.5v",
      provider: route.provider ?? null,
      file: fileRef(owner.files[seen.file]),
      item: seen.item,
    };
  }

  /** A picture as it was sent: kept with the conversation once it was seen, for the server forgets uploads soon. */
  async fetchPicture(owner, seen) {
    if (seen.sent instanceof Blob) return seen.sent;
    const answer = await post("picture", this.#wanted(owner, seen));
    const picture = await answer.blob();
    if (picture.size <= MAX_KEPT && this.conversation.nodes.includes(owner)) {
      seen.sent = picture;
      this.keep(true);
    }
    return picture;
  }

  /** Cuts the region out on the server and asks about it as a new turn. */
  async #askRegion({ owner, seen, found, text }) {
    try {
      const cut = await postJson("region", { ...this.#wanted(owner, seen), box: found.box, label: found.label });
      this.files = [{ key: newId(), choices: {}, url: "", ...cut }];
    } catch (reason) {
      return this.tell(reason.error ? reason.message : this.mm.failed);
    }
    return this.#planAndSend(text);
  }

  async #export({ boxes, pictures }) {
    const said = {
      boxes: boxes.map(({ box, label, picture }) => ({ box, label, picture })),
      pictures: pictures.map(({ name, size }) => [name, size ?? [1000, 1000]]),
    };
    try {
      const answer = await post("coco", said);
      const link = el("a", { href: URL.createObjectURL(await answer.blob()), download: "boxes.json" });
      link.click();
      URL.revokeObjectURL(link.href);
    } catch (reason) {
      this.tell(reason.whole ?? this.mm.failed);
    }
  }
}
