import { describe, expect, it } from "vitest";
import { around, extendedDown, extendedUp, grown, latest, MOST, within } from "./rendered-span";

const loaded = (count: number, first = 1) => Array.from({ length: count }, (_, at) => ({ n: first + at }));
const shown = (count: number, span: { from: number; to: number | null }) => {
  const ns = within(loaded(count), span).map(({ n }) => n);
  return [ns[0], ns.at(-1), ns.length];
};

describe("the span of messages on the page", () => {
  it("begins with the newest", () => {
    expect(shown(10, latest(loaded(10)))).toEqual([1, 10, 10]);
    expect(shown(500, latest(loaded(500)))).toEqual([421, 500, 80]);
    expect(within([], latest([]))).toEqual([]);
  });

  it("walks to the beginning and back, and is never large", () => {
    const messages = loaded(1000);
    let span = latest(messages);
    while (span.from > 1) {
      const next = extendedUp(messages, span);
      expect(next.from).toBeLessThan(span.from);
      span = next;
      expect(within(messages, span).length).toBeLessThanOrEqual(MOST);
    }
    expect(extendedUp(messages, span)).toBe(span);
    while (span.to !== null) {
      span = extendedDown(messages, span);
      expect(within(messages, span).length).toBeLessThanOrEqual(MOST);
    }
    expect(within(messages, span).at(-1)?.n).toBe(1000);
  });

  it("keeps what is in view when it is extended", () => {
    const messages = loaded(1000);
    const span = around(messages, 500);
    expect(shown(1000, span)).toEqual([460, 540, 81]);
    expect(shown(1000, extendedUp(messages, span))).toEqual([410, 540, 131]);
    expect(shown(1000, extendedDown(messages, span))).toEqual([460, 590, 131]);
  });

  it("follows the newest at the bottom, and waits for a reader who is not there", () => {
    const messages = loaded(400);
    expect(shown(400, grown(messages, { from: 1, to: null }, true))).toEqual([321, 400, 80]);
    expect(shown(400, grown(messages, { from: 1, to: null }, false))).toEqual([1, MOST, MOST]);
    expect(grown(messages, { from: 300, to: null }, false)).toEqual({ from: 300, to: null });
  });
});
