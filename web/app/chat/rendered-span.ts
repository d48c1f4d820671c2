/**
 * Which of the loaded messages are on the page: a span of them, so that the page stays small however
 * much was loaded. Bounds are message numbers; `to` null means up to the newest and what follows it.
 */
import type { Message } from "@vestnik/client";

export interface Span {
  from: number;
  to: number | null;
}

/** So many at first, and so many more at an edge. */
export const FIRST = 80;
export const STEP = 50;
/** Rows of days and dividers come on top; together they stay below 300. */
export const MOST = 220;

type Numbered = readonly Pick<Message, "n">[];

/** The newest ones. */
export function latest(messages: Numbered): Span {
  return { from: messages[Math.max(0, messages.length - FIRST)]?.n ?? 0, to: null };
}

/** Those around a message. */
export function around(messages: Numbered, n: number): Span {
  const at = place(messages, n);
  const from = messages[Math.max(0, at - FIRST / 2)]?.n ?? 0;
  const end = at + FIRST / 2;
  return { from, to: end >= messages.length - 1 ? null : (messages[end]?.n ?? null) };
}

/** More at the top; what is too much goes at the bottom. The same span if there is no more. */
export function extendedUp(messages: Numbered, span: Span): Span {
  const start = place(messages, span.from);
  const from = Math.max(0, start - STEP);
  if (from === start) return span;
  const end = endOf(messages, span);
  const last = Math.min(end, from + MOST);
  return { from: messages[from]?.n ?? 0, to: last === messages.length ? null : (messages[last - 1]?.n ?? null) };
}

/** More at the bottom; what is too much goes at the top. */
export function extendedDown(messages: Numbered, span: Span): Span {
  if (span.to === null) return span;
  const end = Math.min(messages.length, endOf(messages, span) + STEP);
  const start = Math.max(place(messages, span.from), end - MOST);
  return { from: messages[start]?.n ?? 0, to: end === messages.length ? null : (messages[end - 1]?.n ?? null) };
}

/** Follows what has arrived: with the reader at the bottom the top is cut, else the bottom waits. */
export function grown(messages: Numbered, span: Span, atBottom: boolean): Span {
  if (span.to !== null || messages.length === 0) return span;
  const start = place(messages, span.from);
  if (messages.length - start <= MOST) return span;
  if (atBottom) return { from: messages[messages.length - FIRST]?.n ?? 0, to: null };
  return { from: span.from, to: messages[start + MOST - 1]?.n ?? null };
}

export function within<T extends Pick<Message, "n">>(messages: readonly T[], span: Span): readonly T[] {
  return messages.slice(place(messages, span.from), endOf(messages, span));
}

function endOf(messages: Numbered, span: Span): number {
  return span.to === null ? messages.length : place(messages, span.to + 1);
}

/** The place of the first message whose number is at least `n`. */
function place(messages: Numbered, n: number): number {
  let low = 0;
  let high = messages.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((messages[middle]?.n ?? 0) < n) low = middle + 1;
    else high = middle;
  }
  return low;
}
