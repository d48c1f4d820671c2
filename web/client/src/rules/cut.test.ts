import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { cut } from "./cut.ts";

const segments = (text: string) => Array.from(new Intl.Segmenter("en", { granularity: "grapheme" }).segment(text), ({ segment }) => segment);

describe("a text that is cut", () => {
  it("ends with a whole letter, whatever that is made of", () => {
    const family = "\u{1F469}\u200D\u{1F469}\u200D\u{1F467}\u200D\u{1F466}";
    expect(cut(`ab${family}cd`, 3)).toBe(`ab${family}`);
    expect(cut("\u{1F1EB}\u{1F1F7}\u{1F1E9}\u{1F1EA}", 1)).toBe("\u{1F1EB}\u{1F1F7}");
    expect(cut("и\u0306и\u0306", 1)).toBe("и\u0306");
    expect(cut("👍🏽👍", 1)).toBe("👍🏽");
    expect(cut("नमस्ते", 2)).toBe("नम");
  });

  it("has as many letters as are asked for, and loses none of a short one", () => {
    const text = fc.string({ unit: "grapheme", maxLength: 60 });
    fc.assert(fc.property(text, fc.integer({ min: 1, max: 40 }), (text, most) => {
      expect(cut(text, most)).toBe(segments(text).slice(0, most).join(""));
    }));
  });

  it("is found without looking through all of it", () => {
    expect(cut("a".repeat(1_000_000), 160)).toBe("a".repeat(160));
    expect(cut(`a${"\u0301".repeat(1_000_000)}`, 5).length).toBeLessThan(500);
  });
});
