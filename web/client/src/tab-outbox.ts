/** The outbox as this tab sees it: the leader's, and before it what the leader has not heard of yet. */
import type { Cache } from "./cache.ts";
import type { Files } from "./files.ts";
import type { FileBytes } from "./message-api.ts";
import type { Command } from "./news.ts";
import { discarded, enqueued, type Item, type Outbox } from "./rules/outbox.ts";
import type { State } from "./state.ts";

export interface TabOutbox {
  /** With the bytes of its files. */
  send(item: Item, bytes?: readonly FileBytes[]): void;
  /** The text of what is dropped; null if it is on its way or gone. */
  discard(key: string): string | null;
  /** The leader's outbox. */
  heard(items: Outbox): void;
  /** A leader is there, perhaps another than before: what it may not know is told again. */
  leading(): void;
  clear(): void;
}

export function createTabOutbox(state: State, cache: Cache, files: Files, tell: (command: Command) => void): TabOutbox {
  const untold = new Map<string, Item>();

  function tellOf(item: Item) {
    // On the disk first: whoever leads next finds it there.
    cache.keep(item);
    tell({ do: "send", item });
  }

  /** The files before the message that names them. */
  async function keepFiles(item: Item, bytes: readonly FileBytes[]) {
    await files.add(item.files.flatMap(({ key }, at) => (bytes[at] ? [{ key, bytes: bytes[at] }] : [])));
    if (untold.has(item.key)) tellOf(item);
    else for (const { key } of item.files) files.forget(key);
  }

  return {
    send(item, bytes = []) {
      untold.set(item.key, item);
      state.outbox.value = enqueued(state.outbox.value, item);
      if (item.files.length > 0) void keepFiles(item, bytes);
      else tellOf(item);
    },
    discard(key) {
      const item = state.outbox.value.find((one) => one.key === key);
      if (!item || item.state === "sending") return null;
      untold.delete(key);
      state.outbox.value = discarded(state.outbox.value, key);
      cache.forget(key);
      for (const file of item.files) files.forget(file.key);
      tell({ do: "discard", key });
      return item.text;
    },
    heard(items) {
      for (const item of items) untold.delete(item.key);
      state.outbox.value = [...untold.values()].reduce(enqueued, items);
    },
    leading() {
      for (const item of [...untold.values()]) tell({ do: "send", item });
    },
    clear() {
      untold.clear();
      files.clear();
      state.outbox.value = [];
    },
  };
}
