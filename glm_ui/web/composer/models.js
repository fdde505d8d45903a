// The models that a picker lists, in their order: favourites, then families, the newest first. Pure: no page, no network.

import { splitModel } from "../chat/turn.js";
import { folded } from "../conversations/store/text.js";
import { listPrice } from "../parts/locale.js";

const MILLION = 1_000_000;

/**
 * A model at a provider. `value` is the picker's.
 * @typedef {object} Choice
 * @property {string} value
 * @property {string} name
 * @property {string} provider
 * @property {string} providerName
 * @property {boolean} needsKey as the list says
 * @property {boolean} mustHaveKey whether it cannot be asked without: a gateway can
 * @property {string} family
 * @property {string} released a date, or ""
 * @property {number | null} window in tokens
 * @property {Array<string>} takes kinds of files
 * @property {boolean} thinks
 * @property {boolean} tools
 * @property {[number, number] | null} price in USD for a million tokens in and out
 *
 * @typedef {{label: string, choices: Array<Choice>}} Group
 */

/**
 * Every choice that the page offers, in the order of its providers.
 * @param {Pick<Wire.Config, "controls" | "providers" | "models">} config
 * @returns {Array<Choice>}
 */
export const choicesOf = ({ controls, providers, models }) =>
  Object.keys(controls.choices).map((value) => {
    const [provider, key] = splitModel(value, providers);
    const at = providers[provider ?? ""];
    const model = models[key];
    const here = model?.at[provider ?? ""];
    return {
      value,
      name: model?.name ?? key,
      provider: provider ?? "",
      providerName: at?.name ?? "",
      needsKey: Boolean(at?.asks_key),
      mustHaveKey: Boolean(at?.needs_key),
      family: familyOf(model?.name ?? ""),
      released: model?.released ?? "",
      window: model?.window ?? null,
      takes: here?.takes ?? model?.takes ?? [],
      thinks: Boolean(model?.thinks),
      tools: Boolean(model?.tools),
      price: here?.price ?? null,
    };
  });

/**
 * "GLM-4.6V-Flash" is of the family "GLM-4.6"; a name of another form has none.
 * @param {string} name
 */
export const familyOf = (name) => /^GLM-\d+(\.\d+)?/.exec(name)?.[0] ?? "";

/**
 * @param {Choice} choice
 * @param {Array<string>} usable keys of the providers that can be asked
 */
export const lacksKey = ({ needsKey, provider }, usable) => needsKey && !usable.includes(provider);

/**
 * The groups of a list: favourites, then families from the newest to the oldest. In each comes first the model that is
 * called as its family is, then its variants, the newest first; of a model's providers those that can be asked. `query`:
 * each of its words stands in the name, the provider or what it takes; a model whose whole name was typed comes before all
 * others.
 * @param {Array<Choice>} choices
 * @param {{favourites: Array<string>, usable: Array<string>, query?: string}} how
 * @param {Pick<Wire.Words["composer"], "favourites" | "other_models" | "takes">} words
 * @returns {Array<Group>}
 */
export function arranged(choices, { favourites, usable, query = "" }, words) {
  const sought = folded(query).split(/\s+/).filter(Boolean);
  const fitting = choices.filter((choice) => {
    const said = folded(
      [choice.name, choice.providerName, ...choice.takes.map((kind) => words.takes[kind] ?? "")].join(" "),
    );
    return sought.every((word) => said.includes(word));
  });
  /** @type {Map<string, Array<Choice>>} */
  const families = new Map();
  for (const choice of fitting) families.set(choice.family, [...(families.get(choice.family) ?? []), choice]);
  const chosen = favourites.flatMap((value) => fitting.filter((choice) => choice.value === value));
  /** @param {Choice} choice */
  const rank = (choice) => Number(lacksKey(choice, usable));
  const typed = ` ${sought.join(" ")} `;
  /** Whether the whole name was typed. @param {Choice} choice */
  const isNamed = ({ name }) => Number(typed.includes(` ${folded(name)} `));
  /** @param {Array<Choice>} mine */
  const namesOne = (mine) => Number(mine.some(isNamed));
  return [
    { label: words.favourites, choices: chosen },
    ...[...families]
      .sort(([a, mine], [b, others]) => namesOne(others) - namesOne(mine) || versionOf(b) - versionOf(a))
      .map(([label, mine]) => ({
        label: label || words.other_models,
        choices: mine.sort(
          (a, b) =>
            isNamed(b) - isNamed(a) ||
            isFlagship(b) - isFlagship(a) ||
            b.released.localeCompare(a.released) ||
            a.name.localeCompare(b.name) ||
            rank(a) - rank(b),
        ),
      })),
  ].filter((group) => group.choices.length);
}

/**
 * "GLM-5.3" before "GLM-5.3-FlashX", which may be newer.
 * @param {Choice} choice
 */
const isFlagship = ({ name, family }) => Number(name === family);

/** @param {string} family */
const versionOf = (family) => Number(family.replace("GLM-", "")) || 0;

/**
 * 131072 -> "128K", 1048576 -> "1M".
 * @param {number} tokens
 */
export function windowOf(tokens) {
  if (tokens >= MILLION) return `${Math.floor(tokens / MILLION)}M`;
  return `${Math.floor(tokens / (tokens % 1000 && tokens % 1024 === 0 ? 1024 : 1000))}K`;
}

/**
 * What a row says of a choice beside its name.
 * @param {Choice} choice
 * @param {Wire.Words["composer"]} words
 */
export function factsOf({ providerName, window, takes, thinks, tools, price }, words) {
  const [input, output] = price ?? [];
  return [
    providerName,
    window ? windowOf(window) : "",
    ...takes.map((kind) => words.takes[kind] ?? ""),
    thinks ? words.thinks : "",
    tools ? words.tools : "",
    input === undefined || output === undefined
      ? ""
      : input || output
        ? words.price.replace("{input}", listPrice(input)).replace("{output}", listPrice(output))
        : words.free,
  ]
    .filter(Boolean)
    .join(" · ");
}
