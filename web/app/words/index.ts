/** The words of the interface, in the language that is set; a component that reads them follows it. */
import { signal } from "@preact/signals";
import { language, type Language } from "../state/settings";
import type { en } from "./en";
import type { Wording } from "./wording";

export type Key = keyof typeof en;
export type Params = Readonly<Record<string, string | number>>;
type Catalog = Readonly<Record<Key, Wording>>;

/** Those that are loaded: the one of the language that is set, and perhaps that of another. */
const catalogs = signal<Partial<Record<Language, Catalog>>>({});

const LOAD: Record<Language, () => Promise<Catalog>> = {
  en: async () => (await import("./en")).en,
  ru: async () => (await import("./ru")).ru,
};

/** Rejects if they cannot be had now. */
export async function loadWords(lang: Language): Promise<void> {
  if (catalogs.peek()[lang] !== undefined) return;
  const catalog = await LOAD[lang]();
  catalogs.value = { ...catalogs.peek(), [lang]: catalog };
}

/** The language that is set, or until its words are there another. */
function spoken(): Language {
  const wanted = language.value;
  if (catalogs.value[wanted] !== undefined) return wanted;
  return catalogs.value.en === undefined ? "ru" : "en";
}

const plurals: Record<Language, Intl.PluralRules> = {
  en: new Intl.PluralRules("en"),
  ru: new Intl.PluralRules("ru"),
};

/** The text of `key`; its plural form is chosen by the parameter `n`. */
export function t(key: Key, params: Params = {}): string {
  const lang = spoken();
  const entry = catalogs.value[lang]?.[key] ?? "";
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
  return Object.hasOwn(catalogs.value[spoken()] ?? {}, key);
}
