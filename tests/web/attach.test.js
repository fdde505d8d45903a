// Files of a question, as far as they need no page: what a paste means, and which model is offered for what one refuses.

import assert from "node:assert/strict";
import { test } from "node:test";

import { unseenIn } from "../../glm_ui/web/multimodal/unseen.js";
import { fitting } from "../../glm_ui/web/page/other_model.js";
import { meansText } from "../../glm_ui/web/parts/clipboard.js";
import { iconOfFile } from "../../glm_ui/web/parts/file_icon.js";

test("cells of a sheet are pasted as text, all else that holds a file as the file", () => {
  assert.equal(meansText(["text/plain", "text/html", "text/rtf", "Files"]), true);
  assert.equal(meansText(["Files"]), false);
  assert.equal(meansText(["text/html", "Files"]), false, "a picture of a web page");
  assert.equal(meansText(["text/plain", "Files"]), false, "a file that was copied in a folder, with its name");
});

const MODELS = [
  { value: "zai:blind", label: "Blind", takes: [] },
  { value: "demo:sees", label: "Demo", takes: ["image", "video", "audio"] },
  { value: "other:sees", label: "Sees elsewhere", takes: ["image", "video"] },
  { value: "zai:pictures", label: "Sees", takes: ["image"] },
  { value: "zai:films", label: "Sees films", takes: ["image", "video"] },
];
const NOW = { keys: ["zai", "other", "demo"], provider: "zai", picked: "zai:blind" };

test("the model that is offered takes every kind, can be asked, and is of the same provider if one is", () => {
  const offered = (kinds, now = {}) => fitting(MODELS, kinds, { ...NOW, ...now })?.value;
  assert.equal(offered(["image"]), "zai:pictures");
  assert.equal(offered(["image", "video"]), "zai:films");
  assert.equal(offered(["image"], { picked: "zai:pictures" }), "zai:films");
  assert.equal(offered(["image"], { keys: ["other", "demo"] }), "other:sees");
  assert.equal(offered(["image"], { keys: ["demo"] }), undefined, "the demo is for those alone who use it");
  assert.equal(offered(["audio"], { provider: "demo" }), "demo:sees");
  assert.equal(offered(["audio"]), undefined);
});

const refused = (kind, way_out, why = `No ${kind}.`) => ({ kind, refusal: { what: "It cannot go.", why, way_out } });

test("files that the model does not see are one line, the others one each", () => {
  const other = (kinds) => fitting(MODELS, [kinds].flat(), NOW);
  const locked = refused("document", "files", "It is locked.");
  const files = [refused("image", "model"), undefined, { kind: "image" }, locked, refused("image", "model")];
  const { unseen, others } = unseenIn(files, other);
  assert.deepEqual(
    unseen.map(({ why, model }) => [why, model.value]),
    [["No image.", "zai:pictures"]],
  );
  assert.deepEqual(others, [{ ready: locked, at: 3 }]);

  const mixed = unseenIn([refused("image", "model"), refused("video", "provider")], other);
  assert.deepEqual(
    mixed.unseen.map(({ why, model }) => [why, model.value]),
    [
      ["No image.", "zai:films"],
      ["No video.", "zai:films"],
    ],
  );
  const nowhere = unseenIn([refused("audio", "model")], other);
  assert.deepEqual([nowhere.unseen.length, nowhere.others.length], [0, 1]);
});

test("a picture has the icon of one, by its name", () => {
  assert.deepEqual(["a.JPG", "b.heic", "c.pdf", ""].map(iconOfFile), ["picture", "picture", "file", "file"]);
});
