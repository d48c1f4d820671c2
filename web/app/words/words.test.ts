import { describe, expect, it } from "vitest";
import { catalogs, type Entry } from "./index";

const categories = { en: new Intl.PluralRules("en"), ru: new Intl.PluralRules("ru") };

function parameters(entry: Entry): string[] {
  const texts = typeof entry === "string" ? [entry] : Object.values(entry);
  return [...new Set(texts.flatMap((text) => text.match(/\{\w+\}/g) ?? []))].sort();
}

describe("the catalogs", () => {
  it("have the same keys", () => {
    expect(Object.keys(catalogs.ru).sort()).toEqual(Object.keys(catalogs.en).sort());
  });

  for (const lang of ["en", "ru"] as const) {
    it(`have every plural form in ${lang}`, () => {
      const wanted = [...categories[lang].resolvedOptions().pluralCategories].sort();
      for (const [key, entry] of Object.entries(catalogs[lang])) {
        if (typeof entry !== "string") expect([key, ...Object.keys(entry).sort()]).toEqual([key, ...wanted]);
      }
    });
  }

  it("take the same parameters", () => {
    for (const key of Object.keys(catalogs.en) as (keyof typeof catalogs.en)[]) {
      expect([key, ...parameters(catalogs.ru[key])]).toEqual([key, ...parameters(catalogs.en[key])]);
    }
  });

  it("leave nothing empty", () => {
    for (const catalog of Object.values(catalogs)) {
      for (const entry of Object.values(catalog)) {
        for (const text of typeof entry === "string" ? [entry] : Object.values(entry)) expect(text.trim()).not.toBe("");
      }
    }
  });
});
