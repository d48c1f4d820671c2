/** Notices that nothing is heard any more: a network that goes away without a word is noticed by nobody else. */
import type { Environment } from "../environment.ts";
import { hasPassed } from "../rules/clock-changes.ts";

/** After so much silence, or up to twice as much, one asks by oneself. */
const SILENCE = 25_000;
/** What was heard so lately needs no question. */
const FRESH = 500;

export interface Silence {
  heard(): void;
  /** Was nothing heard in the last moment? */
  isThere(): boolean;
  watch(): void;
  stop(): void;
}

/** Calls `ask` when it has been silent for long, again and again. */
export function createSilence(environment: Pick<Environment, "now" | "after">, ask: () => void): Silence {
  let heardAt = 0;
  /** Nothing was heard since the watch came by. */
  let isSilent = false;
  let cancel = () => {};

  function watch() {
    cancel();
    isSilent = true;
    cancel = environment.after(SILENCE, () => {
      if (isSilent) ask();
      watch();
    });
  }

  return {
    heard() {
      heardAt = environment.now();
      isSilent = false;
    },
    isThere: () => hasPassed(heardAt, environment.now(), FRESH),
    watch,
    stop: () => cancel(),
  };
}
