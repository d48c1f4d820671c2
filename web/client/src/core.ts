/** What the parts of the client share. */
import type { Draft } from "./api.ts";
import type { Cache } from "./cache.ts";
import type { Environment } from "./environment.ts";
import type { TabOutbox } from "./tab-outbox.ts";
import type { Command, News } from "./news.ts";
import type { Rest } from "./rest.ts";
import type { State } from "./state.ts";

export interface Core {
  environment: Environment;
  state: State;
  cache: Cache;
  rest: Rest;
  outbox: TabOutbox;
  /** To the leader, which may be this tab. */
  tell(command: Command): void;
  /** The user shows other chats than before. */
  lookedElsewhere(): void;
  /** What is half-written in a chat; the other tabs have it too. */
  draft(chatId: number, draft: Draft): void;
  /** To all other tabs. */
  announce(news: News): void;
  /** Shown in the list from now on. */
  list(chatId: number): Promise<void>;
  /** The user's no longer. */
  gone(chatId: number): void;
}
