/** What may be completed where the caret is: `@na` to a name, `:ta` to an emoji. */
import { formRanker, searched, type Member } from "@vestnik/client";
import { findEmoji } from "../text/emoji";

export interface Query {
  kind: "person" | "emoji";
  text: string;
  /** Where its sign, `@` or `:`, stands. */
  start: number;
}

export interface Choice {
  key: string;
  /** What is put in place of the query. */
  insert: string;
  label: string;
  hint: string;
  person?: number;
}

const LOOK_BACK = 48;
const PERSON = /(?:^|[^\p{L}\p{N}\p{M}._-])@([\p{L}\p{N}\p{M}._-]{0,40})$/u;
// Two letters at least: after `:` and one letter people mean a smiley, or nothing.
const EMOJI = /(?:^|[\s(])(:)([a-z0-9_+-]{2,24})$/i;

export function queryAt(text: string, caret: number): Query | null {
  const before = text.slice(Math.max(0, caret - LOOK_BACK), caret);
  const person = PERSON.exec(before)?.[1];
  if (person !== undefined) return { kind: "person", text: person, start: caret - person.length - 1 };
  const emoji = EMOJI.exec(before)?.[2];
  if (emoji !== undefined) return { kind: "emoji", text: emoji, start: caret - emoji.length - 1 };
  return null;
}

export function choices(query: Query, members: readonly Member[], me: number, everybody: string | null): Choice[] {
  if (query.kind === "emoji") {
    return findEmoji(query.text).map(({ name, char }) => ({ key: name, insert: `${char} `, label: char, hint: `:${name}:` }));
  }
  const wanted = searched(query.text);
  const rankOf = rankerFor(wanted);
  const matching = members
    .filter((member) => member.id !== me)
    .map((member) => ({ member, rank: rankOf(member) }))
    .filter(({ rank }) => rank > 0)
    .sort((a, b) => b.rank - a.rank || a.member.username.localeCompare(b.member.username));
  const people = matching.slice(0, 8).map(({ member }) => ({
    key: String(member.id),
    insert: `@${member.username} `,
    label: member.displayName || member.username,
    hint: `@${member.username}`,
    person: member.id,
  }));
  if (everybody === null || !"all".startsWith(wanted)) return people;
  return [...people, { key: "all", insert: "@all ", label: "@all", hint: everybody }];
}

/** A beginning of the username is best, then one of a word of the name, then anything within. */
function rankerFor(wanted: string): (member: Member) => number {
  const rank = formRanker(wanted);
  return ({ username, displayName }) => {
    const name = searched(username);
    return name.startsWith(wanted) ? 3 : rank(searched(displayName ?? ""), name);
  };
}

/** Would the choice only add the space behind it? */
export function isComplete(query: Query, choice: Choice): boolean {
  return query.kind === "person" && choice.insert.trim().toLowerCase() === `@${query.text}`.toLowerCase();
}

/** What is put where, so that the choice stands in place of what was typed. */
export function completed(text: string, caret: number, query: Query, choice: Choice): { from: number; to: number; insert: string } {
  // It brings a space of its own.
  return { from: query.start, to: text[caret] === " " ? caret + 1 : caret, insert: choice.insert };
}
