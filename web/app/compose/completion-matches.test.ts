import { describe, expect, it } from "vitest";
import type { Member } from "@vestnik/client";
import { choices, completed, queryAt } from "./completion-matches";

const member = (id: number, username: string, displayName: string | null = null): Member => ({ id, username, displayName, role: "member" });
const team = [member(1, "anna", "Anna Petrova"), member(2, "ivan", "Ivan Annenkov"), member(3, "joanna"), member(4, "мария")];

describe("completion", () => {
  it("sees names and emoji behind their sign only", () => {
    expect(queryAt("hi @an", 6)).toEqual({ kind: "person", text: "an", start: 3 });
    expect(queryAt("@", 1)).toEqual({ kind: "person", text: "", start: 0 });
    expect(queryAt("(@мар", 5)).toEqual({ kind: "person", text: "мар", start: 1 });
    expect(queryAt("so :tad", 7)).toEqual({ kind: "emoji", text: "tad", start: 3 });
    for (const none of ["a@b", "at 12:30", ":", ":D", "http://x", "@anna ", ""]) expect(queryAt(none, none.length)).toBeNull();
  });

  it("puts beginnings first, and oneself nowhere", () => {
    const names = (text: string) => choices({ kind: "person", text, start: 0 }, team, 3, "all of you").map(({ insert }) => insert);
    expect(names("an")).toEqual(["@anna ", "@ivan "]);
    expect(names("")).toEqual(["@anna ", "@ivan ", "@мария ", "@all "]);
    expect(names("МАР")).toEqual(["@мария "]);
  });

  it("finds names with marks, with and without them", () => {
    const marked = [member(1, "прия", "Семён Фёдоров"), member(2, "प्रिया"), member(3, "jose", "José")];
    const names = (text: string) => choices({ kind: "person", text, start: 0 }, marked, 9, null).map(({ insert }) => insert.trim());
    expect(queryAt("@प्रिया", 7)).toEqual({ kind: "person", text: "प्रिया", start: 0 });
    expect([names("प्रि"), names("семен"), names("федо"), names("josé")]).toEqual([["@प्रिया"], ["@прия"], ["@прия"], ["@jose"]]);
  });

  it("puts the choice in place of what was typed", () => {
    const query = queryAt("hi @an there", 6);
    const choice = choices(query!, team, 9, null)[0]!;
    expect(completed("hi @an there", 6, query!, choice)).toEqual({ from: 3, to: 7, insert: "@anna " });
    expect(completed("hi @an", 6, query!, choice)).toEqual({ from: 3, to: 6, insert: "@anna " });
  });
});
