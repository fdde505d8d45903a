// @ts-nocheck
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

/** Updates of Gradio's components. */
export const same = () => ({ __type__: "update" });
export const idle = (text) => ({
  __type__: "update",
  submit_btn: true,
  stop_btn: false,
  ...(text !== undefined && { value: text }),
});
export const busy = (text) => ({
  __type__: "update",
  submit_btn: false,
  stop_btn: true,
  ...(text !== undefined && { value: text }),
});
/** Of all controls but the text. */
export const untouched = () => CONTROLS.map(same);

const isControl = (value) => ["string", "number", "boolean"].includes(typeof value);

/** The states of a model's controls, by component: {facts, key, thinking, effort, temperature, …}. */
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

/** What a person reads of each control in `states`, as updates of the facts, the key's box and all controls beside the
 * model. */
export function readOnly(states) {
  const read = ({ label, info }) => ({ ...same(), ...(label && { label }), ...(info && { info }) });
  const facts = states.facts ? { ...same(), ...states.facts } : same();
  return [facts, ...["key", ...BESIDE_MODEL].map((name) => read(states[name] ?? {}))];
}

export class GivenControls {
  #given = null;
  pending = null;

  /** Values for the controls; true if there are any. */
  give(settings) {
    this.#given = null;
    const wanted = CONTROLS.filter((name) => isControl(settings?.[name])).map((name) => [name, settings[name]]);
    this.pending = wanted.length ? Object.fromEntries(wanted) : null;
    return wanted.length > 0;
  }

  /** The updates of all controls but the text. A new model comes first: picking it (`picked`) then gives the rest. */
  restoring(model) {
    const wanted = this.pending?.model;
    if (wanted && wanted !== model)
      return CONTROLS.map((name) => (name === "model" ? { ...same(), value: wanted } : same()));
    return [same(), ...this.#values(model).map((value) => ({ ...same(), ...value }))];
  }

  /** The updates of facts, key and all controls beside the model, once `model` is picked. */
  picked(model, states) {
    const values = this.#values(model);
    const update = (name, i) => ({ ...same(), ...states[name], ...values[i] });
    return [{ ...same(), ...states.facts }, { ...same(), ...states.key }, ...BESIDE_MODEL.map(update)];
  }

  /** What was given for a model holds as long as it is picked: {value} or {} for each control beside the model. */
  #values(model) {
    if (this.pending && (this.pending.model ?? model) === model)
      [this.#given, this.pending] = [{ ...this.pending, model }, null];
    if (this.#given?.model !== model) this.#given = null;
    return BESIDE_MODEL.map((name) => (this.#given && name in this.#given ? { value: this.#given[name] } : {}));
  }
}
