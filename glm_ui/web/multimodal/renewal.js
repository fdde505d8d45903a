// Files that the server has forgotten and that this browser still has: they are uploaded again, so that nobody has to
// choose them again.

import { rememberOriginal, originals } from "./originals.js";
import { upload } from "./upload.js";

export class Renewal {
  /** @type {Set<string>} ids that were made here: one that is forgotten at once is not tried again */
  #made = new Set();

  /** @param {(id: string) => Promise<Blob | undefined>} kept the bytes that a draft keeps of a file */
  constructor(kept) {
    this.kept = kept;
  }

  /**
   * Uploads what `planned` refuses as gone, and writes the new ids into `files`. Gives whether there was any. Throws what
   * an upload throws.
   * @param {Array<Page.Chosen>} files
   * @param {Page.Plan | null} planned
   * @param {AbortSignal} signal
   */
  async renew(files, planned, signal) {
    let any = false;
    for (const [i, file] of files.entries()) {
      if (planned?.files[i]?.refusal?.way_out !== "files" || !file.id || this.#made.has(file.id)) continue;
      const blob = originals.get(file.id) ?? (await this.kept(file.id));
      if (!blob) continue;
      const again = new File([blob], file.name ?? "", { type: blob.type });
      const there = await upload(again, () => undefined, signal);
      rememberOriginal(there.id, again);
      this.#made.add(there.id);
      file.id = there.id;
      any = true;
    }
    return any;
  }
}
