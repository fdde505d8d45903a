// What eslint holds the page's scripts to. Their format is prettier's, their types are tsc's.

import js from "@eslint/js";
import globals from "globals";
import typescript from "typescript-eslint";

export default [
  { ignores: ["**/vendor/**", "glm_ui/web/built/**", "**/*.d.ts", ".venv/**"] },
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
  { files: ["glm_ui/web/server/request.js"], rules: { "no-restricted-syntax": "off" } },
];
