/** When a server that goes away will be back, as far as it has said so. */
import type { Environment } from "../environment.ts";
import { isBefore } from "../rules/clock-changes.ts";
import { LONGEST_WAIT } from "../rules/server-waits.ts";

/** The server may be back a moment later than it said. */
const GRACE = 250;
/** A server that is not back by then is no restarting one. */
const RESTART = 60_000;
const LONGEST = LONGEST_WAIT + GRACE + RESTART;

export interface Restart {
  /** The server goes away, and wants to be back so long after the end of this connection. */
  announced(afterMs: number): void;
  /** Has it said that this connection will end? */
  isAnnounced(): boolean;
  /** Is it a restart that keeps us away? */
  isUnderWay(): boolean;
  /** How long to wait after the connection on which it was said; once. */
  nextWait(): number | null;
  /** It is back. */
  over(): void;
}

export function createRestart(environment: Pick<Environment, "now">): Restart {
  let wait: number | null = null;
  let until = 0;
  return {
    announced(afterMs) {
      wait = Math.min(afterMs, LONGEST_WAIT) + GRACE;
      until = environment.now() + wait + RESTART;
    },
    isAnnounced: () => wait !== null,
    isUnderWay: () => isBefore(environment.now(), until, LONGEST),
    nextWait() {
      const next = wait;
      wait = null;
      return next;
    },
    over: () => void (until = 0),
  };
}
