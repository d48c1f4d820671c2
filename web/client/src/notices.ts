/** Telling the user of messages that they do not see, and of chats that have ended. */
import type { Chat, Ended, Message } from "./api.ts";
import type { MessageBody } from "./protocol.ts";
import { toRow } from "./rules/message.ts";
import { isNotable } from "./rules/notice.ts";
import type { State } from "./state.ts";

type NoticeListener = (notice: { chat: Chat; message: Message }) => void;

export interface Notices {
  noticed(body: MessageBody): void;
  onNotice(listener: NoticeListener): () => void;
  ended(ended: Ended): void;
  onEnded(listener: (ended: Ended) => void): () => void;
}

export function createNotices(state: State): Notices {
  const listeners = new Set<NoticeListener>();
  const endingListeners = new Set<(ended: Ended) => void>();
  /** Up to where was told, by chat. */
  const told = new Map<number, number>();
  return {
    noticed(body) {
      const listed = state.listing.peek().get(body.chat_id);
      const chat = state.chatsById.peek().get(body.chat_id);
      const me = state.me()?.id;
      if (!listed || !chat || me === undefined || body.n <= (told.get(body.chat_id) ?? 0)) return;
      told.set(body.chat_id, body.n);
      if (!isNotable(listed, body, me)) return;
      for (const listener of listeners) listener({ chat, message: toRow(body) });
    },
    ended: (ended) => endingListeners.forEach((listener) => listener(ended)),
    onEnded(listener) {
      endingListeners.add(listener);
      return () => endingListeners.delete(listener);
    },
    onNotice(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
}
