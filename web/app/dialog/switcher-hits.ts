/** What the switcher offers for a text. */
import { onOtherKeyboard, ranker, type Chat, type FoundMessage, type Person } from "@vestnik/client";

export type PlaceHit = { kind: "chat"; chat: Chat } | { kind: "person"; person: Person };

export type Hit =
  | PlaceHit
  | { kind: "message"; found: FoundMessage }
  /** All messages that the text finds. */
  | { kind: "all" };

/** Messages stand behind chats and people, once those are known: what Enter would choose does not change under the finger. */
export function withMessages(hits: readonly Hit[], found: readonly FoundMessage[], isAnswered: boolean): Hit[] {
  if (!isAnswered || found.length === 0) return [...hits];
  return [...hits, ...found.map((one): Hit => ({ kind: "message", found: one })), { kind: "all" }];
}

/** For what was typed; if that finds nothing, and `isAnswered` whom it finds, for what its keys are on the other keyboard. */
export function hitsFor(text: string, chats: readonly Chat[], people: readonly Person[], isAnswered: boolean): PlaceHit[] {
  const hits = hitsOf(text, chats, people);
  const other = onOtherKeyboard(text.trim());
  return hits.length > 0 || other === null || !isAnswered ? hits : hitsOf(other, chats, people);
}

/** Chats first, those whose title begins so before the others; then people without a chat yet. */
function hitsOf(text: string, chats: readonly Chat[], people: readonly Person[]): PlaceHit[] {
  const rankOf = ranker(text);
  const ranked = chats
    .map((chat) => ({ chat, rank: rankOf(chat.title, chat.peer?.username ?? "") }))
    .filter((one) => one.rank > 0)
    .sort((a, b) => b.rank - a.rank);
  const known = new Set(chats.map((chat) => chat.peer?.id));
  const others = text.trim() === "" ? [] : people.filter((person) => !known.has(person.id));
  return [
    ...ranked.slice(0, 12).map(({ chat }): PlaceHit => ({ kind: "chat", chat })),
    ...others.slice(0, 8).map((person): PlaceHit => ({ kind: "person", person })),
  ];
}
