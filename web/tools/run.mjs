/** Runs a script of this folder that is written in TypeScript: `node tools/run.mjs measure`. */
import { runnerImport } from "vite";

const script = new URL(`${process.argv[2]}.ts`, import.meta.url).pathname;
await runnerImport(script, { configFile: false, logLevel: "error" });
