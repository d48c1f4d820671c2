/** What the switcher offers for a text. */
import type { Chat, Person } from "../../core/api";

export type Hit = { kind: "chat"; chat: Chat } | { kind: "person"; person: Person };

/** Chats first, those whose title begins so before the others; then people without a chat yet. */
export function hitsFor(text: string, chats: readonly Chat[], people: readonly Person[]): Hit[] {
  const wanted = text.trim().toLowerCase();
  const rank = (name: string) => {
    const at = name.toLowerCase().indexOf(wanted);
    return at === 0 ? 0 : at > 0 ? 1 : 2;
  };
  const ranked = chats
    .map((chat) => ({ chat, rank: Math.min(rank(chat.title), rank(chat.peer?.username ?? chat.title)) }))
    .filter((one) => one.rank < 2)
    .sort((a, b) => a.rank - b.rank);
  const known = new Set(chats.map((chat) => chat.peer?.id));
  const others = wanted === "" ? [] : people.filter((person) => !known.has(person.id));
  return [
    ...ranked.slice(0, 12).map(({ chat }): Hit => ({ kind: "chat", chat })),
    ...others.slice(0, 8).map((person): Hit => ({ kind: "person", person })),
  ];
}
