// The page's side of the service worker (service_worker.js): asks for it where the server offers one, takes it away
// where it does not.

const SCRIPT = "glm_ui/service_worker.js";
const CACHES = "glm-ui-shell ";
/** Milliseconds before a first worker is asked for: it reads all files of the page, while a person reads the first screen.
 * As long again where a reply comes just then, which it would slow down. */
const FIRST_WAIT = 3000;
/** Milliseconds between two offers to take over, and how often: a page that was just left still counts for a while. */
const OFFER_EVERY = 2000;
const OFFERS = 15;

/** The version of this page; "" where the server offers no worker. */
const offered = () => document.querySelector('meta[name="glm-ui-version"]')?.getAttribute("content") ?? "";

/** @param {() => boolean} isBusy whether a reply comes */
export async function followOffline(isBusy) {
  const version = offered();
  const workers = isSecureContext && navigator.serviceWorker;
  if (!workers) return;
  try {
    await (version && parent === window ? stay(workers, version, isBusy) : leave(workers));
  } catch {
    // A private window, a full disk: the page goes on without.
  }
}

/**
 * @param {ServiceWorkerContainer} workers
 * @param {string} version
 * @param {() => boolean} isBusy
 */
async function stay(workers, version, isBusy) {
  if (!workers.controller)
    do await passed(FIRST_WAIT);
    while (isBusy());
  const registration = await workers.register(SCRIPT, { scope: "./" });
  /** @param {ServiceWorker | null} worker */
  const take = async (worker) => {
    for (let offer = 0; worker?.state === "installed" && offer < OFFERS; offer += 1) {
      worker.postMessage({ take: version });
      await passed(OFFER_EVERY);
    }
  };
  registration.addEventListener("updatefound", () => {
    const fresh = registration.installing;
    fresh?.addEventListener("statechange", () => fresh.state === "installed" && void take(fresh));
  });
  void take(registration.waiting);
  const { active } = await workers.ready;
  active?.postMessage({ keep: performance.getEntriesByType("resource").map(({ name }) => name) });
}

/** @param {number} time in ms */
const passed = (time) => new Promise((done) => setTimeout(done, time));

/** @param {ServiceWorkerContainer} workers */
async function leave(workers) {
  const home = new URL("./", document.baseURI);
  const registration = await workers.getRegistration(home);
  if (registration?.active?.scriptURL !== new URL(SCRIPT, home).href) return;
  await registration.unregister();
  for (const name of await caches.keys()) if (name.startsWith(`${CACHES}${home.pathname} `)) await caches.delete(name);
}
