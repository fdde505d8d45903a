// The Multimodal tab as it stands on the page: made when it is first opened, with its own list of conversations.

import { ConversationList } from "../conversations/list.js";
import { el, find } from "../parts/dom.js";
import { linker } from "../conversations/link.js";
import { otherModel } from "./other_model.js";
import { click, usable } from "./places.js";

/**
 * @param {HTMLElement} root
 * @param {Pick<Page.ChatParts, "config" | "store" | "replies" | "session" | "announce">} parts
 */
export async function makeMultimodal(root, parts) {
  const { config, store, session } = parts;
  const { Multimodal } = await import("../multimodal/multimodal.js");
  const planRoot = find("glm-plan");
  if (!planRoot) throw new Error("The Multimodal tab has no place for its plan.");
  const made = new Multimodal({
    ...parts,
    root,
    planRoot,
    bridge: () => click("mm-bridge"),
    setModel: (value) => {
      made.wantedModel = value;
      click("mm-other");
    },
    usable,
    otherModel: otherModel(config, "multimodal"),
  });
  made.chat.composer.restoreControls = () => click("multimodal-restore");
  const fold = el(
    "details",
    { class: "mm-list" },
    el("summary", {}, config.multimodal.words.conversations),
    el("div", { id: "mm-conversations" }),
  );
  const fresh = { type: "button", class: "small-button mm-new", onclick: () => made.chat.fresh() };
  find("#mm-head")?.append(fold, el("button", fresh, config.words.untitled));
  const linkTo = linker(config.space);
  new ConversationList({ chat: made.chat, store, words: config.words, session, place: "#mm-conversations", linkTo });
  return made;
}
