/** Telling the user of messages that they do not see, and of chats that have ended. */
import type { Chat, Client, Ended, Message } from "./api.ts";
import { createEmitter } from "./emitter.ts";
import type { MessageBody } from "./protocol.ts";
import { toRow } from "./rules/message.ts";
import { isNotable } from "./rules/notice.ts";
import type { State } from "./state.ts";

export interface Notices extends Pick<Client, "onNotice" | "onEnded"> {
  noticed(body: MessageBody): void;
  ended(ended: Ended): void;
}

export function createNotices(state: State): Notices {
  const notices = createEmitter<{ chat: Chat; message: Message }>();
  const endings = createEmitter<Ended>();
  /** Up to where was told, by chat. */
  const told = new Map<number, number>();
  return {
    noticed(body) {
      const listed = state.listing.peek().get(body.chat_id);
      const chat = state.chatsById.peek().get(body.chat_id);
      const me = state.me()?.id;
      if (!listed || !chat || me === undefined || body.n <= (told.get(body.chat_id) ?? 0)) return;
      told.set(body.chat_id, body.n);
      if (isNotable(listed, body, me)) notices.emit({ chat, message: toRow(body) });
    },
    ended: endings.emit,
    onEnded: endings.on,
    onNotice: notices.on,
  };
}
