import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { describe, expect, it } from "vitest";
import type { Wording } from "./wording";
import { en } from "./en";
import { ru } from "./ru";

const SOURCES = import.meta.glob<string>(["../**/*.ts", "../**/*.tsx", "!./*"], { query: "?raw", import: "default", eager: true });
/** What only a program does wrong: people do not meet these. */
const OF_PROGRAMS = [
  "malformed", "unknown_type", "unsupported_encoding", "invalid_query", "invalid_chat_type", "invalid_client_msg_id", "upgrade_required",
  "not_found", "method_not_allowed", "key_reused", "checksum_mismatch", "invalid_range", "invalid_upload", "wrong_offset", "wrong_tus_version",
];

const catalogs: Record<"en" | "ru", Record<keyof typeof en, Wording>> = { en, ru };
const categories = { en: new Intl.PluralRules("en"), ru: new Intl.PluralRules("ru") };

function parameters(entry: Wording): string[] {
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

  it("say nothing that is not shown anywhere", () => {
    const code = Object.values(SOURCES).join("\n");
    const isUsed = (key: string) => /^(error|role)\./.test(key) || code.includes(`"${key}"`);
    expect(Object.keys(catalogs.en).filter((key) => !isUsed(key))).toEqual([]);
  });

  it("explain every refusal of the protocol", () => {
    const protocol = readFileSync(resolve(import.meta.dirname, "../../../docs/protocol.md"), "utf8");
    const table = protocol.split("\n## Errors\n")[1]?.split("\n## ")[0] ?? "";
    const codes = [...table.matchAll(/^\| `(\w+)` \|/gm)].map(([, code]) => code ?? "");
    expect(codes.length).toBeGreaterThan(50);
    const unexplained = codes.filter((code) => !(`error.${code}` in catalogs.en));
    expect(unexplained.sort()).toEqual([...OF_PROGRAMS].sort());
  });

  it("say of a muted chat that mentions still notify, and nowhere that nothing does", () => {
    for (const lang of ["en", "ru"] as const) {
      const told = [catalogs[lang]["panel.mute"], catalogs[lang]["list.muted"]].join(" ");
      expect(told).not.toMatch(/notif|уведомл/i);
      expect(catalogs[lang]["panel.muteHint"]).toMatch(/^(Only mentions notify|Уведомят только упоминания)/);
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
