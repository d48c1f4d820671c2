/** Looks chats up for the list, one question about each at a time. */
import * as bodies from "../bodies.ts";
import type { Environment } from "../environment.ts";
import type { ChatBody } from "../protocol.ts";
import type { Rest } from "../rest.ts";
import type { Belonging } from "../rules/belonging.ts";

export interface ChatLookups {
  /**
   * Answers how many messages there are by now. Who asks while it is being looked up waits for that, and looks
   * again if that was answered before the change `seq`.
   */
  list(chatId: number, seq?: number): Promise<number>;
  /** After a while; once, however often it is wanted until then. */
  listAfter(milliseconds: number, chatId: number): void;
  stop(): void;
}

export interface ChatLookupCallbacks {
  chat(body: ChatBody): void;
  gone(chatId: number): void;
}

/** The last positions in a chat, as it was answered; no change is after what cannot be looked up. */
interface Head {
  seq: number;
  n: number;
}

const UNKNOWN: Head = { seq: Infinity, n: 0 };

export function createChatLookups(environment: Pick<Environment, "after">, rest: Rest, belonging: Belonging, callbacks: ChatLookupCallbacks): ChatLookups {
  const running = new Map<number, Promise<Head>>();
  /** What cancels those that are to come. */
  const later = new Map<number, () => void>();

  async function list(chatId: number, seq = 0): Promise<number> {
    const head = await lookUpOnce(chatId);
    return (head.seq < seq ? await lookUpOnce(chatId) : head).n;
  }

  function lookUpOnce(chatId: number): Promise<Head> {
    const answer = running.get(chatId) ?? lookUp(chatId).finally(() => running.delete(chatId));
    running.set(chatId, answer);
    return answer;
  }

  async function lookUp(chatId: number): Promise<Head> {
    const since = belonging.now();
    const answer = await rest("GET", `/api/chats/${chatId}`, bodies.chat);
    // What was heard meanwhile is later than the answer.
    const { come, gone } = belonging.since(since);
    if (!answer.ok && come.includes(chatId)) return lookUp(chatId);
    if (answer.ok && !gone.includes(chatId)) callbacks.chat(answer.value);
    else if (!answer.ok && answer.code === "chat_not_found") callbacks.gone(chatId);
    return answer.ok ? answer.value : UNKNOWN;
  }

  return {
    list,
    listAfter(milliseconds, chatId) {
      if (later.has(chatId)) return;
      const due = () => {
        later.delete(chatId);
        void list(chatId);
      };
      later.set(chatId, environment.after(milliseconds, due));
    },
    stop() {
      for (const cancel of later.values()) cancel();
      later.clear();
    },
  };
}
