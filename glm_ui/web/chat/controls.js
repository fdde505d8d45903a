// The controls beside a conversation: what each may be for the model that is picked, and the values that an opened
// conversation or a link gives them. What a model allows is data of the page, so that picking one needs no server.

import { postJson } from "../server/request.js";

/** The order of the components that Gradio hands to `submit` and `act`; chat_tab.py's ASK is the same list. */
export const FIELDS = [
  "text",
  "model",
  "thinking",
  "effort",
  "system",
  "temperature",
  "top_p",
  "max_tokens",
  "stop",
  "seed",
  "json_output",
];
const CONTROLS = FIELDS.slice(1);
const BESIDE_MODEL = FIELDS.slice(2);

/**
 * An update of a component that changes nothing.
 * @returns {Page.Update}
 */
export const same = () => ({ __type__: "update" });
/**
 * The box while nothing is asked; with `text` it holds that.
 * @param {string} [text]
 */
export const idle = (text) => box(false, text);
/**
 * The box while a reply comes in.
 * @param {string} [text]
 */
export const busy = (text) => box(true, text);
/** Of all controls but the text. */
export const untouched = () => CONTROLS.map(same);

/**
 * @param {boolean} running
 * @param {string | undefined} text
 * @returns {Page.Update}
 */
const box = (running, text) => ({
  __type__: "update",
  submit_btn: true,
  stop_btn: running,
  ...(text !== undefined && { value: text }),
});

/** @param {unknown} value */
const isControl = (value) => ["string", "number", "boolean"].includes(typeof value);

/**
 * The states of a model's controls, by component: {facts, key, thinking, effort, temperature, …}.
 * @param {string} model
 * @param {{controls: Wire.ControlsConfig, session: Page.Session, words: Wire.Words}} page
 * @returns {Promise<Page.ControlStates>}
 */
export async function statesOf(model, { controls, session, words }) {
  const row = controls.choices[model];
  if (row) return Object.assign({}, ...row.map((i) => controls.states[i]));
  try {
    return await postJson("controls", { session: session(), model });
  } catch {
    // A name that was typed is resolved by the server, which is away.
    return { facts: { value: `<glm-facts class="glm facts bad"><p>${words.model_unknown_yet}</p></glm-facts>` } };
  }
}

/**
 * What a person reads of each control in `states`, as updates of the facts, the key's box and all controls beside the
 * model.
 * @param {Page.ControlStates} states
 */
export function readOnly(states) {
  /** @param {Record<string, unknown>} state */
  const read = ({ label, info }) => ({ ...same(), ...(label ? { label } : {}), ...(info ? { info } : {}) });
  const facts = states.facts ? { ...same(), ...states.facts } : same();
  return [facts, ...["key", ...BESIDE_MODEL].map((name) => read(states[name] ?? {}))];
}

export class GivenControls {
  /** @type {Page.Settings | null} */
  #given = null;
  /** @type {Page.Settings | null} */
  pending = null;

  /**
   * Values for the controls; true if there are any.
   * @param {Page.Settings | null | undefined} settings
   */
  give(settings) {
    this.#given = null;
    const wanted = CONTROLS.map((name) => [name, settings?.[name]]).filter(([, value]) => isControl(value));
    this.pending = wanted.length ? Object.fromEntries(wanted) : null;
    return wanted.length > 0;
  }

  /**
   * The updates of all controls but the text. A new model comes first: picking it (`picked`) then gives the rest.
   * @param {string} model
   */
  restoring(model) {
    const wanted = this.pending?.model;
    if (wanted && wanted !== model)
      return CONTROLS.map((name) => (name === "model" ? { ...same(), value: wanted } : same()));
    return [same(), ...this.#values(model).map((value) => ({ ...same(), ...value }))];
  }

  /**
   * The updates of facts, key and all controls beside the model, once `model` is picked.
   * @param {string} model
   * @param {Page.ControlStates} states
   */
  picked(model, states) {
    const values = this.#values(model);
    /**
     * @param {string} name
     * @param {number} i
     */
    const update = (name, i) => ({ ...same(), ...states[name], ...values[i] });
    return [{ ...same(), ...states.facts }, { ...same(), ...states.key }, ...BESIDE_MODEL.map(update)];
  }

  /**
   * What was given for a model holds as long as it is picked: {value} or {} for each control beside the model.
   * @param {string} model
   */
  #values(model) {
    if (this.pending && (this.pending.model ?? model) === model)
      [this.#given, this.pending] = [{ ...this.pending, model }, null];
    if (this.#given?.model !== model) this.#given = null;
    const given = this.#given;
    return BESIDE_MODEL.map((name) => (given && name in given ? { value: given[name] } : {}));
  }
}
