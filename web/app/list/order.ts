/** In what order chats are shown: by activity, but not while somebody is about to click on one. */
import type { Chat } from "@vestnik/client";

/** `chats` in the order of the ids in `frozen`; what came since is behind them. */
export function arranged(chats: readonly Chat[], frozen: readonly number[] | null): readonly Chat[] {
  if (frozen === null) return chats;
  const places = new Map(frozen.map((id, place) => [id, place]));
  const place = (chat: Chat) => places.get(chat.id) ?? frozen.length;
  return [...chats].sort((a, b) => place(a) - place(b));
}

/** When the last thing was said in a chat; null if nothing was. Its place in the list knows more: when the chat was made. */
export function saidAt({ last, activeAt }: Pick<Chat, "last" | "activeAt">): number | null {
  return last === null ? null : (last.at ?? activeAt);
}

/** The chat `step` places from `current`, around the end; only among the unread if that is asked. */
export function neighbour(chats: readonly Chat[], current: number | null, step: 1 | -1, onlyUnread: boolean): Chat | null {
  const at = chats.findIndex((chat) => chat.id === current);
  const from = at === -1 ? (step === 1 ? -1 : chats.length) : at;
  for (let distance = 1; distance <= chats.length; distance += 1) {
    const chat = chats[(from + step * distance + chats.length * 2) % chats.length];
    if (chat !== undefined && chat.id !== current && (!onlyUnread || chat.unread > 0)) return chat;
  }
  return null;
}
