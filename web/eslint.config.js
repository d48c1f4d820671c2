import tseslint from "typescript-eslint";

const FACTS = "Wait for a fact: e2e/wait.ts has until, drawn, atRest and placeOf.";

export default tseslint.config(
  { ignores: ["**/dist", "**/node_modules"] },
  ...tseslint.configs.recommended,
  {
    rules: {
      eqeqeq: "error",
      "no-console": "error",
      "max-lines": ["error", { max: 200, skipBlankLines: true, skipComments: true }],
      "@typescript-eslint/no-unused-vars": ["error", { argsIgnorePattern: "^_" }],
    },
  },
  {
    // A function is read in one go. A test is a story, which may be longer.
    files: ["**/*.{ts,tsx}"],
    ignores: ["**/*.test.{ts,tsx}", "client/src/testing/**", "e2e/**"],
    rules: { "max-lines-per-function": ["error", { max: 60, skipBlankLines: true, skipComments: true }] },
  },
  {
    // One name is one thing, within a file too.
    files: ["app/**/*.{ts,tsx}", "client/src/**/*.ts"],
    ignores: ["**/*.test.{ts,tsx}", "client/src/testing/**"],
    rules: { "@typescript-eslint/no-shadow": "error" },
  },
  {
    // The client runs without a page: what it needs of one comes through its environment.
    files: ["client/src/**/*.ts"],
    ignores: ["client/src/browser/**", "client/src/node/**"],
    rules: {
      "no-restricted-globals": [
        "error", "window", "document", "navigator", "location", "fetch", "WebSocket",
        "indexedDB", "localStorage", "BroadcastChannel", "setTimeout", "setInterval",
      ],
      "no-restricted-properties": ["error", { object: "Date", property: "now" }, { object: "Math", property: "random" }],
    },
  },
  {
    // The page uses the client as anybody does, by what the package exports.
    files: ["app/**/*.{ts,tsx}", "e2e/**/*.ts", "tools/**/*.ts"],
    rules: {
      "no-restricted-imports": [
        "error",
        {
          patterns: [
            {
              group: ["**/client/src/**", "**/client/dist/**", "@vestnik/client/*", "!@vestnik/client/browser"],
              message: "Import what @vestnik/client exports, or export it there.",
            },
          ],
        },
      ],
    },
  },
  {
    // Keys of an input method are nobody else's, and all others are known by one table.
    files: ["app/**/*.{ts,tsx}"],
    ignores: ["app/keys/**"],
    rules: {
      "no-restricted-syntax": [
        "error",
        ...[
          "JSXAttribute[name.name=/^onKey/] > JSXExpressionContainer > :not(CallExpression[callee.name='onKeys'], Identifier[name='onKeyDown'])",
          "VariableDeclarator[id.name='onKeyDown'][init.callee.name!='onKeys']",
          "CallExpression[callee.name='addEventListener'] > Literal.arguments[value=/^key/]",
          "CallExpression[callee.property.name='addEventListener'] > Literal.arguments[value=/^key/]",
        ].map((selector) => ({ selector, message: "Hear keys by onKeys or hearKeys of app/keys/pressed-key.ts." })),
        ...["MemberExpression[object.name='event'][property.name=/^(code|keyCode|which|isComposing)$/]"].map((selector) => ({
          selector,
          message: "Ask isPressed of app/keys/pressed-key.ts, and put the key into app/keys/table.ts.",
        })),
      ],
    },
  },
  {
    // What runs at a terminal says there what it does.
    files: ["client/examples/**"],
    rules: { "no-console": "off" },
  },
  {
    // Catalogs are as long as there is something to say.
    files: ["app/words/{en,ru}.ts"],
    rules: { "max-lines": "off" },
  },
  {
    files: ["**/*.test.ts", "**/*.test.tsx", "client/src/testing/**"],
    rules: { "max-lines": "off", "no-restricted-globals": "off", "no-restricted-properties": "off" },
  },
  {
    // Tests before a browser wait for facts: a time is too long on one machine and too short on another.
    files: ["e2e/**/*.{ts,mjs}"],
    ignores: ["e2e/wait.ts"],
    rules: {
      "no-restricted-globals": ["error", ...["setTimeout", "setInterval"].map((name) => ({ name, message: FACTS }))],
      "no-restricted-syntax": [
        "error",
        ...[
          "MemberExpression[property.name=/^(waitForTimeout|setTimeout|setInterval)$/]",
          "ImportDeclaration[source.value=/^(node:)?timers/]",
          "ImportExpression[source.value=/^(node:)?timers/]",
          "CallExpression[callee.object.name='Atomics'][callee.property.name='wait']",
        ].map((selector) => ({ selector, message: FACTS })),
      ],
    },
  },
);
