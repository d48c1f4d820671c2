import { defaultServerConditions } from "vite";
import { defineConfig } from "vitest/config";

export default defineConfig({
  ssr: { resolve: { conditions: ["@vestnik/source", ...defaultServerConditions] } },
  test: {
    include: ["client/src/**/*.test.ts", "tools/**/*.test.ts", "app/**/*.test.{ts,tsx}"],
    testTimeout: 30_000,
    // Whole clients run before a real server on a busy machine. The report names what was tried again.
    retry: process.env["CI"] ? 1 : 0,
  },
});
