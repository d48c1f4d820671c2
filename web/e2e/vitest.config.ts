import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    root: import.meta.dirname,
    include: ["*.test.ts"],
    testTimeout: 90_000,
    hookTimeout: 90_000,
    // One browser and one server at a time: the machines that run this are small.
    fileParallelism: false,
  },
});
