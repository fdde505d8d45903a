// Why conversations do not last in this browser, each in one sentence for the person.

export const PROBLEMS = {
  blocked:
    "This browser keeps nothing for this page (a private window or an embedded page): conversations last until the tab is closed. Export what you want to keep.",
  full: "The browser's storage is full: what comes now lasts until the tab is closed. Export or delete conversations to make room.",
  newer:
    "Conversations here were saved by a newer version of this page. They are left as they are; what comes now lasts until the tab is closed.",
  failed:
    "The browser could not save this conversation: it lasts until the tab is closed. Export what you want to keep.",
  /**
   * @param {number} n
   * @param {number} newer
   */
  unreadable: (n, newer) =>
    `${n === 1 ? "One conversation" : `${n} conversations`} could not be read and ${n === 1 ? "was" : "were"} left as ${n === 1 ? "it is" : "they are"}` +
    (newer ? `: ${newer === n ? "" : `${newer} `}saved by a newer version of this page.` : "."),
};
