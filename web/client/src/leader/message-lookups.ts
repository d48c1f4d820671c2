/** Looks up what was said last in chats that are not open, all that has been said until it is time to. */
import * as bodies from "../bodies.ts";
import type { Environment } from "../environment.ts";
import type { MessageBody } from "../protocol.ts";
import type { Rest } from "../rest.ts";

const MOST = 20;

/** The messages behind a number, up to another one. */
interface Stretch {
  after: number;
  upto: number;
}

export interface MessageLookups {
  isWaiting(chatId: number): boolean;
  lookNow(chatId: number, stretch: Stretch): Promise<void>;
  /** What waits already goes up to the same end; where it is `soon` it does not wait for the time that it had. */
  lookAfter(milliseconds: number, chatId: number, stretch: Stretch, soon: boolean): void;
  stop(): void;
}

export function createMessageLookups(
  environment: Pick<Environment, "after">,
  rest: Rest,
  messages: (chatId: number, messages: MessageBody[]) => void,
): MessageLookups {
  const waiting = new Map<number, Stretch & { cancel: () => void }>();

  async function look(chatId: number) {
    const { after, upto } = waiting.get(chatId) ?? { after: 0, upto: 1 };
    waiting.delete(chatId);
    const limit = Math.min(MOST, Math.max(1, upto - after));
    const answer = await rest("GET", `/api/chats/${chatId}/messages?limit=${limit}`, bodies.messages);
    if (answer.ok) messages(chatId, answer.value.messages.filter((message) => message.n > after));
  }

  return {
    isWaiting: (chatId) => waiting.has(chatId),
    lookNow(chatId, stretch) {
      waiting.set(chatId, { ...stretch, cancel: () => {} });
      return look(chatId);
    },
    lookAfter(milliseconds, chatId, { after, upto }, soon) {
      const earlier = waiting.get(chatId);
      if (earlier) earlier.upto = upto;
      if (earlier && !soon) return;
      earlier?.cancel();
      const cancel = environment.after(milliseconds, () => void look(chatId));
      waiting.set(chatId, { after: earlier?.after ?? after, upto, cancel });
    },
    stop() {
      for (const { cancel } of waiting.values()) cancel();
      waiting.clear();
    },
  };
}
