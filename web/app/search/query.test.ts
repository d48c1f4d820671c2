import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { asked, filterAt, quoted, tokens, valueOf, withFilter, withoutFilter } from "./query";

const parts = (text: string) => tokens(text).map(({ filter, value, isNot }) => `${isNot ? "-" : ""}${filter ?? ""}|${value}`);

describe("a search", () => {
  it.each([
    ["release notes", ["|release", "|notes"]],
    ['from:anna "exact phrase" -draft', ["from|anna", "|exact phrase", "-|draft"]],
    ['in:"Big Release" before:2026-11-01', ["in|Big Release", "before|2026-11-01"]],
    ["FROM:Anna -from:bert", ["from|Anna", "-from|bert"]],
    ["„точная фраза“ и “x y”", ["|точная фраза", "|и", "|x y"]],
    ["«точная фраза» и слово", ["|точная фраза", "|и", "|слово"]],
    ["https://a.example:8080/x from", ["|https://a.example:8080/x", "|from"]],
    ['"open end', ["|open end"]],
    ["  ", []],
  ])("is made of its parts (%s)", (text, expected) => {
    expect(parts(text)).toEqual(expected);
  });

  it("covers any text by parts that stand apart and in order", () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom("a", " ", '"', "«", "»", ":", "-", "from:", "is:", "\n", "😀") }), (text) => {
        let at = 0;
        for (const token of tokens(text)) {
          expect(token.from).toBeGreaterThanOrEqual(at);
          expect(token.to).toBeGreaterThan(token.from);
          expect(text.slice(at, token.from).trim()).toBe("");
          at = token.to;
        }
        expect(text.slice(at).trim()).toBe("");
      }),
    );
  });
});

describe("what the server is asked", () => {
  it.each([
    ["release", "release"],
    ["from: release", "release"],
    ['"open end', '"open end"'],
    ["release before:2026-1-", "release"],
    ["release has:", "release"],
    ["has:link", "has:link"],
  ])("leaves out what is not done while one types (%s)", (text, expected) => {
    expect(asked(text, false)).toEqual({ is: "query", text: expected });
  });

  it.each(["", "  ", "from:", '"', "-", 'in:""'])("is nothing where nothing is wanted (%s)", (text) => {
    expect(asked(text, true)).toEqual({ is: "nothing" });
  });

  it("has days as the user's calendar has them", () => {
    const at = (...day: [number, number, number]) => new Date(...day).toISOString();
    const text = (query: string) => asked(query, true);
    expect(text("a before:2026-11-01")).toEqual({ is: "query", text: `a before:${at(2026, 10, 1)}` });
    expect(text("after:2026-12-31")).toEqual({ is: "query", text: `after:${at(2027, 0, 1)}` });
    expect(text("on:2026-2")).toEqual({ is: "query", text: `after:${at(2026, 1, 1)} before:${at(2026, 2, 1)}` });
    expect(text("after:2026")).toEqual({ is: "query", text: `after:${at(2027, 0, 1)}` });
    expect(text("before:2026-11-01T10:00:00+03:00")).toEqual({ is: "query", text: "before:2026-11-01T10:00:00+03:00" });
  });

  it("is not what cannot be, once it is all", () => {
    expect(asked("a before:2026-13-01", true)).toEqual({ is: "bad date", token: "before:2026-13-01" });
    expect(asked("a after:2026-02-30 b", false)).toEqual({ is: "bad date", token: "after:2026-02-30" });
    expect(asked("has:picture ", false)).toEqual({ is: "bad value", token: "has:picture", values: ["has:link", "has:file"] });
    expect(asked("mentions:Me is:PINNED", true)).toEqual({ is: "query", text: "mentions:Me is:PINNED" });
  });
});

describe("a filter", () => {
  it("is found by the caret in its value", () => {
    expect(filterAt("a from:an b", 9)).toMatchObject({ filter: "from", value: "an", from: 2, to: 9 });
    expect(filterAt("a from:", 7)).toMatchObject({ filter: "from", value: "" });
    expect(filterAt("a from:an b", 4)).toBeNull();
    expect(filterAt("a from:an b", 11)).toBeNull();
  });

  it("is put behind what is there, in place of another of its name, and taken away", () => {
    expect(withFilter("release", "from", "anna")).toBe("release from:anna ");
    expect(withFilter("from:bert release", "from", "anna")).toBe("release from:anna ");
    expect(withFilter("", "in", "Big Release")).toBe('in:"Big Release" ');
    expect(withFilter("a", "from", "")).toBe("a from:");
    expect(withoutFilter("is:pinned  release", "is", "pinned")).toBe("release");
    expect(withoutFilter("has:link has:file", "has", "link")).toBe("has:file");
    expect(valueOf('x in:"Big Release"', "in")).toBe("Big Release");
    expect(valueOf("x", "in")).toBeNull();
  });

  it("quotes what would not be one value otherwise", () => {
    expect(quoted("Release")).toBe("Release");
    expect(quoted('The "big" one')).toBe('"The big one"');
    fc.assert(fc.property(fc.string({ minLength: 1 }).filter((value) => /[^\s"“”«»]/.test(value)), (value) => {
      expect(tokens(`in:${quoted(value)}`)).toHaveLength(1);
    }));
  });
});
