// Runs before everything else of the page (serving/first_script.py): decides which language the page speaks, and tells
// Gradio, which asks the browser. The rest of the page reads the decision from <html data-language>. It puts the chosen
// colours and size of text there too (page/appearance.js).
"use strict";
(() => {
  const { languages = "", language = "" } = document.currentScript?.dataset ?? {}; // "en=en zh=zh-CN", and the owner's choice or "auto"
  /** @type {Map<string, string>} Key of a language -> its tag in BCP 47. */
  const tags = new Map(languages.split(" ").map((each) => /** @type {[string, string]} */ (each.split("="))));
  /** @param {string} name */
  const kept = (name) => {
    try {
      return localStorage.getItem(`glm-ui-${name}`);
    } catch {
      return null;
    }
  };
  const asked = [new URLSearchParams(location.search).get("lang"), kept("language"), language];
  const spoken = navigator.languages.map((tag) => tag.toLowerCase().split("-")[0]);
  const key = [...asked, ...spoken].find((each) => tags.has(each ?? "")) ?? "en";
  const tag = tags.get(key) ?? key;
  document.documentElement.dataset.language = key;
  document.documentElement.lang = tag;
  document.documentElement.dataset.theme = kept("theme") ?? "system";
  document.documentElement.dataset.text = kept("text") ?? "normal";
  sizeText();
  addEventListener("glm-ui-appearance", sizeText);
  followTheme();
  if (navigator.language !== tag) {
    Object.defineProperty(navigator, "language", { value: tag, configurable: true });
    Object.defineProperty(navigator, "languages", { value: [tag], configurable: true });
  }

  /** What is read, as a share of its usual size. */
  function sizeText() {
    /** @type {Record<string, string>} */
    const sizes = { small: "0.9", normal: "1", large: "1.2", largest: "1.45" };
    const { style, dataset } = document.documentElement;
    style.setProperty("--glm-reading", sizes[dataset.text ?? ""] ?? sizes.normal);
  }

  /** Gradio draws dark where the browser says so, and follows its changes: here it hears of the person's choice first. */
  function followTheme() {
    const isDark = "(prefers-color-scheme: dark)";
    const ask = window.matchMedia.bind(window);
    const system = ask(isDark);
    const chosen = () => document.documentElement.dataset.theme ?? "system";
    const told = Object.defineProperty(new EventTarget(), "matches", {
      get: () => (chosen() === "system" ? system.matches : chosen() === "dark"),
    });
    const tell = () => told.dispatchEvent(new Event("change"));
    system.addEventListener("change", tell);
    addEventListener("glm-ui-appearance", tell);
    window.matchMedia = (query) => (query === isDark ? /** @type {MediaQueryList} */ (told) : ask(query));
  }
})();
