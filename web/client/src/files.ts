/** The files that wait to be sent: in this tab, and on the disk for the tab that leads and for the next visit. */
import type { Cache } from "./cache.ts";
import type { FileBytes } from "./message-api.ts";

export interface Files {
  /** They are on the disk, or will not be. */
  add(all: readonly { key: string; bytes: FileBytes }[]): Promise<void>;
  bytesOf(fileKey: string): Promise<FileBytes | null>;
  forget(fileKey: string): void;
  clear(): void;
}

export function createFiles(cache: Pick<Cache, "keepFile" | "file" | "forgetFile">): Files {
  const here = new Map<string, FileBytes>();
  return {
    async add(all) {
      for (const { key, bytes } of all) here.set(key, bytes);
      for (const { key, bytes } of all) await cache.keepFile(key, bytes);
    },
    bytesOf: async (fileKey) => here.get(fileKey) ?? cache.file(fileKey),
    forget(fileKey) {
      here.delete(fileKey);
      cache.forgetFile(fileKey);
    },
    clear: () => here.clear(),
  };
}
