// What the events of Gradio's controls call, beside those of a chat: a model was picked, a key was typed, a server of the
// visitor's own was named. Each gives the updates of the components that its event names.

import { readOnly, same, statesOf, untouched } from "../chat/controls.js";
import { postJson, Refused } from "../server/request.js";
import { facts, setPicked } from "./places.js";

/**
 * `chatOf(tab)` is the chat of a tab, once it is there.
 * @typedef {object} Parts
 * @property {Promise<Wire.Config>} config
 * @property {Page.Session} session
 * @property {import("./account_bar.js").AccountBar} bar
 * @property {(text: string) => void} announce
 * @property {(tab: string) => Page.AnyChat | null | undefined} chatOf
 * @property {(provider: string, key: string) => unknown} keySaved
 */

/** @param {Parts} parts */
export const gradioEvents = (parts) => ({ ...modelEvents(parts), ...keyEvents(parts) });

/** @param {Parts} parts */
function modelEvents({ config, session, chatOf }) {
  /** @type {Record<string, object>} tab -> the last model that was picked */
  let newest = {};
  const unchanged = () => [same(), same(), ...untouched().slice(1)];
  /** @param {string} model */
  const told = async (model) => {
    const { controls, words } = await config;
    return statesOf(model, { controls, session, words });
  };
  return {
    /**
     * The controls as an opened conversation has them.
     * @param {string} tab
     * @param {string} model
     */
    restoring: (tab, model) => chatOf(tab)?.composer.given.restoring(model) ?? untouched(),

    /**
     * A model was picked on a tab: what its controls may be.
     * @param {string} tab
     * @param {string} model
     */
    async picked(tab, model) {
      setPicked(tab, model);
      const mine = (newest = { ...newest, [tab]: {} })[tab];
      chatOf(tab)?.composer.picked(model);
      const states = await told(model);
      if (mine !== newest[tab]) return unchanged();
      queueMicrotask(() => chatOf(tab)?.extras.replan?.());
      chatOf(tab)?.composer.offers(states);
      return chatOf(tab)?.composer.given.picked(model, states) ?? unchanged();
    },

    /**
     * The switch of thinking or its effort holds another value, whoever changed it.
     * @param {string} tab
     * @param {boolean} thinking
     * @param {string | null} effort
     */
    thought: (tab, thinking, effort) => void chatOf(tab)?.composer.hear({ thinking, effort }),

    /**
     * What the server drew of the model that is picked first, in the page's language; values stay as they are.
     * @param {string} tab
     * @param {string} model
     */
    async translated(tab, model) {
      const { offered } = await config;
      const states = offered ? await told(model) : {};
      if (tab === "multimodal") delete states.thinking; // its switch stands in a row, without the line below
      return [offered ? { ...same(), choices: offered[tab] } : same(), ...readOnly(states)];
    },
  };
}

/** @param {Parts} parts */
function keyEvents({ config, session, bar, announce, keySaved }) {
  return {
    /**
     * Hands the typed key to the server's memory and empties the box. In the demo it is the first provider's key.
     * @param {string} value
     * @param {string} model
     */
    async saveKey(value, model) {
      if (!value.trim()) return ["", model];
      const { words, providers, first_provider: first } = await config;
      const chosen = facts().provider ?? first;
      const provider = chosen === "demo" ? first : chosen;
      try {
        await bar.show(await postJson("key", { session: session(), provider, key: value }));
        announce(words.key_saved);
        keySaved(providers[provider]?.shares ?? provider, value.trim());
      } catch {
        announce(words.key_failed);
        return [value, model];
      }
      return ["", chosen === "demo" ? model.replace(/^demo:/, `${first}:`) : model];
    },

    /**
     * Hands the visitor's own server and its key to this server's memory, and picks its model. Says what is wrong below
     * the address.
     * @param {string} address
     * @param {string} name
     * @param {string} key
     * @param {string} kind
     * @param {string} model
     */
    async useServer(address, name, key, kind, model) {
      const { words } = await config;
      const used = Boolean(address.trim());
      try {
        await bar.show(await postJson("server", { session: session(), address, kind, key }));
        const info = used ? words.server_used : words.server_gone;
        announce(info);
        return [{ ...same(), info }, "", used ? `custom:${name.trim() || "default"}` : model];
      } catch (reason) {
        const info = reason instanceof Refused && !reason.unreachable ? reason.whole : words.key_failed;
        announce(info);
        return [{ ...same(), info }, key, model];
      }
    },
  };
}
