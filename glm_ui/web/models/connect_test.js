// The test of a connection: one request as a program would send it, from here through the gateway, and both wires side
// by side. A key is read from its box when the test is sent, goes into that request's header, and is kept nowhere.

import { block } from "../chat/request_view.js";
import { el } from "../parts/dom.js";
import { brief } from "../parts/locale.js";
import { messageOf, postJson, Refused } from "../server/request.js";

const SHOWN_KEY = "$GLM_UI_KEY";
const TOLD = ["content-type", "request-id", "x-glm-ui-model", "x-glm-ui-provider", "retry-after", "x-should-retry"];

/**
 * What came back: seconds since the request was sent, null where nothing came.
 * @typedef {{status: number, headers: Headers, text: string, first: number | null, total: number}} Got
 */

export class ConnectTest {
  /**
   * The test that runs.
   * @type {AbortController | null}
   */
  running = null;
  /**
   * Whose request is sent, and what the server said of the gateway.
   * @type {{client: Wire.Program, told: Wire.Connections} | null}
   */
  chosen = null;

  /**
   * @param {{
   * words: Wire.Words["models"]["connect"],
   * session: Page.Session,
   * announce: (text: string) => void,
   * }} parts
   */
  constructor({ words, session, announce }) {
    this.words = words;
    this.session = session;
    this.announce = announce;
    this.key = el("input", {
      type: "password",
      id: "connect-key",
      "aria-label": words.key,
      placeholder: words.key,
      title: words.key_about,
      autocomplete: "off",
    });
    this.button = el(
      "button",
      {
        type: "button",
        class: "main-button",
        id: "connect-test",
        onclick: () => (this.running ? this.running.abort() : this.run()),
      },
      words.test,
    );
    this.about = el("span", { class: "quiet" });
    this.result = el("div", { class: "connect-result", "aria-live": "polite" });
    this.root = el(
      "section",
      { class: "connect-test" },
      el("div", { class: "connect-bar" }, this.button, this.key, this.about),
      this.result,
    );
  }

  /**
   * @param {Wire.Program} client
   * @param {Wire.Connections} told
   */
  set(client, told) {
    this.chosen = { client, told };
    this.key.hidden = told.state !== "key";
    this.button.disabled = ["none", "closed"].includes(told.state);
    this.about.textContent = this.words.test_about.replace("{client}", () => client.label);
  }

  clear() {
    this.running?.abort();
    this.result.replaceChildren();
  }

  async run() {
    const { words, chosen } = this;
    if (!chosen) return;
    const running = (this.running = new AbortController());
    this.button.textContent = words.stop;
    this.result.replaceChildren(el("p", { class: "quiet" }, words.sending));
    try {
      const { turn, token } = await postJson("connect/test", { session: this.session() });
      const got = await this.#ask(chosen.client, token, running.signal);
      const provider = await postJson("request", { session: this.session(), turn }).catch(() => null);
      if (this.running === running) this.#show(chosen, got, provider);
    } catch (reason) {
      if (this.running === running)
        this.result.replaceChildren(
          running.signal.aborted ? "" : el("p", { class: "bad" }, failure(reason, words.failed)),
        );
    } finally {
      if (this.running === running) {
        this.running = null;
        this.button.textContent = words.test;
      }
    }
  }

  /**
   * Sends the request as it stands in the test; resolves to what came back, with seconds since it was sent.
   * @param {Wire.Program} client
   * @param {string} token
   * @param {AbortSignal} signal
   * @returns {Promise<Got>}
   */
  async #ask(client, token, signal) {
    const began = performance.now();
    const since = () => (performance.now() - began) / 1000;
    const { path, headers, body } = client.test;
    const key = this.key.hidden ? "any" : this.key.value.trim();
    // eslint-disable-next-line no-restricted-syntax -- as a program would send it, not as this page
    const response = await fetch(path, {
      method: "POST",
      headers: {
        ...headers,
        "content-type": "application/json",
        authorization: `Bearer ${key}`,
        "x-glm-ui-trace": token,
      },
      body: JSON.stringify(body),
      credentials: "omit",
      signal,
    });
    const reader = response.body?.getReader();
    const decoder = new TextDecoder();
    let text = "";
    /** @type {number | null} */
    let first = null;
    while (reader) {
      const { value, done } = await reader.read();
      if (done) break;
      first ??= since();
      text += decoder.decode(value, { stream: true });
    }
    return { status: response.status, headers: response.headers, text, first, total: since() };
  }

  /**
   * @param {{client: Wire.Program, told: Wire.Connections}} chosen
   * @param {Got} got
   * @param {Wire.RequestTold | null} provider what went on to the provider
   */
  #show({ client, told }, got, provider) {
    const { words } = this;
    const { path, headers, body } = client.test;
    const answered = got.headers.get("x-glm-ui-model");
    const figures = {
      status: String(got.status),
      answered: answered ? `${answered} (${got.headers.get("x-glm-ui-provider")})` : null,
      first: got.first === null ? null : brief(got.first),
      total: brief(got.total),
    };
    const facts = Object.entries(figures)
      .filter(([, value]) => value)
      .flatMap(([name, value]) => [el("dt", {}, words.figures[name]), el("dd", { "data-figure": name }, value)]);
    const sent = [
      `POST /${path}`,
      "content-type: application/json",
      `authorization: Bearer ${SHOWN_KEY}`,
      ...Object.entries(headers).map(([name, value]) => `${name}: ${value}`),
    ];
    const back = [
      `HTTP ${got.status}`,
      ...TOLD.filter((name) => got.headers.has(name)).map((name) => `${name}: ${got.headers.get(name)}`),
    ];
    const there = Object.entries(provider?.headers ?? {}).map(([name, value]) => `${name}: ${value}`);
    this.result.replaceChildren(
      el("dl", { class: `connect-figures ${got.status < 400 ? "" : "bad"}` }, ...facts),
      el(
        "div",
        { class: "wires" },
        this.#wire("client", client.label, sent, body, back, got.text),
        provider
          ? this.#wire(
              "provider",
              told.answers?.provider ?? words.provider,
              [`${provider.method} ${provider.url}`, ...there],
              provider.body,
              [],
              provider.raw.text,
            )
          : el("section", { class: "wire" }, el("p", { class: "quiet" }, words.nothing_sent)),
      ),
    );
    this.announce(`${words.figures.status} ${got.status}`);
  }

  /**
   * One wire: what went over it in one direction, then what came back.
   * @param {"client" | "provider"} which
   * @param {string} name
   * @param {Array<string>} sent the lines of its head
   * @param {unknown} body
   * @param {Array<string>} back the lines of the answer's head
   * @param {string} text
   */
  #wire(which, name, sent, body, back, text) {
    const { words } = this;
    const title = words.wires[which].replace("{client}", () => name).replace("{provider}", () => name);
    const request = `${sent.join("\n")}\n\n${JSON.stringify(body, null, 2)}`;
    const reply = [back.join("\n"), text].filter(Boolean).join("\n\n");
    return el(
      "section",
      { class: "wire", "data-wire": which },
      el("h2", {}, title),
      block(request, "http", words.sent, words),
      block(reply, "", words.got, words),
    );
  }
}

/**
 * What is said of a test that failed; `away` where nobody answered.
 * @param {unknown} reason
 * @param {string} away
 */
const failure = (reason, away) =>
  reason instanceof TypeError || (reason instanceof Refused && reason.unreachable) ? away : messageOf(reason);
