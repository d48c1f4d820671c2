import { existsSync } from "node:fs";
import { defineConfig } from "vitest/config";

const FIREFOX = process.env["FIREFOX"] ?? "/usr/bin/firefox-esr";
const isMissing = process.env["BROWSER"] === "firefox" && !existsSync(FIREFOX);
if (isMissing && process.env["CI"]) throw new Error(`there is no Firefox at ${FIREFOX}`);
if (isMissing) process.stdout.write(`SKIPPED: there is no Firefox at ${FIREFOX}\n`);

export default defineConfig({
  test: {
    // A shared machine may stand still for longer than a wait; what fails twice is broken.
    retry: process.env["CI"] ? 1 : 0,
    root: import.meta.dirname,
    include: isMissing ? [] : ["*.test.ts"],
    passWithNoTests: isMissing,
    testTimeout: 90_000,
    hookTimeout: 90_000,
    // One browser and one server at a time: the machines that run this are small.
    fileParallelism: false,
  },
});
