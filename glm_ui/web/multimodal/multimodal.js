// The Multimodal tab: a chat whose questions carry files. The chat asks, stops, retries and keeps, `Attachments` holds the
// files; here is what the stage shows of them, and what is asked about what it shows.

import { Chat } from "../chat/chat.js";
import { idle } from "../chat/controls.js";
import { valueOf } from "../parts/dom.js";
import { visitor } from "../server/identity.js";
import { postJson, Refused } from "../server/request.js";
import { Attachments } from "./attachments.js";
import { chooseFiles, fileZone } from "./file_zone.js";
import { PlanView } from "./plan_view.js";
import { saveBoxes, SentPictures } from "./sent_pictures.js";
import { Stage } from "./stage.js";

/**
 * @typedef {Omit<Page.ChatParts, "tab" | "makeLog" | "extras"> & {
 * planRoot: HTMLElement,
 * setModel: (value: string) => void,
 * usable: () => Array<string>,
 * otherModel: import("./plan_view.js").OtherModel,
 * }} Parts
 */

const touch = matchMedia("(pointer: coarse)");
const typed = () => valueOf("#mm-input textarea");

export class Multimodal {
  /**
   * What the model's box shall hold; Gradio's hidden button reads it.
   * @type {string | undefined}
   */
  wantedModel;

  /** @param {Parts} parts */
  constructor({ planRoot, otherModel, setModel, usable, ...rest }) {
    const { config, root } = rest;
    const { words } = config;
    const { examples, words: mm } = config.multimodal;
    this.mm = mm;
    /** @type {Chat} */
    this.chat = new Chat({
      ...rest,
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
    });
    const { chat } = this;
    this.pictures = new SentPictures(chat);
    this.files = this.#makeFiles({ planRoot, otherModel, setModel, usable });
    const { extras } = chat;
    chat.extras = { ...extras, acts: { ...extras.acts, ...this.#acts() } };
    planRoot.before(fileZone(this.files.intake));
  }

  /** @param {Pick<Parts, "planRoot" | "otherModel" | "setModel" | "usable">} parts */
  #makeFiles({ planRoot, ...rest }) {
    const tab = document.querySelector("#mm-tab");
    return new Attachments({
      ...rest,
      chat: this.chat,
      drawing: (options) => new PlanView(planRoot, options),
      typed,
      choose: chooseFiles,
      isSeen: () => Boolean(tab?.checkVisibility()),
      preview: (next) => {
        tab?.classList.toggle("has-files", Boolean(next));
        this.stage?.preview(next);
      },
    });
  }

  /**
   * What a person may ask of what the stage shows.
   * @returns {Page.Extras["acts"]}
   */
  #acts() {
    return {
      show: (_, { file, prompt, choices = {} }) => {
        this.#keepFocus();
        this.files.ask({ id: `example:${file}`, name: file, size: null, choices }, prompt);
      },
      region: (_, region) => this.#askRegion(region),
      coco: (_, found) => saveBoxes(found).catch((reason) => this.#failed(reason)),
    };
  }

  // --- what Gradio's events call -----------------------------------------------------------------------------------

  /**
   * From Gradio's textbox.
   * @param {Array<unknown>} values
   */
  submit(values) {
    return this.chat.submit(values);
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
      (files) => this.files.take(files),
      (reason) => this.#failed(reason),
    );
    return null;
  }

  // --- files ---------------------------------------------------------------------------------------------------------

  /**
   * Takes files that another tab's question has, with its words; those that are here already, and words that are, stay.
   * @param {Array<Page.FileRef>} files
   * @param {string} text
   */
  look(files, text) {
    const { plan } = this.files;
    const here = new Set(plan.files.map(({ id, url }) => id || url));
    const others = files.filter(({ id, url }) => !here.has(id || url));
    if (others.length) this.files.take(others.map((file) => ({ ...file })));
    if (text && !typed()) this.chat.composer.withSettings(() => idle(text));
  }

  /** @param {unknown} reason */
  #failed(reason) {
    this.files.tell(reason instanceof Refused ? reason.message : this.mm.failed);
  }

  /**
   * What was pressed goes away with what the stage showed: the message box has the focus then, but on a touch screen,
   * where it would open the keyboard.
   */
  #keepFocus() {
    if (!touch.matches) this.chat.focus();
  }

  /**
   * Cuts the region out on the server and asks `text` about it as a new turn; without a text it is one more file of the
   * next question. Resolves to whether it was cut out and is still wanted.
   * @param {{
   * owner: Page.ChatNode,
   * seen: Page.Picture,
   * found: Pick<Wire.Region, "box" | "label" | "drawn">,
   * text?: string,
   * signal?: AbortSignal,
   * }} region
   */
  async #askRegion({ owner, seen, found, text, signal }) {
    const { chat, files } = this;
    const { conversation } = chat;
    if (text) this.#keepFocus();
    try {
      const cut = await this.pictures.cut(owner, seen, found);
      if (signal?.aborted || chat.conversation !== conversation) return false;
      if (text) files.ask(cut, text);
      else {
        files.add([cut]);
        chat.focus();
      }
      return true;
    } catch (reason) {
      if (!signal?.aborted) this.#failed(reason);
      return false;
    }
  }
}
