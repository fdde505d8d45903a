// The files that were uploaded from this page, by their id on the server: the server forgets an upload after an hour, and
// then it is uploaded again. A File is a handle; its bytes stay where they were.

const MOST = 500;

/** @type {Map<string, File | Blob>} */
export const originals = new Map();

/**
 * @param {string} id
 * @param {File | Blob} file
 */
export function rememberOriginal(id, file) {
  originals.set(id, file);
  for (const oldest of originals.keys()) {
    if (originals.size <= MOST) break;
    originals.delete(oldest);
  }
}
