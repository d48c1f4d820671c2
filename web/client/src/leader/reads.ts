/** What the user has read and the server may not know yet. */
import type { Environment } from "../environment.ts";
import type { ClientFrame, Counters, ErrorFrame } from "../protocol.ts";
import { waitOf } from "../rules/server-waits.ts";

/** When to say again what was too much, unless the server says. */
const LATER = 1_000;

export interface Reads {
  read(chatId: number, n: number): void;
  forget(chatId: number): void;
  /** What the server knows. */
  counted(counters: Counters): void;
  /** Something about a chat, perhaps this, came at the wrong time. */
  failed(frame: ErrorFrame): void;
  /** A new connection: what may have been lost is said again. */
  ready(): void;
}

export function createReads(send: (frame: ClientFrame) => void, environment: Pick<Environment, "after">): Reads {
  const unconfirmed = new Map<number, number>();
  const sendRead = (chatId: number, n: number) => send({ type: "read", chat_id: chatId, n });
  return {
    read(chatId, n) {
      if (n <= (unconfirmed.get(chatId) ?? 0)) return;
      unconfirmed.set(chatId, n);
      sendRead(chatId, n);
    },
    forget: (chatId) => void unconfirmed.delete(chatId),
    counted(counters) {
      const n = unconfirmed.get(counters.chat_id);
      if (n !== undefined && counters.read_n >= n) unconfirmed.delete(counters.chat_id);
    },
    failed({ retry, retry_after_ms: after, chat_id: chatId, client_msg_id: key }) {
      if (!retry || chatId === undefined || key !== undefined || !unconfirmed.has(chatId)) return;
      environment.after(waitOf(after, LATER), () => {
        const n = unconfirmed.get(chatId);
        if (n !== undefined) sendRead(chatId, n);
      });
    },
    ready() {
      for (const [chatId, n] of unconfirmed) sendRead(chatId, n);
    },
  };
}
