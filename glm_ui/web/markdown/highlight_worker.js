// Colours code away from the page: highlight.js takes minutes on some texts, and a worker can be ended. Says "ready",
// then answers each {language, text} with HTML, or with null for a language that it does not know.

import hljs from "../vendor/highlight/highlight.min.js";

/** @type {Record<string, string>} */
const OTHER_NAMES = { dockerfile: "dockerfile", docker: "dockerfile", latex: "latex", tex: "latex" };
/** More elements than this take the page too long to lay out. */
const MOST_PIECES = 10_000;

/** @param {string} language */
async function known(language) {
  const other = OTHER_NAMES[language];
  if (other && !hljs.getLanguage(other)) {
    hljs.registerLanguage(other, (await import(`../vendor/highlight/${other}.min.js`)).default);
  }
  return Boolean(hljs.getLanguage(language));
}

/**
 * @param {{language: string, text: string}} asked
 * @returns {Promise<string | null>}
 */
async function coloured({ language, text }) {
  if (!(await known(language))) return null;
  const html = hljs.highlight(text, { language, ignoreIllegals: true }).value;
  return html.split("<span").length > MOST_PIECES ? null : html;
}

/** @type {(said: string | null) => void} */
const say = self.postMessage.bind(self);

self.onmessage = ({ data }) => coloured(data).then(say, () => say(null));
say("ready");
