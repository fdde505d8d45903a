// A model for files that the one which is picked does not take.

import { facts, usable } from "./places.js";
import { valueOf } from "../parts/dom.js";

/**
 * @param {Array<Wire.Offered>} models
 * @param {string} box of the model that is picked
 * @returns {import("../multimodal/plan_view.js").OtherModel}
 */
export const otherModel = (models, box) => (kinds) =>
  fitting(models, [kinds].flat(), { keys: usable(), provider: facts().provider ?? "", shown: valueOf(box) ?? "" });

/**
 * A usable choice that takes files of all these kinds, of the same provider if it has one. The demo, which needs no key, is
 * offered to those alone who use it.
 * @param {Array<Wire.Offered>} models
 * @param {Array<string>} kinds
 * @param {{keys: Array<string>, provider: string, shown: string}} now keys of the providers that can be asked, and what is
 * picked
 */
export function fitting(models, kinds, { keys, provider, shown }) {
  const fit = models.filter(
    ({ label, value, takes }) =>
      kinds.every((kind) => takes.includes(kind)) &&
      label !== shown &&
      keys.includes(value.split(":")[0]) &&
      (provider === "demo" || !value.startsWith("demo:")),
  );
  return fit.find(({ value }) => value.startsWith(`${provider}:`)) ?? fit[0] ?? null;
}
