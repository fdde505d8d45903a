// The menus of the list of conversations: that of all, and that of one row. What is chosen is done by the list.

import { toClipboard } from "../parts/clipboard.js";

/**
 * @typedef {import("./list.js").ConversationList} ConversationList
 * @typedef {import("../parts/menu.js").MenuItem} MenuItem
 */

/**
 * A row of the menu for each kind of file.
 * @param {Record<string, string>} labels by kind
 * @param {(kind: string) => () => unknown} run
 * @returns {Array<MenuItem>}
 */
const kinds = (labels, run) => Object.entries(labels).map(([kind, label]) => ({ label, icon: "down", run: run(kind) }));

/**
 * @param {ConversationList} list
 * @returns {Array<MenuItem>}
 */
export function mainMenu(list) {
  const { words, connect } = list;
  return [
    { heading: words.export_all },
    ...kinds(words.kinds, (kind) => async () => (await list.transfer()).exportAll(kind)),
    { heading: "" },
    { label: words.import, icon: "up", run: async () => (await list.transfer()).choose() },
    { label: words.clear, icon: "trash", bad: true, run: async () => (await list.transfer()).clear() },
    { heading: "" },
    { label: words.shortcuts, icon: "code", run: () => document.dispatchEvent(new Event("glm-shortcuts")) },
    ...(connect ? [{ label: words.connect, icon: "link", run: connect }] : []),
  ];
}

/**
 * @param {ConversationList} list
 * @param {string} id
 */
async function copyLink(list, id) {
  const done = await toClipboard(new URL(list.linkTo(id), location.href).href);
  list.say(done ? list.words.link_copied : list.words.link_not_copied);
}

/**
 * @param {ConversationList} list
 * @param {import("./list_row.js").Item} item
 * @returns {Array<MenuItem>}
 */
export function rowMenu(list, item) {
  const { words } = list;
  const { id, pinned } = item.row;
  return [
    { label: words.rename, icon: "edit", run: () => list.rename(item) },
    { label: words.name_it, icon: "text", run: async () => (await import("./name_it.js")).nameIt(list, id) },
    {
      label: pinned ? words.unpin : words.pin,
      icon: "pin",
      run: () => list.change(id, (conversation) => (conversation.pinned = !conversation.pinned)),
    },
    { label: words.open_tab, icon: "enlarge", run: () => open(list.linkTo(id), "_blank", "noopener") },
    { label: words.copy_link, icon: "link", run: () => copyLink(list, id) },
    { heading: words.export },
    ...kinds(words.kinds, (kind) => async () => (await list.transfer()).exportOne(id, kind)),
    { label: list.all.reading.share, icon: "picture", run: async () => (await list.transfer()).share(id) },
    { heading: "" },
    { label: words.delete, icon: "trash", bad: true, run: () => list.remove(item) },
  ];
}
