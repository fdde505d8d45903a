// The files of the Chat tab's questions: chips above the message box, and the menu of the ways in which files come.

import { otherModel } from "../page/other_model.js";
import { usable } from "../page/places.js";
import { valueOf } from "../parts/dom.js";
import { openMenu } from "../parts/menu.js";
import { Attachments } from "./attachments.js";
import { Chips } from "./chips.js";

const typed = () => valueOf("#chat-input textarea");

export class ChatFiles extends Attachments {
  /** @param {import("../chat/attach.js").Parts & {choose: () => void}} parts */
  constructor({ chat, tab, look, choose }) {
    const { acts } = chat.extras;
    const { composer, config } = chat;
    /** @type {Chips | undefined} */
    let chips;
    super({
      chat,
      drawing: (options) =>
        (chips = new Chips({
          ...options,
          box: "#chat-input > label",
          look: () => look(this.plan.files, typed() ?? ""),
          left: () => chat.focus(),
          framed: (on) => tab.classList.toggle("has-files", on),
        })),
      typed,
      choose,
      isSeen: () => tab.checkVisibility(),
      setModel: (model) => {
        composer.give({ ...composer.given.pending, model });
        chat.focus();
      },
      usable,
      otherModel: otherModel(config, "chat"),
    });
    chips?.hold(...this.intake.parts);
    chat.extras.acts = { ...acts, ...chat.extras.acts };
  }

  /** @param {HTMLElement} button that the menu opens at */
  async openMenu(button) {
    const { words, chat, intake } = this;
    const films = await hasCamera();
    openMenu(button, [
      { label: chat.words.files.choose, icon: "file", run: () => this.choose() },
      ...(films ? [{ label: words.camera, icon: "camera", run: () => intake.film() }] : []),
      { label: words.address_label, icon: "link", run: () => intake.askAddress() },
      ...chat.composer.folded(button),
    ]);
  }
}

async function hasCamera() {
  try {
    const devices = (await navigator.mediaDevices?.enumerateDevices()) ?? [];
    return devices.some(({ kind }) => kind === "videoinput");
  } catch {
    return false;
  }
}
