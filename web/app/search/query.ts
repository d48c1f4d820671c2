/** The language of searches as far as the page helps with it; docs/protocol.md describes all of it. Rules on texts. */

export const FILTERS = ["from", "in", "before", "after", "on", "has", "is", "mentions"] as const;
export type Filter = (typeof FILTERS)[number];

/** What a filter may say, where that is one of a few. */
export const VALUES: Partial<Record<Filter, readonly string[]>> = { has: ["link", "file"], is: ["pinned"], mentions: ["me"] };
/** Other words for them. */
const SYNONYMS: Record<string, string> = { links: "link", files: "file", "@me": "me" };

/** A part of a search, from and to where it stands. */
export interface Token {
  from: number;
  to: number;
  /** Of `before:2026-11-01`; a word or a phrase has none. */
  filter: Filter | null;
  /** Without its quotes, and behind the colon. */
  value: string;
  isNot: boolean;
  /** Its quote is not closed. */
  isOpen: boolean;
}

const PART = /(-?)(?:(from|in|before|after|on|has|is|mentions):)?(?:["“„«]([^"”“»]*)(["”“»])?|(\S*))/giy;

export function tokens(text: string): Token[] {
  const found: Token[] = [];
  const part = new RegExp(PART);
  for (let at = 0; at < text.length; ) {
    if (/\s/.test(text[at] ?? "")) {
      at += 1;
      continue;
    }
    part.lastIndex = at;
    const [whole = "", not, name, phrase, end, word = ""] = part.exec(text) ?? [];
    const to = at + Math.max(1, whole.length);
    const filter = FILTERS.find((one) => one === name?.toLowerCase()) ?? null;
    found.push({ from: at, to, filter, value: phrase ?? word, isNot: not === "-", isOpen: phrase !== undefined && end === undefined });
    at = to;
  }
  return found;
}

export type Asked =
  | { is: "nothing" }
  | { is: "query"; text: string }
  /** A date that is none. */
  | { is: "bad date"; token: string }
  /** There are only these. */
  | { is: "bad value"; token: string; values: readonly string[] };

/**
 * What the server is to be asked. While one types, a filter at the end is not done yet, and a quote that is open will be
 * closed; `isDone` once one has said that it is all.
 */
export function asked(text: string, isDone: boolean): Asked {
  const kept: string[] = [];
  const all = tokens(text);
  for (const [place, token] of all.entries()) {
    const raw = text.slice(token.from, token.to);
    const isBeingTyped = !isDone && place === all.length - 1 && token.to === text.length;
    if (token.filter !== null && token.value === "") continue;
    const problem = problemOf(token, raw);
    if (problem !== null && isBeingTyped) continue;
    if (problem !== null) return problem;
    if (token.filter === null && /^-?["“”„«»]*$/.test(raw)) continue;
    kept.push(inOwnTime(token) ?? (token.isOpen ? `${raw}"` : raw));
  }
  return kept.length === 0 ? { is: "nothing" } : { is: "query", text: kept.join(" ") };
}

function problemOf({ filter, value }: Token, raw: string): Asked | null {
  if (isOfTime(filter) && !isTime(value)) return { is: "bad date", token: raw };
  const values = filter === null ? undefined : VALUES[filter];
  return values === undefined || values.includes(SYNONYMS[value.toLowerCase()] ?? value.toLowerCase()) ? null : { is: "bad value", token: raw, values: values.map((one) => `${filter}:${one}`) };
}

const isOfTime = (filter: Filter | null) => filter === "before" || filter === "after" || filter === "on";

/** A year, a month or a day. */
const CALENDAR = /^(\d{4})(?:-(\d{1,2})(?:-(\d{1,2}))?)?$/;
const INSTANT = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(:\d{2}(\.\d+)?)?(Z|[+-]\d{2}:\d{2})$/i;

function isTime(value: string): boolean {
  const [, year, month = "1", day = "1"] = CALENDAR.exec(value) ?? [];
  if (year === undefined) return INSTANT.test(value) && !Number.isNaN(Date.parse(value));
  const at = new Date(Date.UTC(Number(year), Number(month) - 1, Number(day)));
  return Number(year) > 99 && at.getUTCMonth() === Number(month) - 1 && at.getUTCDate() === Number(day);
}

/** A day of the user's calendar, for a server that has one of its own; null for what is none. */
function inOwnTime({ filter, value, isNot }: Token): string | null {
  const [, year, month, day] = CALENDAR.exec(value) ?? [];
  if (!isOfTime(filter) || isNot || year === undefined) return null;
  const at = (years: number, months: number, days: number) =>
    new Date(Number(year) + years, Number(month ?? 1) - 1 + months, Number(day ?? 1) + days).toISOString();
  const begin = at(0, 0, 0);
  const end = month === undefined ? at(1, 0, 0) : day === undefined ? at(0, 1, 0) : at(0, 0, 1);
  if (filter === "before") return `before:${begin}`;
  return filter === "after" ? `after:${end}` : `after:${begin} before:${end}`;
}

/** The filter whose value the caret is in or behind. */
export function filterAt(text: string, caret: number): Token | null {
  return tokens(text).find(({ filter, from, to }) => filter !== null && from + filter.length + 1 <= caret && caret <= to) ?? null;
}

/** A value as it stands behind a colon. */
export const quoted = (value: string) => (/^[^\s"“”„«»]+$/.test(value) ? value : `"${value.replace(/["“”„«»]/g, " ").replace(/\s+/g, " ").trim()}"`);

/** The text with a filter of this name and value; any other of this name gives way. */
export function withFilter(text: string, filter: Filter, value: string): string {
  const rest = withoutFilter(text, filter);
  return `${rest}${rest === "" ? "" : " "}${filter}:${value === "" ? "" : `${quoted(value)} `}`;
}

export function withoutFilter(text: string, filter: Filter, value?: string): string {
  const isIt = (token: Token) => token.filter === filter && !token.isNot && (value === undefined || token.value.toLowerCase() === value);
  const kept = tokens(text).filter((token) => !isIt(token));
  return kept.map(({ from, to }) => text.slice(from, to)).join(" ");
}

/** What a filter says here; null if it is not there. */
export function valueOf(text: string, filter: Filter): string | null {
  return tokens(text).find((token) => token.filter === filter && !token.isNot)?.value ?? null;
}
