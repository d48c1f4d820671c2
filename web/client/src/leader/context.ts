/** What the parts of the leader share. */
import type { ConnectionState } from "../api.ts";
import type { Connection } from "../connection.ts";
import type { Environment } from "../environment.ts";
import type { Change, MessageBody, ReadyFrame } from "../protocol.ts";
import type { Rest } from "../rest.ts";
import type { Belonging } from "../rules/belonging.ts";
import { isMessage } from "../rules/log.ts";
import type { BackgroundLookups } from "./background-lookups.ts";
import type { LeaderCallbacks } from "./callbacks.ts";
import type { Openings } from "./openings.ts";
import type { Reads } from "./reads.ts";
import type { Sender } from "./sender.ts";

/** How it stands by what was heard. */
export interface LeaderState {
  connectionState: ConnectionState;
  /** The beginning of the connection; null while there is none. */
  ready: ReadyFrame | null;
  belonging: Belonging;
  /** The chats that the user looks at, by tab. */
  looks: Map<string, number[]>;
  /** How often a chat was not opened in time. */
  unopened: Map<number, number>;
}

export interface LeaderContext {
  environment: Environment;
  rest: Rest;
  callbacks: LeaderCallbacks;
  state: LeaderState;
  connection: Connection;
  openings: Openings;
  reads: Reads;
  sender: Sender;
  lookups: BackgroundLookups;
}

/** Messages of one's own that are stored are not to be sent again. */
export function confirm({ callbacks, sender }: LeaderContext, changes: readonly Change[]) {
  for (const change of changes) {
    if (!isMessage(change) || change.user_id !== callbacks.me()) continue;
    if (change.client_msg_id !== undefined) sender.seen(change.client_msg_id);
  }
}

/** Something was said: the user may want to be told of it. */
export function notice({ callbacks, state }: Pick<LeaderContext, "callbacks" | "state">, message: MessageBody) {
  const isLookedAt = [...state.looks.values()].some((chats) => chats.includes(message.chat_id));
  if (!isLookedAt) callbacks.noticed(message);
}
