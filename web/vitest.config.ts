import { defaultServerConditions } from "vite";
import { defineConfig } from "vitest/config";

export default defineConfig({
  ssr: { resolve: { conditions: ["@vestnik/source", ...defaultServerConditions] } },
  test: {
    include: ["client/src/**/*.test.ts", "tools/**/*.test.ts", "app/**/*.test.{ts,tsx}"],
    testTimeout: 30_000,
  },
});
