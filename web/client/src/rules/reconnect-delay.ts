/** When to come back after a connection has ended. */

const BASE = 500;
const LONGEST = 30_000;

/** Full jitter: anything up to a bound that doubles, so that a thousand clients do not come at once. */
export function backoff(attempt: number, random: number): number {
  const bound = Math.min(LONGEST, BASE * 2 ** Math.min(attempt, 16));
  return Math.round(bound * random);
}

export type ConnectionEnding = "come-back" | "signed-out" | "stay-away";

/** What a close code asks for. */
export function ending(code: number): ConnectionEnding {
  if (code === 4501 || code === 4505) return "signed-out";
  return code >= 4500 && code <= 4999 ? "stay-away" : "come-back";
}
