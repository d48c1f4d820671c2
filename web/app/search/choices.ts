/** What may stand behind `from:`, `in:`, `before:` and the like. */
import { ranker, type Chat, type Person } from "@vestnik/client";
import { VALUES, type Token } from "./query";

export interface SearchChoice {
  key: string;
  /** The value that is put behind the colon. */
  value: string;
  label: string;
  hint: string;
  person?: Person;
  chat?: Chat;
}

export interface Known {
  people: readonly Person[];
  chats: readonly Chat[];
  titleOf(chat: Chat): string;
  nameOf(person: Person): string;
  now: number;
  /** “today”, “7 days ago” */
  daysAgo(days: number): string;
  /** What `link`, `file`, `pinned` and `me` mean. */
  meaning(value: string): string;
}

const MOST = 8;
const DAYS = [0, 1, 7, 30];

export function choicesFor({ filter, value }: Token, known: Known): SearchChoice[] {
  switch (filter) {
    case null:
      return [];
    case "from":
      return known.people.slice(0, MOST).map((person) => ({ key: `p${person.id}`, value: person.username, label: known.nameOf(person), hint: `@${person.username}`, person }));
    case "in":
      return chatsFor(value, known);
    case "before":
    case "after":
    case "on":
      return DAYS.map((days) => ({ days, date: dateAgo(known.now, days) }))
        .filter(({ date }) => date.startsWith(value))
        .map(({ days, date }) => ({ key: date, value: date, label: known.daysAgo(days), hint: date }));
    case "has":
    case "is":
    case "mentions":
      return (VALUES[filter] ?? [])
        .filter((one) => one.startsWith(value.toLowerCase()))
        .map((one) => ({ key: one, value: one, label: known.meaning(one), hint: `${filter}:${one}` }));
  }
}

function chatsFor(value: string, { chats, titleOf }: Known): SearchChoice[] {
  const rankOf = ranker(value.replace(/^@/, ""));
  return chats
    .map((chat) => ({ chat, rank: rankOf(chat.title, chat.peer?.username ?? "") }))
    .filter(({ rank }) => rank > 0)
    .sort((a, b) => b.rank - a.rank)
    .slice(0, MOST)
    .map(({ chat }) => ({ key: `c${chat.id}`, value: placeOf(chat), label: titleOf(chat), hint: "", chat }));
}

/** A chat as `in:` names it. */
export const placeOf = (chat: Chat) => (chat.peer === null ? chat.title : `@${chat.peer.username}`);

/** The day as the user's calendar has it. */
export function dateAgo(now: number, days: number): string {
  const day = new Date(now);
  day.setDate(day.getDate() - days);
  const two = (part: number) => String(part).padStart(2, "0");
  return `${String(day.getFullYear()).padStart(4, "0")}-${two(day.getMonth() + 1)}-${two(day.getDate())}`;
}

/** Does Enter choose this, or is it there in full already? */
export const isWhole = ({ value }: Token, choice: SearchChoice) => choice.value.toLowerCase() === value.toLowerCase();
