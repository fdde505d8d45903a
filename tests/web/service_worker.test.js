// The service worker with a scope, a cache and a network that a test holds.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";

const SOURCE = readFileSync(new URL("../../glm_ui/web/offline/service_worker.js", import.meta.url), "utf8");
const HOME = "https://chat.example/glm/";
const V1 = "v-1111 gradio-6";
const V2 = "v-2222 gradio-6";
const META = (version) => `<meta name="glm-ui-version" content="${version}">`;

/** A browser's side: `net` answers by address, null is no connection; `kept` are the caches of this browser. */
function started(version, { net, kept = new Map(), windows = ["", "gradio_api/file=1.png"] }) {
  const done = { skipped: 0, left: 0, claimed: 0, asked: [] };
  const listeners = {};
  const addressOf = (asked) => (typeof asked === "string" ? asked : asked.url);
  const fetch = async (asked, { headers = {} } = {}) => {
    done.asked.push(addressOf(asked));
    const text = net.gone ? null : net.answer(addressOf(asked), headers);
    if (text === null) throw new TypeError("no connection");
    const answer = new Response(text, { status: text === "missing" ? 404 : 200 });
    return Object.defineProperty(answer, "type", { value: "basic" });
  };
  const open = async (name) => {
    if (!kept.has(name)) kept.set(name, new Map());
    const cache = kept.get(name);
    const put = async (asked, answer) => void cache.set(addressOf(asked), await answer.text());
    const add = async (asked) => {
      const answer = await fetch(asked);
      if (!answer.ok) throw new TypeError("bad answer");
      await put(asked, answer);
    };
    return {
      put,
      add,
      addAll: (all) => Promise.all(all.map(add)),
      match: async (asked) => {
        const text = cache.get(addressOf(asked));
        return text === undefined ? undefined : new Response(text);
      },
    };
  };
  const scope = {
    SHELL: {
      version,
      files: version ? ["app.js", "late.js"].map((name) => `glm_ui/static/${version.split(" ")[0]}/${name}`) : [],
      languages: version ? ["zh"] : [],
    },
    registration: { scope: HOME, unregister: async () => (done.left += 1) },
    caches: {
      open,
      has: async (name) => kept.has(name),
      keys: async () => [...kept.keys()],
      delete: async (name) => kept.delete(name),
    },
    clients: {
      matchAll: async () => windows.map((path) => ({ url: new URL(path, HOME).href })),
      claim: async () => (done.claimed += 1),
    },
    skipWaiting: async () => (done.skipped += 1),
    addEventListener: (name, listener) => (listeners[name] = listener),
    fetch,
  };
  new Function("self", "fetch", SOURCE)(scope, () => assert.fail("not its own fetch"));
  const run = async (name, more = {}) => {
    const pending = [];
    let answer;
    listeners[name]({ waitUntil: (it) => pending.push(it), respondWith: (it) => (answer = it), ...more });
    const given = await answer;
    await Promise.all(pending);
    return given;
  };
  const get = (path, more = {}) =>
    run("fetch", {
      request: {
        url: new URL(path, HOME).href,
        method: "GET",
        mode: "cors",
        destination: "",
        headers: new Headers(),
        ...more,
      },
    });
  const visit = (path = "") => get(path, { mode: "navigate", destination: "document" });
  return { done, kept, get, visit, run };
}

/** A server of one version; what it is asked for is the text of its answer. */
const server = (version) => ({
  gone: false,
  version,
  answer(address, headers) {
    if (address === HOME) return `<html>${META(this.version)}`;
    return `${this.version} ${address.slice(HOME.length)} ${headers["accept-language"] ?? ""}`.trim();
  },
});

test("of what a page asks for, the document, static files and words are answered, and nothing else", async () => {
  const net = server(V1);
  const { get, visit, run } = started(V1, { net });
  await run("install");
  const answered = [
    "assets/Index-1.js",
    "static/js/a.js",
    "theme.css?v=1",
    "glm_ui/static/v-1111/app.js",
    "glm_ui/static/manifest.webmanifest",
    "glm_ui/words",
  ];
  for (const path of answered) assert.ok(await get(path), path);
  const left = [
    "config",
    "glm_ui/models",
    "glm_ui/state",
    "glm_ui/turns",
    "glm_ui/service_worker.js",
    "gradio_api/file=/tmp/upload.png",
    "gradio_api/heartbeat/1",
    "gradio_api/queue/data?session_hash=1",
    "gradio_api/upload_progress",
    "healthz",
    "metrics",
    "v1/models",
    "logout",
    "login",
    "favicon.ico",
    "glm_ui/static/v-2222/app.js",
    "glm_ui/static/v-1111/vendor/pyodide/pyodide.asm.wasm",
    "glm_ui/static/v-1111/preview/frame.html",
    "/assets/of-the-site.js",
    "https://elsewhere.example/glm/assets/Index-1.js",
  ];
  for (const path of left) assert.equal(await get(path), undefined, path);
  assert.equal(await get("assets/Index-1.js", { method: "POST" }), undefined);
  assert.equal(await get("assets/clip.mp4", { headers: new Headers({ range: "bytes=0-1" }) }), undefined);
  assert.equal(await get("", { mode: "navigate", destination: "iframe" }), undefined);
  assert.equal(await visit("glm_ui/static/v-1111/python/frame.html"), undefined);
  assert.ok(await visit("?lang=zh"));
});

test("after a first visit all opens without a connection, and no request of a file is made twice", async () => {
  const net = server(V1);
  const { done, get, visit, run } = started(V1, { net });
  await run("install");
  await run("activate");
  assert.equal(done.claimed, 1);
  await run("message", {
    data: { keep: [`${HOME}assets/Index-1.js`, `${HOME}glm_ui/state`, "https://elsewhere.example/x"] },
  });
  const before = done.asked.length;
  assert.equal(await (await get("assets/Index-1.js")).text(), `${V1} assets/Index-1.js`);
  assert.equal(done.asked.length, before);
  net.gone = true;
  assert.match(await (await visit("?lang=zh")).text(), /glm-ui-version/);
  assert.equal(await (await get("glm_ui/static/v-1111/late.js")).text(), `${V1} glm_ui/static/v-1111/late.js`);
  const words = await get("glm_ui/words", { headers: new Headers({ "accept-language": "zh" }) });
  assert.equal(await words.text(), `${V1} glm_ui/words zh`);
  await assert.rejects(get("assets/never-seen.js"));
  assert.ok(!done.asked.some((address) => address.includes("state") || address.includes("elsewhere")));
});

test("a file that is not there is not kept", async () => {
  const net = { ...server(V1), answer: () => "missing" };
  const kept = new Map([[`glm-ui-shell /glm/ ${V1}`, new Map()]]);
  const { get } = started(V1, { net, kept });
  assert.equal((await get("assets/Index-1.js")).status, 404);
  assert.equal(kept.get(`glm-ui-shell /glm/ ${V1}`).size, 0);
});

test("an upgrade waits for other windows, then takes the place of the old one, and no two versions are mixed", async () => {
  const net = server(V1);
  const kept = new Map([
    ["drafts", new Map()],
    ["glm-ui-shell /other/ v-9", new Map()],
  ]);
  const old = started(V1, { net, kept });
  await old.run("install");
  await old.run("activate");
  net.version = V2;
  await old.visit(); // the network's: the new page, which the old worker does not keep
  assert.match(kept.get(`glm-ui-shell /glm/ ${V1}`).get(HOME), /v-1111/);
  const fresh = started(V2, { net, kept, windows: ["", "?lang=zh"] });
  await fresh.run("install");
  await fresh.run("message", { data: { take: V2 } });
  assert.equal(fresh.done.skipped, 0, "another window is open");
  net.gone = true;
  assert.match(await (await old.visit()).text(), /v-1111/);
  net.gone = false;
  const alone = started(V2, { net, kept });
  await alone.run("message", { data: { take: V1 } });
  assert.equal(alone.done.skipped, 0, "a page of the old version does not ask for the new one");
  await alone.run("message", { data: { take: V2 } });
  assert.equal(alone.done.skipped, 1);
  await alone.run("activate");
  assert.deepEqual([...kept.keys()].sort(), ["drafts", `glm-ui-shell /glm/ ${V2}`, "glm-ui-shell /other/ v-9"]);
  net.gone = true;
  assert.match(await (await alone.visit()).text(), /v-2222/);
});

test("what the browser or a person cleared is kept again at the next visit", async () => {
  const net = server(V1);
  const { kept, get, visit, run } = started(V1, { net });
  await run("install");
  kept.clear();
  assert.ok(await visit());
  assert.ok(await get("assets/Index-1.js"));
  assert.equal(kept.size, 0);
  await run("message", { data: { keep: [] } });
  net.gone = true;
  assert.match(await (await visit()).text(), /v-1111/);
});

test("it takes itself away where it is switched off, and where the page is none of ours any more", async () => {
  for (const [name, version, answer] of [
    ["off", "", undefined],
    ["a page that asks for a password", V1, "<html>login"],
  ]) {
    const net = server(V1);
    const kept = new Map([[`glm-ui-shell /glm/ ${V1}`, new Map()]]);
    const { done, get, visit, run } = started(version, { net, kept });
    if (answer) {
      net.answer = () => answer;
      assert.equal(await (await visit()).text(), answer);
      assert.ok(await get("assets/Index-1.js"));
      await run("message", { data: { keep: [`${HOME}assets/Index-1.js`] } });
    } else {
      await run("install");
      await run("activate");
      assert.equal(done.skipped, 1);
      assert.equal(await get("assets/Index-1.js"), undefined);
      assert.equal(done.asked.length, 0);
    }
    assert.deepEqual([done.left, kept.size], [1, 0], name);
  }
});
