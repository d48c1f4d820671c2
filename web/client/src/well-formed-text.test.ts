import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { encoded, inAddress } from "./well-formed-text.ts";

const halves = fc.string({ unit: fc.integer({ min: 0, max: 0xffff }).map((code) => String.fromCharCode(code)) });

describe("what goes to the server", () => {
  it("is text that has a form in UTF-8, wherever in a value it stands", () => {
    fc.assert(
      fc.property(halves, (text) => {
        const json = encoded({ content: text, deep: [{ text }], n: 1 });
        const whole = text.toWellFormed();
        expect(JSON.parse(json)).toEqual({ content: whole, deep: [{ text: whole }], n: 1 });
        expect(/\\ud[89ab][0-9a-f]{2}(?!\\ud[c-f])/i.test(json)).toBe(false);
        expect(decodeURIComponent(inAddress(text))).toBe(whole);
      }),
    );
  });
});
