import { LONGEST_TIMER } from "../rules/server-waits.ts";

/** Lets time pass, and what waits for it come to an end at each step. */
export async function pass(clock: Clock, milliseconds: number): Promise<void> {
  for (let left = milliseconds; left > 0; left -= 50) {
    clock.advance(Math.min(50, left));
    for (let step = 0; step < 20; step += 1) await Promise.resolve();
  }
}

/** A clock that tests move. It takes no time that a browser's would take for another. */
export class Clock {
  now = 1_700_000_000_000;
  private timers = new Map<number, { at: number; run: () => void }>();
  private count = 0;

  after = (milliseconds: number, run: () => void): (() => void) => {
    if (!(milliseconds >= 0 && milliseconds <= LONGEST_TIMER)) throw new RangeError(`no timer takes ${milliseconds} ms`);
    const id = (this.count += 1);
    this.timers.set(id, { at: this.now + milliseconds, run });
    return () => void this.timers.delete(id);
  };

  /** Runs what falls due, in order. */
  advance(milliseconds: number) {
    const end = this.now + milliseconds;
    for (;;) {
      const due = [...this.timers].filter(([, timer]) => timer.at <= end);
      due.sort(([a, one], [b, other]) => one.at - other.at || a - b);
      const [first] = due;
      if (!first) break;
      this.timers.delete(first[0]);
      this.now = Math.max(this.now, first[1].at);
      first[1].run();
    }
    this.now = end;
  }

  /** Somebody sets it; what is waited for comes when it would have come. */
  set(milliseconds: number) {
    this.now += milliseconds;
    for (const timer of this.timers.values()) timer.at += milliseconds;
  }

  /** When the next one falls due. */
  next(): number | null {
    const all = Array.from(this.timers.values(), (timer) => timer.at);
    return all.length === 0 ? null : Math.min(...all) - this.now;
  }
}
