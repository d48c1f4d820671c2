import type { Result } from "../api.ts";
import type { ChatBody, ClientFrame } from "../protocol.ts";
import type { Item, Outbox } from "../rules/outbox.ts";

/** What the sender needs of the leader. */
export interface SenderCallbacks {
  send(frame: ClientFrame): void;
  /** The outbox has changed. */
  changed(items: Outbox): void;
  keep(item: Item): void;
  forget(key: string): void;
  /** Brings the files of a message to the server; what is known of each is told by `uploadKnown`. */
  upload(item: Item, signal: AbortSignal): Promise<Result<void>>;
  /** They are stored, or not wanted any more. */
  forgetFiles(files: Item["files"], areStored: boolean): void;
  /** Asks for the private chat with somebody. */
  begin(userId: number): Promise<Result<ChatBody>>;
  /** It is there, and what was to be said in it is on its way. */
  begun(chat: ChatBody): void;
  /** An answer takes long. */
  doubtful(): void;
  overdue(): void;
}
