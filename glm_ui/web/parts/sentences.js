// Sentences that stand one after the other.

/** What ends a sentence in Chinese, where no space follows. */
const CLOSED = /[。！？；：」』）]$/;

/**
 * One text of the sentences that there are.
 * @param {Array<string | null | undefined | false>} sentences
 */
export const sentencesOf = (...sentences) =>
  sentences.filter(Boolean).reduce((/** @type {string} */ text, next) => {
    const space = !text || CLOSED.test(text) ? "" : " ";
    return `${text}${space}${next}`;
  }, "");
