import tseslint from "typescript-eslint";

export default tseslint.config(
  { ignores: ["dist", "node_modules"] },
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
    // A function is read in one go. Those that were longer before this rule stay here until they are taken apart.
    files: ["**/*.{ts,tsx}"],
    ignores: [
      "**/*.test.{ts,tsx}",
      "core/testing/**",
      "e2e/**",
      "app/chat/scroller.ts",
      "app/compose/Composer.tsx",
      "app/dev/{fake,fake-chat}.ts",
      "app/settings/Profile.tsx",
      "core/cache.ts",
      "core/client.ts",
      "core/handle-news.ts",
      "core/leader/{leader,openings,background-lookups,sender}.ts",
      "core/{connection,session,tabs}.ts",
      "core/view/{chat-view,reading}.ts",
      "core/ways/{events,links}.ts",
    ],
    rules: { "max-lines-per-function": ["error", { max: 60, skipBlankLines: true, skipComments: true }] },
  },
  {
    // The core runs without a page: what it needs of one comes through its environment.
    files: ["core/**/*.ts"],
    ignores: ["core/browser/**"],
    rules: {
      "no-restricted-globals": [
        "error", "window", "document", "navigator", "location", "fetch", "WebSocket",
        "indexedDB", "localStorage", "BroadcastChannel", "setTimeout", "setInterval",
      ],
      "no-restricted-properties": ["error", { object: "Date", property: "now" }, { object: "Math", property: "random" }],
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
        ].map((selector) => ({ selector, message: "Hear keys by onKeys or hearKeys of app/keys/stroke.ts." })),
        ...["MemberExpression[object.name='event'][property.name=/^(code|keyCode|which|isComposing)$/]"].map((selector) => ({
          selector,
          message: "Ask isPressed of app/keys/stroke.ts, and put the key into app/keys/table.ts.",
        })),
      ],
    },
  },
  {
    // Catalogs are as long as there is something to say.
    files: ["app/words/{en,ru}.ts"],
    rules: { "max-lines": "off" },
  },
  {
    files: ["**/*.test.ts", "**/*.test.tsx", "core/testing/**"],
    rules: { "max-lines": "off", "no-restricted-globals": "off", "no-restricted-properties": "off" },
  },
);
