// What stands on the stage before the first question: a welcome, and examples that send themselves.

import { el } from "../parts/dom.js";

/**
 * @param {Wire.MultimodalWords} mm
 * @param {Array<Wire.Example>} examples
 * @param {Page.Act} act
 * @param {HTMLElement} noteAt the place of a note below them
 */
export function emptyStage(mm, examples, act, noteAt) {
  const cards = examples.map((example) =>
    el(
      "button",
      { type: "button", class: "example mm-example", onclick: () => act("show", null, example) },
      el("img", { src: new URL(`../examples/${example.picture}`, import.meta.url).href, alt: "", loading: "lazy" }),
      el("strong", {}, example.title),
      el("span", {}, example.prompt),
    ),
  );
  return el(
    "section",
    { class: "empty mm-empty" },
    el("h2", {}, mm.welcome),
    el("p", {}, mm.welcome_more),
    el("div", { class: "examples mm-examples" }, ...cards),
    noteAt,
  );
}
