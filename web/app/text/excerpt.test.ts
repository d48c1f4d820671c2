import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { excerpt } from "./excerpt";

describe("an excerpt", () => {
  const said = (text: string, marks: [number, number][], most = 200) => excerpt(text, marks, most).map(({ s, isMarked }) => (isMarked ? `[${s}]` : s)).join("");

  it("marks what was looked for", () => {
    expect(said("the new release", [[4, 7], [8, 15]])).toBe("the [new] [release]");
    expect(said("plain", [])).toBe("plain");
  });

  it("shows the first mark of a long text, and where it was cut", () => {
    const text = `${"word ".repeat(100)}needle ${"more ".repeat(100)}`;
    const at = text.indexOf("needle");
    const shown = said(text, [[at, at + 6]], 120);
    expect(shown).toMatch(/^…word .*\[needle\] more .*…$/);
    expect(shown.length).toBeLessThan(140);
  });

  it("is never half a letter, and all of it comes from the text", () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom("a", " ", "😀", "ё"), maxLength: 300 }), fc.nat(300), fc.nat(30), (text, from, size) => {
        const to = Math.min(text.length, from + size);
        fc.pre([from, to].every((at) => !/[\udc00-\udfff]/.test(text[at] ?? "")));
        const pieces = excerpt(text, from < to ? [[from, to]] : [], 100);
        const whole = pieces.map(({ s }) => s).join("");
        expect(whole.isWellFormed()).toBe(true);
      }),
    );
  });
});
