import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { describe, expect, it } from "vitest";
import { lookalikes } from "./likeness.ts";

/** What the server is held to as well. */
const PAIRS = JSON.parse(readFileSync(resolve(import.meta.dirname, "../../../../tests/names/alike.json"), "utf8")) as {
  alike: [string, string][];
  apart: [string, string][];
};

let ids = 0;
const person = (username: string, displayName: string | null = null) => ({ id: (ids += 1), username, displayName });
const areAlike = (one: string, other: string) => lookalikes([person("someone", one), person("other", other)]).size === 2;

describe("names that are taken for each other", () => {
  it.each(PAIRS.alike)("are %s and %s", (one, other) => expect(areAlike(one, other)).toBe(true));

  // The server lets both be, since nobody is taken for another by it alone; who reads fast may be.
  it.each([
    ["Anna Petrova", "anna  petrova"], ["Семён", "Семен"], ["Jose", "José"], ["B0b", "Bob"],
  ])("are %s and %s to the page, which says a username more rather than one less", (one, other) => {
    expect(areAlike(one, other)).toBe(true);
  });

  it.each(PAIRS.apart)("are not %s and %s", (one, other) => expect(areAlike(one, other)).toBe(false));

  it("are usernames too", () => {
    const [anna, other, third] = [person("anna", "Anna P."), person("boss", "anna"), person("carl")];
    expect(lookalikes([anna, other, third])).toEqual(new Set([anna.id, other.id]));
    expect(lookalikes([person("anna", "Anna"), person("carl", "Carl")])).toEqual(new Set());
  });

  it("are those that pretend to have a username in them", () => {
    const fake = person("carl", "Anna (@anna)");
    expect(lookalikes([fake])).toEqual(new Set([fake.id]));
  });
});
