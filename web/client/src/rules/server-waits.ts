/**
 * How long to wait when the server says so. The number is a peer's, perhaps of something that answers in the server's
 * place: a wrong one must become neither a wait without an end nor a question after the other.
 */

const SHORTEST = 50;
/** No server asks for more patience of what goes on by itself. */
export const LONGEST_WAIT = 600_000;
/** What timers can be set to; a browser lets those that were set to more fall due at once. */
export const LONGEST_TIMER = 2 ** 31 - 1;

/** Milliseconds until something is tried again: what was asked for, or else `otherwise`, within bounds. */
export function waitOf(asked: number | null | undefined, otherwise: number): number {
  return Math.min(Math.max(Math.ceil(waitIn(asked) ?? otherwise), SHORTEST), LONGEST_WAIT);
}

/** The milliseconds that a body names, as any number of them can be shown to a person; null if it names none. */
export function waitIn(value: unknown): number | null {
  return typeof value === "number" && value >= 0 ? Math.min(Math.ceil(value), LONGEST_TIMER) : null;
}
