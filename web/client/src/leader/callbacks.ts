import type { Files } from "../files.ts";
import type { News } from "../news.ts";
import type { MessageBody } from "../protocol.ts";
import type { Listed } from "../rules/chats.ts";
import type { Item } from "../rules/outbox.ts";

/** What the leader needs of its own tab. */
export interface LeaderCallbacks {
  /** To all tabs, its own at once. */
  publish(news: News): void;
  answer(tab: string, news: News): void;
  known(chatId: number): Listed | undefined;
  /** Has this page known before how the chats stand, so that what is new to it is news? */
  isLive(): boolean;
  /** The epoch, and the positions in it, of the chats that are here. */
  positions(): { epoch: string | null; chats: Record<number, number> };
  me(): number;
  keep(item: Item): void;
  forget(key: string): void;
  /** The bytes of files that are to be sent. */
  files: Pick<Files, "bytesOf" | "forget">;
  /** The server does not know us any more, or may not. */
  signedOut(): void;
  turnedAway(): void;
  /** Somebody said something in a chat that the user does not look at. */
  noticed(message: MessageBody): void;
}
