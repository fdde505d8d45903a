// What a plan says against its files, in the order in which a person needs it. Pure: no page, no network.

/**
 * Files that the picked model does not take and another one does: one entry for all of which the same is said, with a model
 * that takes every kind of them. All other files that cannot go, with their places.
 * @param {Array<Wire.FileTold | undefined>} told
 * @param {import("./plan_view.js").OtherModel} otherModel
 */
export function unseenIn(told, otherModel) {
  const refused = told.flatMap((ready, at) => (ready?.refusal ? [{ ready, at }] : []));
  /** @param {Wire.FileTold} ready */
  const needsModel = ({ kind, refusal }) => kind && ["model", "provider"].includes(refusal?.way_out ?? "");
  const kinds = [...new Set(refused.flatMap(({ ready }) => (needsModel(ready) && ready.kind ? [ready.kind] : [])))];
  const forAll = kinds.length ? otherModel(kinds) : null;
  /** @type {Map<string, {why: string, model: Wire.Offered}>} */
  const unseen = new Map();
  const others = refused.filter(({ ready }) => {
    const model = needsModel(ready) && (forAll ?? otherModel(ready.kind ?? ""));
    const why = ready.refusal?.why || ready.refusal?.what || "";
    if (model) unseen.set(why, { why, model });
    return !model;
  });
  return { unseen: [...unseen.values()], others };
}
