// What eslint holds the page's scripts to. Their format is prettier's, their types are tsc's.

import js from "@eslint/js";
import globals from "globals";
import typescript from "typescript-eslint";

/** Scripts whose types are still to be written. The list may only shrink. */
const UNTYPED = [
  "markdown/arrange.js",
  "markdown/blocks.js",
  "markdown/bounded.js",
  "markdown/fence.js",
  "markdown/formulas.js",
  "markdown/grammar.js",
  "markdown/highlight_worker.js",
  "markdown/highlighter.js",
  "markdown/late.js",
  "markdown/limits.js",
  "markdown/live.js",
  "markdown/markdown.js",
  "markdown/mend.js",
  "markdown/pieces.js",
  "markdown/raw_html.js",
  "markdown/rows.js",
];

export default [
  { ignores: ["**/vendor/**", "**/*.d.ts", ".venv/**"] },
  js.configs.recommended,
  {
    files: ["glm_ui/web/**/*.js"],
    plugins: { "@typescript-eslint": typescript.plugin },
    languageOptions: {
      parser: typescript.parser,
      parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname },
      globals: globals.browser,
    },
    rules: {
      "no-unused-vars": ["error", { ignoreRestSiblings: true }],
      "no-shadow": "error",
      "no-restricted-syntax": [
        "error",
        {
          selector: "CallExpression[callee.name='fetch']:has(Property[key.name='method'])",
          message: "Ask our server through server/request.js: it names the language and reads errors.",
        },
      ],
      "max-lines-per-function": ["error", { max: 45, skipBlankLines: true, skipComments: true }],
      "no-control-regex": "off", // what is taken out of names and addresses
      "@typescript-eslint/no-floating-promises": "error",
      "@typescript-eslint/ban-ts-comment": "error",
    },
  },
  {
    files: UNTYPED.map((name) => `glm_ui/web/${name}`),
    rules: { "@typescript-eslint/ban-ts-comment": "off" },
  },
  { files: ["glm_ui/web/server/request.js"], rules: { "no-restricted-syntax": "off" } },
];
