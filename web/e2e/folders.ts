import { mkdtempSync } from "node:fs";
import { rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** A folder of one's own, by a name that begins with `vestnik-` and what it is for. */
export const newFolder = (purpose: string) => mkdtempSync(join(tmpdir(), `vestnik-${purpose}-`));

/** Removes it with all that is in it. A browser's helpers still write for a moment after the browser has ended, so this tries again. */
export const removeFolder = (folder: string) => rm(folder, { recursive: true, force: true, maxRetries: 20, retryDelay: 50 });
