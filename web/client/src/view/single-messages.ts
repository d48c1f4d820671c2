/** Messages that are looked up one by one, for replies. */
import type { Message } from "../api.ts";
import * as bodies from "../bodies.ts";
import type { Core } from "../core.ts";
import { toRow } from "../rules/message.ts";

/** So many are remembered. */
const MOST = 200;

export interface SingleMessages {
  /** By its id, from the timeline or the server. */
  message(messageId: number): Promise<Message | null>;
  /** It says something else by now. */
  forget(messageId: number): void;
}

export function createSingleMessages({ rest, state }: Core, id: number): SingleMessages {
  const log = state.log(id);
  const known = new Map<number, Message>();
  return {
    async message(messageId) {
      const here = log.peek().rows.find((row) => row.id === messageId) ?? known.get(messageId);
      if (here) return here;
      const answer = await rest("GET", `/api/chats/${id}/messages/${messageId}`, bodies.message);
      if (!answer.ok) return null;
      const [oldest] = known.keys();
      if (known.size >= MOST && oldest !== undefined) known.delete(oldest);
      known.set(messageId, toRow(answer.value));
      return toRow(answer.value);
    },
    forget: (messageId) => void known.delete(messageId),
  };
}
