// What is asked of the app's own server, and the one shape of what goes wrong on the way.

import assert from "node:assert/strict";
import { afterEach, test } from "node:test";

import { post, postJson, Refused, send } from "../../glm_ui/web/server/request.js";

const real = globalThis.fetch;
afterEach(() => (globalThis.fetch = real));

/** Answers every request alike; the list of what was asked. */
function answering(answer) {
  const asked = [];
  globalThis.fetch = async (url, options) => (asked.push({ url, ...options }), answer(options));
  return asked;
}

test("a request is JSON in the page's language, to this origin alone", async () => {
  const asked = answering(() => Response.json({ own: [] }));
  assert.deepEqual(await postJson("state", { session: "s" }), { own: [] });
  const [{ url, method, headers, body, credentials }] = asked;
  assert.deepEqual(
    [url, method, credentials, JSON.parse(body)],
    ["glm_ui/state", "POST", "same-origin", { session: "s" }],
  );
  assert.deepEqual(headers, { "content-type": "application/json", "accept-language": "en" });
});

test("what the server refuses is told in its words", async () => {
  const error = { what: "No such turn.", why: "It is gone.", todo: "Send it again." };
  answering(() => Response.json({ error }, { status: 404 }));
  await assert.rejects(post("request", {}), (reason) => {
    assert.ok(reason instanceof Refused);
    assert.deepEqual(reason.error, error);
    assert.equal(reason.message, "No such turn. Send it again.");
    assert.equal(reason.whole, "No such turn. It is gone. Send it again.");
    assert.equal(reason.unreachable, false);
    return true;
  });
});

test("an error page that is not ours is told by its status", async () => {
  for (const body of ["<h1>Bad Gateway</h1>", "null", "{}", '"oh"']) {
    answering(() => new Response(body, { status: 502 }));
    await assert.rejects(post("request", {}), ({ error, unreachable }) => error.what.includes("502") && !unreachable);
  }
});

test("a server that does not answer is told apart from one that refuses", async () => {
  answering(() => Promise.reject(new TypeError("Failed to fetch")));
  await assert.rejects(post("state", {}), (reason) => reason instanceof Refused && reason.unreachable);
  await assert.rejects(send("state", {}), TypeError);
});

test("what is aborted rejects with the reason of its signal", async () => {
  const abort = new AbortController();
  answering(({ signal }) => (abort.abort(), Promise.reject(signal.reason)));
  await assert.rejects(post("state", {}, abort.signal), { name: "AbortError" });
});

test("an answer that is cut is told as such, and one that is aborted is not", async () => {
  answering(() => new Response('{"own": ['));
  await assert.rejects(postJson("state", {}), ({ error }) => error.what === "The connection to GLM UI was cut.");
  const abort = new AbortController();
  answering(() => (abort.abort(), new Response("{")));
  await assert.rejects(postJson("state", {}, abort.signal), SyntaxError);
});
