/** What the user has read and the server may not know yet. */
import type { ClientFrame, Counters } from "../protocol.ts";

export interface Reads {
  read(chatId: number, n: number): void;
  forget(chatId: number): void;
  /** What the server knows. */
  counted(counters: Counters): void;
  /** A new connection: what may have been lost is said again. */
  ready(): void;
}

export function createReads(send: (frame: ClientFrame) => void): Reads {
  const unconfirmed = new Map<number, number>();
  const say = (chatId: number, n: number) => send({ type: "read", chat_id: chatId, n });
  return {
    read(chatId, n) {
      if (n <= (unconfirmed.get(chatId) ?? 0)) return;
      unconfirmed.set(chatId, n);
      say(chatId, n);
    },
    forget: (chatId) => void unconfirmed.delete(chatId),
    counted(counters) {
      const n = unconfirmed.get(counters.chat_id);
      if (n !== undefined && counters.read_n >= n) unconfirmed.delete(counters.chat_id);
    },
    ready() {
      for (const [chatId, n] of unconfirmed) say(chatId, n);
    },
  };
}
