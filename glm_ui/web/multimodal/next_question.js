// The question that the files under the plan will belong to, before it is asked. Pure: no page, no network.

import { newId } from "../parts/id.js";
import { splitModel } from "../chat/turn.js";

const MAX_THUMBS = 40;

/**
 * @typedef {{id: string, files: Array<Page.Chosen>, planned: Page.Plan | null, pictures: Array<Page.Picture>,
 *   provider: string | null, model: string}} Next
 */

/**
 * The pictures of a plan, the first of them with their thumbnails.
 * @param {Page.Plan | null} planned
 * @returns {Array<Page.Picture>}
 */
export function picturesOf(planned) {
  if (!planned) return [];
  return planned.pictures.map((seen, i) => ({
    ...seen,
    thumb: i < MAX_THUMBS ? (planned.files[seen.file]?.items[seen.item]?.thumbnail ?? null) : null,
  }));
}

/**
 * The files as a question that was not asked yet, or null; until a new plan is there, `before`, as the last one had them.
 * @param {{
 * files: Array<Page.Chosen>,
 * planned: Page.Plan | null,
 * before: Next | null | undefined,
 * model: string | undefined,
 * providers: Record<string, unknown>,
 * }} asked
 * @returns {Next | null}
 */
export function nextQuestion({ files, planned, before, model: choice, providers }) {
  if (!files.length) return null;
  if (before && (!planned || before.planned === planned)) return before;
  const [provider, model] = splitModel(choice ?? "", providers);
  return { id: newId(), files, planned, pictures: picturesOf(planned), provider, model };
}
