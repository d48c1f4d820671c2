/** Names as people type them in a search: the server's rules (`domain::names::forms`), for what is here already. */
import { nameKey } from "./names.ts";

const APOSTROPHE = /['`´‘’‛′ʹʻʼʽʾʿˈ＇]/gu;
const DASH = /[\u2010-\u2015\u2212\ufe58\ufe63\uff0d]/gu;
const KATAKANA = /[ァ-ヶ]/gu;
/** Letters that people type without the stroke that Unicode does not take apart. */
const PLAIN: Record<string, string> = { ł: "l", ø: "o", đ: "d", ð: "d", ħ: "h", ŧ: "t", ı: "i", æ: "ae", œ: "oe", þ: "th", ґ: "г" };
const STROKES = new RegExp(`[${Object.keys(PLAIN).join("")}]`, "gu");

/** The form that is searched: no case, no accents, no apostrophes, one space between words. `Семён` and `СЕМЕН` are the same. */
export function searched(text: string): string {
  return nameKey(text)
    .normalize("NFKD")
    .replace(/\p{M}/gu, (mark) => (isAccent(mark) ? "" : mark))
    .replace(APOSTROPHE, "")
    .replace(STROKES, (letter) => PLAIN[letter] ?? letter)
    .replace(DASH, "-")
    .replace(KATAKANA, (letter) => String.fromCodePoint((letter.codePointAt(0) ?? 0) - 0x60))
    .replace(/\s+/gu, " ")
    .trim();
}

const accents = new Map<string, boolean>();

/** Is this mark put on a letter, rather than one itself or a sign that joins two? Those have classes, by which they are put in order. */
function isAccent(mark: string): boolean {
  let known = accents.get(mark);
  if (known === undefined) {
    const goesBehind = (other: string) => `a${mark}${other}`.normalize("NFD") === `a${other}${mark}`;
    const goesBefore = (other: string) => `a${other}${mark}`.normalize("NFD") === `a${mark}${other}`;
    // Class 9, between 8 and 10, joins letters; 1 is the lowest, and only few have it.
    const joins = goesBehind("\u3099") && goesBefore("\u05b0");
    known = !joins && (goesBehind("\u0334") || goesBefore("\u0301"));
    accents.set(mark, known);
  }
  return known;
}

/** Does a search find this? Each of its words begins one of the names' (2); or is somewhere in them, or all of it is if gaps do not count (1). */
export function rankOf(wanted: string, ...names: string[]): Rank {
  return ranker(wanted)(...names);
}

export type Rank = 0 | 1 | 2;

/** `rankOf` one search for many names. */
export function ranker(wanted: string): (...names: string[]) => Rank {
  const rank = formRanker(searched(wanted));
  return (...names) => rank(...names.map(searched));
}

/** The same where all are in the form that is searched already. */
export function formRanker(wanted: string): (...names: string[]) => Rank {
  const words = wanted.split(/[ -]+/).filter((word) => word !== "");
  if (words.length === 0) return () => (wanted === "" ? 2 : 0);
  const whole = words.join("");
  return (...names) => {
    const keys = names.map((name) => ` ${name}`);
    const there = keys.join("");
    if (words.every((word) => begins(there, word))) return 2;
    const isThere = words.every((word) => there.includes(word));
    return isThere || keys.some((key) => key.replace(/[ -]/g, "").includes(whole)) ? 1 : 0;
  };
}

function begins(there: string, word: string): boolean {
  return [" ", "-", ".", "_"].some((gap) => there.includes(gap + word));
}

const LATIN = "`qwertyuiop[]asdfghjkl;'zxcvbnm,.~{}:\"<>";
const RUSSIAN = "ёйцукенгшщзхъфывапролджэячсмитьбюёхъжэбю";
const KEYS = new Map<string, string>([...LATIN].flatMap((latin, at): [string, string][] => [[latin, RUSSIAN[at] ?? ""]]));
const KEYS_BACK = new Map<string, string>([...LATIN].slice(0, 33).map((latin, at) => [RUSSIAN[at] ?? "", latin]));

/** What the same keys write on the other one of an English and a Russian keyboard; null if there is no other reading. */
export function onOtherKeyboard(text: string): string | null {
  const lower = text.toLowerCase();
  const keys = /[а-яё]/.test(lower) ? KEYS_BACK : KEYS;
  const other = [...lower].map((letter) => keys.get(letter) ?? letter).join("");
  return other === lower ? null : other;
}
