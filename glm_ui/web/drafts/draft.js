// A draft as a plain record: what was typed and not sent. Pure functions on it and on lists of it. No storage and no page
// must enter here.
//
// {of, page, text, files: [{id, url, name, …}], line: [{id, text, more}], at}
// `of` is a conversation's id, or newIn(tab); `page` the open page that it was typed in: two pages keep two drafts.

/** Drafts that are kept at most: the newest. */
export const MOST = 400;
/** Bytes of one file, and of all files of one draft, that are kept beside the server's copy, which lasts an hour. */
export const LARGEST = 16 * 2 ** 20;
export const ALL = 64 * 2 ** 20;

/**
 * Where the draft of a tab's new conversation is kept.
 * @param {string} tab
 */
export const newIn = (tab) => `new:${tab}`;

/** @param {Page.Conversation} conversation */
export const keyOf = ({ id, tab, nodes }) => (nodes.length ? id : newIn(tab));

/**
 * Whether there is anything in it.
 * @param {Pick<Page.Draft, "text" | "files" | "line">} draft
 */
export const isEmpty = ({ text, files, line }) => !text.trim() && !files.length && !line.length;

/**
 * The newest draft of `of` whose page is gone: that of a living page is at hand there.
 * @param {Array<Page.Draft>} drafts
 * @param {string} of
 * @param {Set<string>} living
 */
export const leftBehind = (drafts, of, living) =>
  drafts
    .filter((draft) => draft.of === of && !living.has(draft.page))
    .reduce(
      (/** @type {Page.Draft | null} */ newest, draft) => (newest && newest.at >= draft.at ? newest : draft),
      null,
    );

/**
 * Drafts of pages that are gone, beyond the newest MOST of all.
 * @param {Array<Page.Draft>} drafts
 * @param {Set<string>} living
 */
export const surplus = (drafts, living) =>
  [...drafts]
    .sort((a, b) => b.at - a.at)
    .slice(MOST)
    .filter(({ page }) => !living.has(page));

/**
 * Every file that a draft names, those of its line among them.
 * @param {Pick<Page.Draft, "files" | "line">} draft
 * @returns {Array<Page.FileRef>}
 */
export const filesOf = ({ files, line }) => [...files, ...line.flatMap(({ more }) => more.files ?? [])];

/**
 * Of these files, in their order, those whose bytes are kept.
 * @template {{size: number}} T
 * @param {Array<T>} files
 * @returns {Array<T>}
 */
export function bounded(files) {
  let room = ALL;
  return files.filter(({ size }) => size <= LARGEST && size <= room && ((room -= size), true));
}
