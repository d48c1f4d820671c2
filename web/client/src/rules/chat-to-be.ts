/**
 * A private chat that is not there yet: it begins with the first message, and nobody is told of it before. Until then it
 * has a number of its own here, which says with whom it is to be; no chat of the server's has one below zero.
 */
import type { Person } from "../api.ts";
import type { Listed, Listing } from "./chats.ts";

export const numberWith = (userId: number): number => -userId;
export const isToBe = (chatId: number): boolean => chatId < 0;
export const personIn = (chatId: number): number => -chatId;

/** How many are remembered in which nothing is written. */
const MOST_IDLE = 20;

export function toBe(person: Person, now: number): Listed {
  return {
    id: numberWith(person.id), type: "private", name: "", peer: person, role: "member", muted: false,
    seq: 0, n: 0, readN: 0, unread: 0, mentions: 0, last: null, activeAt: now,
  };
}

/** The chat with somebody: the one that there is, or the one that is to be. */
export function chatWith(listing: Listing, userId: number): Listed | undefined {
  const real = [...listing.values()].find((chat) => !isToBe(chat.id) && chat.peer?.id === userId);
  return real ?? listing.get(numberWith(userId));
}

/** A new listing, with those that are still to be; `isWritten` says in which something is. Also which of them are there now, and as what. */
export function withThoseToBe(next: Listing, before: Listing, isWritten: (chatId: number) => boolean): { listing: Listing; begun: [number, number][] } {
  const old = [...before.values()].filter((chat) => isToBe(chat.id));
  if (old.length === 0) return { listing: next, begun: [] };
  const listing = new Map([...next].filter(([id]) => !isToBe(id)));
  const begun: [number, number][] = [];
  let idle = 0;
  for (const chat of old.sort((a, b) => b.activeAt - a.activeAt)) {
    const real = chatWith(listing, personIn(chat.id));
    if (real) begun.push([chat.id, real.id]);
    else if (isWritten(chat.id) || (idle += 1) <= MOST_IDLE) listing.set(chat.id, chat);
  }
  return { listing, begun };
}
