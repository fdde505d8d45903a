// The service worker: keeps the page's own files, so that it opens without a connection. serving/service_worker.py puts
// `self.SHELL` before it: {version, files, languages}; without a version it takes itself away.
//
// Kept are the page's document, static files and the words of its languages. Nothing of a visitor: no answer, no upload,
// no request that is posted. All of one version is in one cache, and a document is kept in that of its own version.
"use strict";
{
  /** @type {any} What tsc has no types for beside those of a page. */
  const worker = self;
  const { version, files, languages } = worker.SHELL;
  const HOME = new URL(worker.registration.scope);
  const NAME = `glm-ui-shell ${HOME.pathname} `;
  /** Files that never change under their address, or change with Gradio alone. */
  const STATIC = /^(assets\/|static\/|theme\.css$|glm_ui\/static\/)/;
  /** Megabytes, for what runs without the network only now and then; what stands in frames of its own has its own policy. */
  const LEFT = /^glm_ui\/static\/(v-\w+\/)?(vendor\/(pyodide|mermaid)|python|preview)\//;
  const OTHER_VERSION = /^glm_ui\/static\/(?=v-)/;
  const WORDS = "glm_ui/words";

  let left = false;

  /** The cache; null where it was taken away. Only `fill` makes one. */
  const opened = async () =>
    (await worker.caches.has(NAME + version)) && !left ? worker.caches.open(NAME + version) : null;
  /** @param {string} path */
  const here = (path) => new URL(path, HOME).href;
  const ours = `glm_ui/static/${String(version).split(" ")[0]}/`;

  /**
   * How a request is answered; null leaves it to the browser.
   * @param {Request} request
   * @returns {"document" | "file" | "words" | null}
   */
  function kindOf({ method, mode, destination, url, headers }) {
    const { origin, pathname } = new URL(url);
    if (method !== "GET" || origin !== HOME.origin || !pathname.startsWith(HOME.pathname)) return null;
    const path = pathname.slice(HOME.pathname.length);
    if (mode === "navigate") return path === "" && destination === "document" ? "document" : null;
    if (path === WORDS) return "words";
    if (headers.has("range") || !STATIC.test(path) || LEFT.test(path)) return null;
    return OTHER_VERSION.test(path) && !path.startsWith(ours) ? null : "file";
  }

  /** @param {Request} request */
  async function fileOf(request) {
    const cache = await opened();
    const kept = await cache?.match(request, { ignoreVary: true });
    if (kept) return kept;
    const answer = await worker.fetch(request);
    if (answer.status === 200 && answer.type === "basic")
      await cache?.put(request, answer.clone()).catch(() => undefined);
    return answer;
  }

  /**
   * What the server says, or what is kept where nothing answers.
   * @param {any} event
   */
  async function documentOf(event) {
    try {
      const answer = await worker.fetch(event.request);
      if (answer.ok) event.waitUntil(keepDocument(answer.clone()));
      return answer;
    } catch (reason) {
      const kept = await (await opened())?.match(HOME.href);
      if (kept) return kept;
      throw reason;
    }
  }

  /**
   * A page of another version is not kept here: its own worker does that. One that is none of ours, or names no version
   * any more, ends this worker: a password may be asked for now, or another program answers at this address.
   * @param {Response} answer
   */
  async function keepDocument(answer) {
    const text = await answer.clone().text();
    if (text.includes(`<meta name="glm-ui-version" content="${version}">`))
      await (await opened())?.put(HOME.href, answer);
    else if (!text.includes('<meta name="glm-ui-version"')) await leave();
  }

  /** @param {Request} request */
  async function wordsOf(request) {
    try {
      return await worker.fetch(request);
    } catch (reason) {
      const kept = await (await opened())?.match(wordsIn(request.headers.get("accept-language") ?? ""));
      if (kept) return kept;
      throw reason;
    }
  }

  /** @param {string} language */
  const wordsIn = (language) => here(`${WORDS}?language=${language}`);

  async function fill() {
    const cache = await worker.caches.open(NAME + version);
    await cache.addAll(files.map((/** @type {string} */ path) => here(path)));
    for (const language of languages) {
      const words = await worker.fetch(here(WORDS), { headers: { "accept-language": language } });
      if (words.ok) await cache.put(wordsIn(language), words);
    }
    await keepDocument(await worker.fetch(HOME.href));
  }

  /** @param {string} [but] the cache that stays */
  async function clear(but) {
    for (const name of await worker.caches.keys())
      if (name.startsWith(NAME) && name !== but) await worker.caches.delete(name);
  }

  async function leave() {
    left = true;
    await worker.registration.unregister();
    await clear();
  }

  async function activate() {
    if (!version) return leave();
    await clear(NAME + version);
    return worker.clients.claim();
  }

  /**
   * `take`: the version of a page that was just loaded. It takes over from an older worker where that page is the only one.
   * `keep`: addresses of files that the page had loaded before this worker stood.
   * @param {{take?: string, keep?: Array<string>}} said
   */
  async function hear({ take, keep = [] }) {
    const windows = await worker.clients.matchAll({ type: "window", includeUncontrolled: true });
    const pages = windows.filter((/** @type {{url: string}} */ { url }) => new URL(url).pathname === HOME.pathname);
    if (take === version && pages.length <= 1) await worker.skipWaiting();
    if (left) return;
    if (!(await opened())) await fill();
    const cache = await opened();
    for (const address of keep) {
      const request = new Request(address);
      if (kindOf(request) === "file" && !(await cache.match(request, { ignoreVary: true })))
        await cache.add(request).catch(() => undefined);
    }
  }

  worker.addEventListener("install", (/** @type {any} */ event) =>
    event.waitUntil(version ? fill() : worker.skipWaiting()),
  );
  worker.addEventListener("activate", (/** @type {any} */ event) => event.waitUntil(activate()));
  worker.addEventListener("message", (/** @type {any} */ event) => event.waitUntil(hear(event.data)));
  worker.addEventListener("fetch", (/** @type {any} */ event) => {
    const kind = version && kindOf(event.request);
    if (kind === "file") event.respondWith(fileOf(event.request));
    if (kind === "words") event.respondWith(wordsOf(event.request));
    if (kind === "document") event.respondWith(documentOf(event));
  });
}
