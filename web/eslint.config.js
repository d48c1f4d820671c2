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
    // Catalogs are as long as there is something to say.
    files: ["app/words/{en,ru}.ts"],
    rules: { "max-lines": "off" },
  },
  {
    files: ["**/*.test.ts", "**/*.test.tsx", "core/testing/**"],
    rules: { "max-lines": "off", "no-restricted-globals": "off", "no-restricted-properties": "off" },
  },
);
