// What is spoken at once, and in which language.

import assert from "node:assert/strict";
import { test } from "node:test";

import { languageOf, LONGEST, piecesOf, voiceFor } from "../../glm_ui/web/reading/sentences.js";
import { assertLinear } from "./linear.js";

const texts = (...blocks) => piecesOf(blocks).map(({ text }) => text);

test("a text is cut where sentences end, in English and in Chinese", () => {
  assert.deepEqual(texts("Pi is 3.14, e.g. about three. Is it? Yes!"), [
    "Pi is 3.14, e.g. about three.",
    "Is it?",
    "Yes!",
  ]);
  assert.deepEqual(texts("水在一百度沸腾。真的吗？是的！"), ["水在一百度沸腾。", "真的吗？", "是的！"]);
});

test("a long sentence is cut at a comma, else between words, and no word is lost", () => {
  const clauses = Array.from({ length: 30 }, (_, i) => `clause ${i} goes on for a while`).join(", ");
  const cut = texts(clauses);
  assert.ok(cut.every((piece) => piece.length <= LONGEST));
  assert.ok(cut.slice(0, -1).every((piece) => piece.endsWith(",")));
  assert.equal(cut.join(" "), clauses);
  const words = "word ".repeat(200).trim();
  assert.equal(texts(words).join(" "), words);
  assert.ok(texts(words).every((piece) => piece.length <= LONGEST));
});

test("what has no blanks is cut without halving a letter", () => {
  const emoji = "😀好".repeat(300);
  const cut = texts(emoji);
  assert.ok(cut.every((piece) => piece.length <= LONGEST && piece.isWellFormed()));
  assert.equal(cut.join(""), emoji);
});

test("what has no letter is not spoken", () => assert.deepEqual(texts("…", "---", "Yes."), ["Yes."]));

test("each block is spoken in the language of its script", () => {
  const said = piecesOf(["Water boils.", "水沸腾了。", "用 Python 写一个函数。"]);
  assert.deepEqual(
    said.map(({ language }) => language),
    ["en", "zh", "zh"],
  );
  assert.equal(languageOf("これは日本語の文です"), "ja");
  assert.equal(languageOf("Вода кипит"), "ru");
  assert.equal(languageOf("The word 水 means water in Chinese"), "en");
});

test("Latin letters that English has not are the reader's own language's", () => {
  assert.equal(languageOf("Das Wasser kocht überall", "de-AT"), "de");
  assert.equal(languageOf("Das Wasser kocht überall", "zh-CN"), "en");
  assert.equal(languageOf("Water boils", "de-AT"), "en");
});

test("a voice is one of the language, the reader's own region first", () => {
  const voice = (lang, more = {}) => ({ lang, default: false, localService: true, ...more });
  const all = [
    voice("en-US", { default: true }),
    voice("en-GB"),
    voice("zh_CN"),
    voice("zh-TW", { localService: false }),
  ];
  assert.equal(voiceFor(all, "zh"), all[2]);
  assert.equal(voiceFor(all, "en"), all[0]);
  assert.equal(voiceFor(all, "en", "en-GB"), all[1]);
  assert.equal(voiceFor(all, "ko"), null);
});

test("what comes of a long text takes linear time", () => {
  for (const unit of ["a", "，", "水", "a. ", "é "])
    assertLinear((n) => [unit.repeat(n)], piecesOf, `piecesOf of ${unit}`);
});
