// The question that the files under the plan will belong to, before it is asked. Pure: no page, no network.

import { newId } from "../parts/id.js";
import { splitModel } from "../chat/turn.js";

const MAX_THUMBS = 40;

/** The pictures of a plan, the first of them with their thumbnails. */
export function picturesOf(planned) {
  const thumb = ({ file, item }) => planned.files[file]?.items[item]?.thumbnail ?? null;
  return (planned?.pictures ?? []).map((seen, i) => ({ ...seen, thumb: i < MAX_THUMBS ? thumb(seen) : null }));
}

/** The files as a question that was not asked yet, or null; until a new plan is there, `before`, as the last one had them. */
export function nextQuestion({ files, planned, before, model: choice, providers }) {
  if (!files.length) return null;
  if (before && (!planned || before.planned === planned)) return before;
  const [provider, model] = splitModel(choice ?? "", providers);
  return { id: newId(), files, planned, pictures: picturesOf(planned), provider, model };
}
