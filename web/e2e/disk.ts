/** What a page has written to its disk. */
import type { Page } from "playwright-core";

export interface Kept {
  chatId: number;
  rows: { text: string }[];
}

/** The page's disk is named by its place; where there is none yet, nothing is kept. */
export const onDisk = (page: Page, shelf: "timelines" | "outbox" = "timelines") =>
  page.evaluate(async (shelf) => {
    const [place] = await indexedDB.databases();
    if (place?.name === undefined) return [];
    const asked = indexedDB.open(place.name);
    const disk = await new Promise<IDBDatabase>((resolve, reject) => {
      asked.onsuccess = () => resolve(asked.result);
      asked.onerror = () => reject(asked.error);
    });
    const all = disk.transaction(shelf).objectStore(shelf).getAll();
    return new Promise<Kept[]>((resolve) => {
      all.onsuccess = () => {
        disk.close();
        resolve(all.result as Kept[]);
      };
    });
  }, shelf);
