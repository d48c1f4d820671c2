import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { describe, expect, it } from "vitest";
import { onOtherKeyboard, rankOf, searched } from "./search.ts";

const CASES = JSON.parse(readFileSync(resolve(import.meta.dirname, "../../../../tests/names/search.json"), "utf8")) as [string, string, boolean][];

describe("a search", () => {
  it.each(CASES)("finds as the server does: %s by %s, %s", (name, text, isFound) => {
    expect(rankOf(text, name) > 0).toBe(isFound);
  });

  it.each([
    ["федоров семен", 2], ["Сем Фёд", 2], ["фёдоровс", 0], ["доров", 1], ["", 2], ["  ", 2], ["semen", 2], ["семенф", 1], ["f semen", 2], ["доров мен", 1], ["'", 2], ["-", 0],
  ] as const)("of %j has the rank %i", (wanted, rank) => {
    expect(rankOf(wanted, "Семён Фёдоров", "semen.f")).toBe(rank);
  });

  it("finds a part of a double name by its beginning first", () => {
    expect([rankOf("luc", "Jean-Luc Picard"), rankOf("ean", "Jean-Luc Picard"), rankOf("card luc", "Jean-Luc Picard")]).toEqual([2, 1, 1]);
  });

  it("compares neither case nor accents nor apostrophes", () => {
    expect(["Семён", "O’Brien", "ÅSA", "Ｂｏｂ", "d'Arc", "  Anna\u00a0 Maria "].map(searched)).toEqual(["семен", "obrien", "asa", "bob", "darc", "anna maria"]);
  });

  it("typed on the wrong keyboard has another reading", () => {
    expect(["Cfif", "ghbdtn", "вшьф", "привет", "Фтт", "ёж", "42", ""].map(onOtherKeyboard)).toEqual(["саша", "привет", "dima", "ghbdtn", "ann", "`;", null, null]);
  });
});
