// A model for files that the one which is picked does not take.

import { facts, pickedOn, usable } from "./places.js";

/**
 * @param {Wire.Config} config
 * @param {string} tab chat or multimodal
 * @returns {import("../multimodal/plan_view.js").OtherModel}
 */
export const otherModel = (config, tab) => (kinds) =>
  fitting(config.multimodal.models, [kinds].flat(), {
    keys: usable(),
    provider: facts().provider ?? "",
    picked: pickedOn(config, tab),
  });

/**
 * A usable choice that takes files of all these kinds, of the same provider if it has one. The demo, which needs no key, is
 * offered to those alone who use it.
 * @param {Array<Wire.Offered>} models
 * @param {Array<string>} kinds
 * @param {{keys: Array<string>, provider: string, picked: string}} now keys of the providers that can be asked, and what is
 * picked
 */
export function fitting(models, kinds, { keys, provider, picked }) {
  const fit = models.filter(
    ({ value, takes }) =>
      kinds.every((kind) => takes.includes(kind)) &&
      value !== picked &&
      keys.includes(value.split(":")[0]) &&
      (provider === "demo" || !value.startsWith("demo:")),
  );
  return fit.find(({ value }) => value.startsWith(`${provider}:`)) ?? fit[0] ?? null;
}
