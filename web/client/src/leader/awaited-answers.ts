/** Which messages wait for an answer, and how often they were left without one. */
import type { Environment } from "../environment.ts";
import { hasPassed } from "../rules/clock-changes.ts";

/** A send without an answer by then makes one ask whether the connection lives. */
const DOUBT_AFTER = 5_000;
/** Without an answer so long after that it is given up, though it lives. */
const ANSWER_WITHIN = 15_000;
/** A message that the server leaves without an answer so often, over so long, though it answers otherwise, is its author's to try again. */
const SILENCES = 3;
const SILENT_FOR = 30_000;

export interface AwaitedAnswers {
  /** It was sent. */
  expect(key: string): void;
  /** It is not waited for any more. */
  stop(key: string): void;
  stopAll(): void;
  /** Nothing is known of it any more. */
  forget(key: string): void;
  /** It has no answer again. Is that the end of it, as far as it goes by itself? */
  leftUnanswered(key: string): boolean;
}

export interface AwaitedCallbacks {
  /** An answer takes long. */
  doubtful(): void;
  /** There was none in time. */
  overdue(key: string): void;
}

export function createAwaitedAnswers(environment: Pick<Environment, "now" | "after">, callbacks: AwaitedCallbacks): AwaitedAnswers {
  /** What ends the waiting, by key. */
  const awaited = new Map<string, () => void>();
  /** How often a message was left without an answer, and since when. */
  const silences = new Map<string, { count: number; since: number }>();

  function stop(key: string) {
    awaited.get(key)?.();
    awaited.delete(key);
  }

  return {
    expect(key) {
      const doubt = () => {
        awaited.set(key, environment.after(ANSWER_WITHIN, () => callbacks.overdue(key)));
        callbacks.doubtful();
      };
      awaited.set(key, environment.after(DOUBT_AFTER, doubt));
    },
    stop,
    stopAll() {
      for (const key of [...awaited.keys()]) stop(key);
    },
    forget(key) {
      stop(key);
      silences.delete(key);
    },
    leftUnanswered(key) {
      const now = environment.now();
      const { count, since } = silences.get(key) ?? { count: 0, since: now };
      silences.set(key, { count: count + 1, since });
      return count + 1 >= SILENCES && hasPassed(since, now, SILENT_FOR);
    },
  };
}
