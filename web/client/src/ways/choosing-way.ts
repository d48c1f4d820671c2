/** Which way to the server is tried first, and when a socket is tried again where none got through. */
import type { Way } from "../api.ts";
import type { Environment } from "../environment.ts";
import { hasPassed } from "../rules/clock-changes.ts";

const FIRST = 20_000;
const LONGEST = 600_000;
/** A socket that lasted so long was a good one. */
const GOOD = 10_000;
/** So many sockets in a row that were cut at once: something in between lets them begin, and not last. */
const CUT_OFTEN = 3;

export interface Trials {
  /** The way to begin with. */
  first(): Way;
  /** This way got through. */
  ready(way: Way): void;
  /** The way that got through is over, and perhaps was cut. */
  lost(way: Way, wasCut: boolean): void;
  /** A socket was tried while events were used, in vain. */
  failed(): void;
  stop(): void;
}

/** `trySocket` is called when it is time to. */
export function createTrials(environment: Environment, trySocket: () => void): Trials {
  let first: Way = "socket";
  let count = 0;
  let cuts = 0;
  let readyAt = 0;
  let cancel = () => {};

  function later() {
    cancel();
    const most = Math.min(LONGEST, FIRST * 2 ** Math.min(count, 16));
    // Not all at once, who lost their sockets at once.
    cancel = environment.after(most * (0.75 + environment.random() / 2), trySocket);
  }

  return {
    first: () => first,
    ready(way) {
      first = way;
      readyAt = environment.now();
      cancel();
      if (way === "events") later();
    },
    lost(way, wasCut) {
      cancel();
      if (way !== "socket") return;
      cuts = wasCut && !hasPassed(readyAt, environment.now(), GOOD + 1) ? cuts + 1 : 0;
      if (cuts === 0) count = 0;
      if (cuts < CUT_OFTEN) return;
      [first, cuts] = ["events", 0];
      count += 1;
    },
    failed() {
      count += 1;
      later();
    },
    stop: () => cancel(),
  };
}
