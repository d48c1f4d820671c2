import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { mentionsIn } from "./mentions.ts";
import { isNameChar, nameKey } from "./names.ts";

interface Example {
  text: string;
  names?: string[];
  all?: boolean;
}

const list = JSON.parse(readFileSync(new URL("../../../../tests/mentions.json", import.meta.url), "utf8")) as {
  members: string[];
  examples: Example[];
};
const members = new Set(list.members.map(nameKey));

test.each(list.examples)("$text", ({ text, names = [], all = false }) => {
  const calls = mentionsIn(text, (name) => members.has(name));
  const called = new Set(calls.flatMap((call) => (call.name === null ? [] : [call.name])));
  expect([[...called], calls.some((call) => call.name === null)]).toEqual([names.map(nameKey), all]);
  for (const { from, to } of calls) {
    expect(text[from]).toBe("@");
    expect(isNameChar(text.slice(0, to).slice(-1)) || to - from > 1).toBe(true);
  }
});

test("offsets are in UTF-16 units, and without members the bare name is told", () => {
  expect(mentionsIn("👍 @Anna.")).toEqual([{ from: 3, to: 8, name: "anna" }]);
  expect(mentionsIn("👍 @Anna.", (name) => name === "anna.")).toEqual([{ from: 3, to: 9, name: "anna." }]);
  expect(mentionsIn("@ALL: soup")).toEqual([{ from: 0, to: 4, name: null }]);
  expect(mentionsIn("@nobody", () => false)).toEqual([]);
});

test("names are compared in one form", () => {
  expect(nameKey("ZOE\u0308")).toBe(nameKey("zoë"));
  expect(nameKey("Straße")).toBe("strasse");
  expect(nameKey("ΟΔΥΣΣΕΥΣ")).toBe(nameKey("οδυσσευς"));
  expect([..."aя_क्"].every(isNameChar)).toBe(true);
  expect([...":\u200b\u3164\ufe0f 😀"].some(isNameChar)).toBe(false);
});
