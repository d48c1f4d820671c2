/** The disk of a browser: IndexedDB. */
import { openDB, type IDBPDatabase } from "idb";
import { SHELVES, type Disk } from "../environment.ts";

const VERSION = 2;

/** Null where the browser keeps nothing for us, as in some private windows. */
export async function openDisk(name: string): Promise<Disk | null> {
  try {
    return shelves(
      await openDB(name, VERSION, {
        upgrade(database) {
          // What an older version has is there already.
          for (const shelf of SHELVES) if (!database.objectStoreNames.contains(shelf)) database.createObjectStore(shelf);
        },
        // Another tab wants a newer version: it must not wait for this one.
        blocking(_current, _blocked, event) {
          (event.target as IDBDatabase | null)?.close();
        },
      }),
    );
  } catch {
    return null;
  }
}

function shelves(database: IDBPDatabase): Disk {
  return {
    async all(shelf) {
      const read = database.transaction(shelf);
      const [names, values] = await Promise.all([read.store.getAllKeys(), read.store.getAll()]);
      return names.map((name, place) => [String(name), values[place] as unknown]);
    },
    async put(shelf, name, value) {
      // Committed at once, so that what is written while the page goes away is not given up with it.
      const write = database.transaction(shelf, "readwrite");
      const put = write.store.put(value, name);
      write.commit();
      await Promise.all([put, write.done]);
    },
    async remove(shelf, name) {
      await database.delete(shelf, name);
    },
    async change(shelf, decide) {
      const write = database.transaction(shelf, "readwrite");
      const [names, values] = await Promise.all([write.store.getAllKeys(), write.store.getAll()]);
      const change = decide(names.map((name, place) => [String(name), values[place] as unknown]));
      for (const [name, value] of change.put) void write.store.put(value, name);
      for (const name of change.remove) void write.store.delete(name);
      await write.done;
    },
    async clear(shelf) {
      await database.clear(shelf);
    },
  };
}
