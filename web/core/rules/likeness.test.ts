import { describe, expect, it } from "vitest";
import { lookalikes } from "./likeness.ts";

let ids = 0;
const person = (username: string, displayName: string | null = null) => ({ id: (ids += 1), username, displayName });
const areAlike = (one: string, other: string) => lookalikes([person("someone", one), person("other", other)]).size === 2;

describe("names that are taken for each other", () => {
  it.each([
    ["Anna Petrova", "Anna Petrova"],
    ["Anna Petrova", "anna  petrova"],
    ["Anna Petrova", "Аnnа Реtrоvа"],
    ["Сосо", "Coco"],
    ["НАТА", "HATA"],
    ["Семён", "Семен"],
    ["José", "José"],
    ["Jose", "José"],
    ["Ｂｏｂ", "Bob"],
    ["𝐁𝐨𝐛", "Bob"],
    ["lvan", "Ivan"],
    ["Mary", "Rnary"],
    ["B0b", "Bob"],
    ["O'Brien", "O’Brien"],
    ["Ρουλα", "Poυλa"],
    ["An\u{200b}na", "Anna"],
  ])("are %s and %s", (one, other) => expect(areAlike(one, other)).toBe(true));

  it.each([["Anna", "Hanna"], ["Иван", "Ivan"], ["Bob", "Rob"], ["王伟", "王芳"], ["प्रिया", "प्रीति"]])(
    "are not %s and %s",
    (one, other) => expect(areAlike(one, other)).toBe(false),
  );

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
