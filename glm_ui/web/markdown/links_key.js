// The definitions of links that a block is drawn with, as a number.

/**
 * A number for all definitions so far, equal for equal ones: an object does not keep their order.
 * @param {number} key
 * @param {...(string | null | undefined)} said
 */
export function withLink(key, ...said) {
  let hash = 0;
  for (const letter of JSON.stringify(said)) hash = (Math.imul(hash, 31) + (letter.codePointAt(0) ?? 0)) | 0;
  return (key + hash) | 0;
}

/**
 * @param {string} raw
 * @param {number} key
 */
export const keyFor = (raw, key) => (raw.includes("[") ? key : 0);
