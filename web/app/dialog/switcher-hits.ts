/** What the switcher offers for a text. */
import { onOtherKeyboard, ranker, type Chat, type Person } from "@vestnik/client";

export type Hit = { kind: "chat"; chat: Chat } | { kind: "person"; person: Person };

/** For what was typed; if that finds nothing, and `isAnswered` whom it finds, for what its keys are on the other keyboard. */
export function hitsFor(text: string, chats: readonly Chat[], people: readonly Person[], isAnswered: boolean): Hit[] {
  const hits = hitsOf(text, chats, people);
  const other = onOtherKeyboard(text.trim());
  return hits.length > 0 || other === null || !isAnswered ? hits : hitsOf(other, chats, people);
}

/** Chats first, those whose title begins so before the others; then people without a chat yet. */
function hitsOf(text: string, chats: readonly Chat[], people: readonly Person[]): Hit[] {
  const rankOf = ranker(text);
  const ranked = chats
    .map((chat) => ({ chat, rank: rankOf(chat.title, chat.peer?.username ?? "") }))
    .filter((one) => one.rank > 0)
    .sort((a, b) => b.rank - a.rank);
  const known = new Set(chats.map((chat) => chat.peer?.id));
  const others = text.trim() === "" ? [] : people.filter((person) => !known.has(person.id));
  return [
    ...ranked.slice(0, 12).map(({ chat }): Hit => ({ kind: "chat", chat })),
    ...others.slice(0, 8).map((person): Hit => ({ kind: "person", person })),
  ];
}
