// The address of a conversation, and what is read from one.

import assert from "node:assert/strict";
import { test } from "node:test";

import { hashOf, linkTo, namedIn } from "../../glm_ui/web/conversations/link.js";

test("an address names the conversation that it was made for", () => {
  assert.equal(namedIn(hashOf("0191-abc_9")), "0191-abc_9");
  for (const other of ["", "#", "#models", "#c=", "#c=<b>", "#c=a/b", `#c=${"a".repeat(101)}`])
    assert.equal(namedIn(other), "");
});

test("a link keeps the path behind a proxy and how the page looks, not what is asked once", () => {
  const at = { path: "/team/glm/", search: "?lang=zh&prompt=Hi&__theme=dark&model=x" };
  assert.equal(linkTo("a", at), "/team/glm/?lang=zh&__theme=dark#c=a");
  assert.equal(linkTo("", { path: "/", search: "" }), "/");
});

test("in the frame of a Space a link leads to the Space's page; on its own address to itself", () => {
  const at = { path: "/", search: "", space: "owner/name" };
  assert.equal(linkTo("a", { ...at, framed: true }), "https://huggingface.co/spaces/owner/name#c=a");
  assert.equal(linkTo("a", at), "/#c=a");
  assert.equal(linkTo("a", { path: "/", search: "", framed: true }), "/#c=a");
});
