/** What the news of the leader is applied to: this tab, and each chat that it shows. */
import type { Ended } from "./api.ts";
import type { Environment } from "./environment.ts";
import type { Command } from "./news.ts";
import type { ServerFrame } from "./protocol.ts";
import type { Outbox } from "./rules/outbox.ts";
import type { State } from "./state.ts";

/** One shown chat, for what concerns only those. */
export interface ShownChat {
  isOpen(): boolean;
  /** A new connection: it is to be opened there. */
  reopen(): void;
  /** A live change could not be applied. */
  missed(): void;
  frame(frame: ServerFrame): void;
  /** A replay has ended, which this tab asked for or another; is all here now? */
  replayed(isMine: boolean, isWhole: boolean, online: number[] | undefined): void;
  /** All began afresh: what is told by changes only may have been missed. */
  renewed(): void;
  unopened(code: string): void;
  /** It is not the user's any more. */
  gone(): void;
  /** The connection is lost: who is there and who writes is not known. */
  lost(): void;
}

export interface TabContext {
  id: string;
  environment: Environment;
  state: State;
  shownChat(chatId: number): ShownChat | undefined;
  allShownChats(): Iterable<ShownChat>;
  tell(command: Command): void;
  /** A leader is there, perhaps another than before. */
  leading(): void;
  /** The leader told this tab, which is new to it, how things stand. */
  welcomed(): void;
  outbox(items: Outbox): void;
  /** A chat has ended for the user. */
  ended(ended: Ended): void;
  /** The history is another one than before. */
  historyChanged(): void;
  sessionChanged(): void;
}
