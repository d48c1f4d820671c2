/** Telling the user of messages that they do not see, and of chats that have ended. */
import type { Chat, Ended, Message } from "./api.ts";
import type { MessageBody } from "./protocol.ts";
import { toRow } from "./rules/message.ts";
import { isNotable } from "./rules/notice.ts";
import type { State } from "./state.ts";

type Hear = (notice: { chat: Chat; message: Message }) => void;

export interface Notices {
  noticed(body: MessageBody): void;
  onNotice(hear: Hear): () => void;
  ended(ended: Ended): void;
  onEnded(hear: (ended: Ended) => void): () => void;
}

export function createNotices(state: State): Notices {
  const hears = new Set<Hear>();
  const ends = new Set<(ended: Ended) => void>();
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
      for (const hear of hears) hear({ chat, message: toRow(body) });
    },
    ended: (ended) => ends.forEach((hear) => hear(ended)),
    onEnded(hear) {
      ends.add(hear);
      return () => ends.delete(hear);
    },
    onNotice(hear) {
      hears.add(hear);
      return () => hears.delete(hear);
    },
  };
}
