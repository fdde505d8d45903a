// The colours of a diagram are the page's: one accent, and greys.

import assert from "node:assert/strict";
import { test } from "node:test";

import { themeOf } from "../../glm_ui/web/diagrams/theme.js";

const LIGHT = {
  accent: [61, 91, 217],
  text: [28, 29, 33],
  muted: [99, 102, 111],
  line: [228, 229, 233],
  surface: [246, 246, 248],
  bubble: [239, 240, 244],
  page: [255, 255, 255],
};

test("a box is a tint of the accent, its border more of it, its words are the page's", () => {
  const theme = themeOf(LIGHT, false);
  assert.equal(theme.primaryColor, "#eceffb");
  assert.equal(theme.primaryBorderColor, "#8b9de8");
  assert.equal(theme.primaryTextColor, "#1c1d21");
  assert.equal(theme.darkMode, false);
});

test("a series begins with the accent, and no two of its parts look the same", () => {
  const theme = themeOf(LIGHT, false);
  const slices = [1, 2, 3, 4, 5, 6].map((n) => theme[`pie${n}`]);
  assert.equal(slices[0], "#3d5bd9");
  assert.equal(new Set(slices).size, 6);
  assert.deepEqual(theme.xyChart.plotColorPalette.split(","), slices);
  assert.ok(slices.every((slice) => /^#[\da-f]{6}$/.test(slice)));
});
