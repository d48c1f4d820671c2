import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { displayed, MOMENT, NOTHING, watched, type Measured, type Sight } from "./displayed";

const row = (n: number, top: number, bottom = top + 40, isCovered = false): Measured => ({ n, top, bottom, isCovered });
const seen = (over: Partial<Sight> = {}): Sight => ({
  isConnected: true, isVisible: true, hasFocus: true, isBehindDialog: false, hasLanded: true, top: 100, bottom: 500,
  rows: [row(1, 100), row(2, 140), row(3, 470), row(4, 510)], ...over,
});

describe("what is displayed", () => {
  it("are the messages whose ends are in view", () => {
    expect(displayed(seen())).toEqual([1, 2]);
    expect(displayed(seen({ rows: [row(7, -2_000, 450), row(8, 460, 4_000)] }))).toEqual([7]);
  });

  it("is nothing in a box that is out of the page, hidden, without focus, behind something, or on its way", () => {
    const ways: Partial<Sight>[] = [
      { isConnected: false }, { isVisible: false }, { hasFocus: false }, { isBehindDialog: true }, { hasLanded: false },
      { top: 0, bottom: 0 }, { top: 300, bottom: 300 },
      { rows: [row(9, 0, 0)] }, { rows: [row(9, 0)] }, { rows: [row(9, 120, 160, true)] },
    ];
    for (const way of ways) expect(displayed(seen(way)), JSON.stringify(way)).toEqual([]);
  });
});

describe("what has been read", () => {
  const bits = () => fc.integer({ min: 0, max: 9 }).map((n) => n > 0);
  const sights = fc.record({
    isConnected: bits(), isVisible: bits(), hasFocus: bits(), hasLanded: bits(),
    isBehindDialog: bits().map((is) => !is),
    top: fc.constantFrom(0, 100), bottom: fc.constantFrom(0, 150, 500),
    rows: fc.uniqueArray(fc.record({
      n: fc.integer({ min: 1, max: 8 }), top: fc.integer({ min: -50, max: 550 }), height: fc.integer({ min: 0, max: 300 }), isCovered: bits().map((is) => !is),
    }), { selector: ({ n }) => n, maxLength: 5 }).map((rows) => rows.map(({ n, top, height, isCovered }) => row(n, top, top + height, isCovered))),
  });
  const looks = fc.array(fc.record({ after: fc.integer({ min: 0, max: 300 }), sight: sights }), { maxLength: 30 });

  it("was displayed at every look of a whole moment, and is the last of those", () => {
    fc.assert(fc.property(looks, (looks) => {
      const history: { at: number; shown: number[] }[] = [];
      let [now, since, readN] = [1_000, NOTHING, 0];
      for (const { after, sight } of looks) {
        now += after;
        history.push({ at: now, shown: displayed(sight) });
        const next = watched(since, sight, now, readN);
        since = next.since;
        // As naively as can be: back from now, as long as it was displayed.
        const hasStayed = (n: number) => {
          let from = Infinity;
          for (const look of [...history].reverse()) {
            if (!look.shown.includes(n)) break;
            from = look.at;
          }
          return now - from >= MOMENT;
        };
        const all = [1, 2, 3, 4, 5, 6, 7, 8].filter((n) => n > readN && hasStayed(n));
        expect(next.read).toBe(all.at(-1) ?? null);
        readN = next.read ?? readN;
      }
    }), { numRuns: 500 });
  });

  it("is nothing for a clock that was set back", () => {
    const first = watched(NOTHING, seen(), 5_000, 0);
    const back = watched(first.since, seen(), 1_000, 0);
    expect(back.read).toBeNull();
    expect(watched(back.since, seen(), 1_000 + MOMENT, 0).read).toBe(2);
  });
});
