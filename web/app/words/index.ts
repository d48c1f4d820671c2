/** The words of the interface, in the language that is set; a component that reads them follows it. */
import { language, type Language } from "../state/settings";
import { en } from "./en";
import type { Wording } from "./wording";
import { ru } from "./ru";

export type Key = keyof typeof en;
export type Params = Readonly<Record<string, string | number>>;

export const catalogs: Record<Language, Record<Key, Wording>> = { en, ru };

const plurals: Record<Language, Intl.PluralRules> = {
  en: new Intl.PluralRules("en"),
  ru: new Intl.PluralRules("ru"),
};

/** The text of `key`; its plural form is chosen by the parameter `n`. */
export function t(key: Key, params: Params = {}): string {
  const lang = language.value;
  const entry = catalogs[lang][key];
  return fill(typeof entry === "string" ? entry : form(entry, plurals[lang], params["n"]), params, lang);
}

function form(entry: Exclude<Wording, string>, rules: Intl.PluralRules, n: string | number | undefined): string {
  return entry[rules.select(Number(n ?? 0))] ?? entry.other ?? "";
}

function fill(text: string, params: Params, lang: Language): string {
  return text.replace(/\{(\w+)\}/g, (whole, name: string) => {
    const value = params[name];
    return typeof value === "number" ? value.toLocaleString(lang) : (value ?? whole);
  });
}

/** What to say of a failure: by its code, or else in the server's words. */
export function errorText(failure: { code: string; error: string; retryAfter?: number }): string {
  const key = `error.${failure.code}`;
  const keyOfWait = `${key}_until`;
  // A second or less is “a moment”.
  if (isKey(keyOfWait) && (failure.retryAfter ?? 0) > 1_000) return t(keyOfWait, { when: inTime(failure.retryAfter ?? 0) });
  return isKey(key) ? t(key) : t("error.unknown", { error: failure.error });
}

/** “in 5 seconds” */
function inTime(milliseconds: number): string {
  const format = new Intl.RelativeTimeFormat(language.value);
  const seconds = Math.ceil(milliseconds / 1_000);
  return seconds < 100 ? format.format(seconds, "second") : format.format(Math.ceil(seconds / 60), "minute");
}

function isKey(key: string): key is Key {
  return Object.hasOwn(en, key);
}
