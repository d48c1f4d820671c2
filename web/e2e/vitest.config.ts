import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    // A shared machine may stand still for longer than a wait; what fails twice is broken.
    retry: process.env["CI"] ? 1 : 0,
    root: import.meta.dirname,
    include: ["*.test.ts"],
    testTimeout: 90_000,
    hookTimeout: 90_000,
    // One browser and one server at a time: the machines that run this are small.
    fileParallelism: false,
  },
});
