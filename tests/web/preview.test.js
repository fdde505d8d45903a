// What of code can be previewed, the page that is made of it, and which blocks are versions of one thing.

import assert from "node:assert/strict";
import { test } from "node:test";

import { fileNameOf, isCalm, kindOf, pageOf, titleOf } from "../../glm_ui/web/preview/document.js";
import { versionsOf } from "../../glm_ui/web/preview/versions.js";
import { assertLinear } from "./linear.js";

test("HTML and SVG can be previewed, by their language or by how they begin", () => {
  for (const [language, text, kind] of [
    ["html", "", "html"],
    ["HTML", "<p>x", "html"],
    ["svg", "", "svg"],
    ["xml", '<?xml version="1.0"?>\n<!-- a -->\n<svg>', "svg"],
    ["", "\n<!doctype html>", "html"],
    ["", "<html>", "html"],
    ["xml", "<note/>", null],
    ["", "<p>x", null],
    ["python", "<svg>", null],
    ["constructor", "", null],
  ])
    assert.equal(kindOf(language, text), kind, `${language}: ${text}`);
});

test("a page that arrives is drawn where it ends outside of tags, scripts and styles", () => {
  for (const [text, calm] of [
    ["<p>one</p>", true],
    ["<p>one</p", false],
    ["<p>one</p><script>let a", false],
    ["<script>let a</script><p>b", true],
    ["<style>p {", false],
    ["<STYLE>p {}</STYLE>", true],
  ])
    assert.equal(isCalm(text), calm, text);
});

test("frames and hints to connect are taken out of the page, and its title names the file", () => {
  const page = pageOf(
    "html",
    "<title>A &amp; B</title><IFRAME srcdoc=x></iframe><link rel=preconnect href=//x>",
    "1;\n2;",
  );
  assert.ok(!/<\/?iframe|preconnect/i.test(page));
  assert.match(page, /^<!doctype html><meta http-equiv="Content-Security-Policy"/);
  assert.match(page, /data-lines="1">1;\n2;<\/script>/);
  assert.equal(titleOf("<h1 class=x> A\n B </h1>"), "A B");
  assert.equal(fileNameOf("html", "<title>A &amp; B</title>"), "A-B.html");
  assert.equal(fileNameOf("svg", "<svg>"), "preview.svg");
});

test("versions are blocks of one kind with one title, else in one place", () => {
  const block = (turn, at, title = "", kind = "html") => ({ turn, at, title, kind });
  const [a, b, c, d, e] = [block(0, 0), block(0, 1), block(1, 0), block(1, 0, "", "svg"), block(2, 0)];
  const all = [a, b, c, d, e];
  assert.deepEqual(versionsOf(all, a), [a, c, e]);
  assert.deepEqual(versionsOf(all, b), [b]);
  assert.deepEqual(versionsOf(all, d), [d]);
  const [one, two, swapped, first] = [block(0, 0, "One"), block(0, 1, "Two"), block(1, 0, "Two"), block(1, 1, "One")];
  assert.deepEqual(versionsOf([one, two, swapped, first], one), [one, first]);
  assert.deepEqual(versionsOf([one, two, swapped], one), [one], "what has another's title is the other's version");
});

test("reading a page costs linear time", () => {
  for (const piece of ["<", "<link ", "<title", "<script>", "&lt;", "<h1"])
    assertLinear(
      (n) => piece.repeat(n),
      (text) => [kindOf("", text), titleOf(text), isCalm(text), pageOf("html", text, "")],
      piece,
    );
});
