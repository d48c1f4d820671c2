/** The files that rules of the house are held to. */
import { readdirSync } from "node:fs";
import { join, resolve } from "node:path";

export const WEB = resolve(import.meta.dirname, "..");

/** The files of a folder of the page or of its client, tests left out. */
export function sources(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) return sources(path);
    return /\.tsx?$/.test(entry.name) && !/\.test\.tsx?$/.test(entry.name) ? [path] : [];
  });
}
