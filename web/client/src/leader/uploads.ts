/** The messages whose files are on their way to the server. */
import type { Result } from "../api.ts";
import type { Item } from "../rules/outbox.ts";
import type { SenderCallbacks } from "./sender-callbacks.ts";

/** So often the files of a message are sent again, since the server did not have them. */
const OFTEN = 2;

export interface Uploads {
  /** Once for each message, whoever asks. */
  begin(item: Item): void;
  stop(key: string): void;
  stopAll(): void;
  /** Are the files of a message to be sent again that was refused by this code? */
  mayRepeat(item: Item, code: string): boolean;
}

/** `ended` is called unless it was stopped. */
export function createUploads(upload: SenderCallbacks["upload"], ended: (key: string, answer: Result<void>) => void): Uploads {
  const going = new Map<string, AbortController>();
  const repeated = new Map<string, number>();

  async function run(item: Item, controller: AbortController) {
    const answer = await upload(item, controller.signal);
    if (going.get(item.key) === controller) going.delete(item.key);
    if (!controller.signal.aborted) ended(item.key, answer);
  }

  function stop(key: string) {
    going.get(key)?.abort();
    going.delete(key);
  }

  return {
    begin(item) {
      if (going.has(item.key)) return;
      const controller = new AbortController();
      going.set(item.key, controller);
      void run(item, controller);
    },
    stop,
    stopAll: () => [...going.keys()].forEach(stop),
    mayRepeat({ key, files }, code) {
      const count = repeated.get(key) ?? 0;
      if (files.length === 0 || !["upload_not_found", "upload_incomplete"].includes(code) || count >= OFTEN) return false;
      repeated.set(key, count + 1);
      return true;
    },
  };
}
