/** Clocks are set: by hand, by the network, by a machine that wakes up. What was reckoned under another one must not be waited for. */

/** Has so much time passed since then? It has if the clock is behind it now: how much is not known. */
export function hasPassed(since: number, now: number, milliseconds: number): boolean {
  return now < since || now - since >= milliseconds;
}

/** Is it before then, by a clock that nobody has set meanwhile? No wait is longer than `longest`. */
export function isBefore(now: number, then: number, longest: number): boolean {
  return now < then && then - now <= longest;
}
