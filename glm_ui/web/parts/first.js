// Runs before everything else of the page (serving/first_script.py): decides which language the page speaks, and tells
// Gradio, which asks the browser. The rest of the page reads the decision from <html data-language>.
"use strict";
(() => {
  const { languages = "", language = "" } = document.currentScript?.dataset ?? {}; // "en=en zh=zh-CN", and the owner's choice or "auto"
  /** @type {Map<string, string>} Key of a language -> its tag in BCP 47. */
  const tags = new Map(languages.split(" ").map((each) => /** @type {[string, string]} */ (each.split("="))));
  const kept = () => {
    try {
      return localStorage.getItem("glm-ui-language");
    } catch {
      return null;
    }
  };
  const asked = [new URLSearchParams(location.search).get("lang"), kept(), language];
  const spoken = navigator.languages.map((tag) => tag.toLowerCase().split("-")[0]);
  const key = [...asked, ...spoken].find((each) => tags.has(each ?? "")) ?? "en";
  const tag = tags.get(key) ?? key;
  document.documentElement.dataset.language = key;
  document.documentElement.lang = tag;
  if (navigator.language !== tag) {
    Object.defineProperty(navigator, "language", { value: tag, configurable: true });
    Object.defineProperty(navigator, "languages", { value: [tag], configurable: true });
  }
})();
