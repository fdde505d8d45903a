// The first script of every previewed page, in its realm: says what the console hears, and takes away what no policy can. The
// page's own scripts run after it and may change everything here but what is closed for good: what is said is a stranger's word.

(() => {
  const MOST = 2000;
  const LONGEST = 4000;
  const SCROLL_EVERY = 200; // milliseconds
  const host = parent;
  const send = host.postMessage.bind(host);
  const { x, y, lines } = document.currentScript?.dataset ?? {};
  let said = 0;

  /**
   * @param {string} level
   * @param {Array<unknown>} values
   */
  const say = (level, values) => {
    if (++said > MOST) return;
    const text = values.map(written).join(" ").slice(0, LONGEST);
    send({ kind: "line", level, text }, "*");
  };

  /** @param {unknown} value */
  function written(value) {
    if (typeof value === "string") return value.slice(0, LONGEST);
    if (value instanceof Error) return `${value.name}: ${value.message}`;
    if (value instanceof Element) return `<${value.localName}>`;
    try {
      return JSON.stringify(value)?.slice(0, LONGEST) ?? String(value);
    } catch {
      return String(value);
    }
  }

  // --- what reaches others by no request: the policy does not know of it -------------------------------------------

  for (const name of [
    "RTCPeerConnection",
    "webkitRTCPeerConnection",
    "RTCDataChannel",
    "WebTransport",
    "XSLTProcessor",
  ])
    Reflect.deleteProperty(window, name);
  // A frame in this page would have all of them anew. The page's own text has none (document.js); this is for what scripts make.
  const FRAMES = /<(?=\/?(?:i?frame|frameset|object|embed|fencedframe|portal)\b)/gi;
  /** @type {any} */ (window).trustedTypes?.createPolicy("default", {
    createHTML: (/** @type {string} */ text, /** @type {string} */ _type, /** @type {string} */ sink) =>
      /srcdoc/i.test(sink) ? null : String(text).replace(FRAMES, "<x-"),
    createScript: (/** @type {string} */ text, /** @type {string} */ _type, /** @type {string} */ sink) =>
      /^Location/.test(sink) ? null : text,
    createScriptURL: (/** @type {string} */ text) => text,
  });

  // --- what pages expect and a sandbox lacks ------------------------------------------------------------------------

  const memory = () => {
    /** @type {Map<string, string>} */
    const kept = new Map();
    return {
      getItem: (/** @type {string} */ key) => kept.get(String(key)) ?? null,
      setItem: (/** @type {string} */ key, /** @type {string} */ value) => void kept.set(String(key), String(value)),
      removeItem: (/** @type {string} */ key) => void kept.delete(String(key)),
      clear: () => kept.clear(),
      key: (/** @type {number} */ at) => [...kept.keys()][at] ?? null,
      get length() {
        return kept.size;
      },
    };
  };
  for (const name of ["localStorage", "sessionStorage"])
    Object.defineProperty(window, name, { configurable: true, value: memory() });
  for (const [name, given] of /** @type {const} */ ([
    ["alert", undefined],
    ["confirm", true],
    ["prompt", null],
  ]))
    Object.defineProperty(window, name, {
      configurable: true,
      writable: true,
      value: (/** @type {unknown} */ text) => (say("info", [`${name}:`, text ?? ""]), given),
    });

  // --- the console ---------------------------------------------------------------------------------------------------

  for (const level of /** @type {const} */ (["log", "info", "warn", "error", "debug"])) {
    const own = console[level].bind(console);
    console[level] = (...values) => (say(level, values), own(...values));
  }
  addEventListener("error", (event) => {
    if (event.message) say("error", [event.message, event.lineno ? `(${event.lineno - Number(lines)})` : ""]);
  });
  addEventListener("unhandledrejection", ({ reason }) => say("error", [reason]));
  addEventListener("securitypolicyviolation", ({ blockedURI, effectiveDirective }) => {
    if (/^trusted|^require/.test(effectiveDirective)) return;
    send({ kind: "line", level: "blocked", text: String(blockedURI).slice(0, LONGEST) }, "*");
  });

  // --- where it is scrolled to, for the next drawing ------------------------------------------------------------------

  let due = false;
  addEventListener(
    "scroll",
    () => {
      if (due) return;
      due = true;
      setTimeout(() => {
        due = false;
        send({ kind: "scroll", x: scrollX, y: scrollY }, "*");
      }, SCROLL_EVERY);
    },
    { passive: true },
  );
  if (Number(x) || Number(y)) {
    const back = () => scrollTo({ left: Number(x), top: Number(y), behavior: "instant" });
    addEventListener("DOMContentLoaded", back, { once: true });
    addEventListener("load", back, { once: true });
  }
})();
