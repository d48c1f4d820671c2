/**
 * Addresses as people write them into a sentence. Where one begins is searched here; how far it goes is linkify-it's to say,
 * and of that the punctuation of other languages and the brackets around it are taken off.
 */
import LinkifyIt from "linkify-it";

export interface Address {
  from: number;
  to: number;
  href: string;
}

const linkify = new LinkifyIt({ fuzzyLink: false, fuzzyEmail: false });

const BEGINS = /https?:\/\/|mailto:|www\.|@/giu;
/** So much is looked at first, so that a text full of beginnings is not read to its end for each. */
const WINDOW = 512;
const MAIL_NAME = /(?:[a-z0-9.!#$%&'*+/=?^_{|}~-]{1,64}|[\p{L}\p{M}\p{N}.!#$%&'*+/=?^_{|}~-]{1,64})$/iu;
/** Behind these an address may begin though they are letters: between them there are no spaces. */
export const UNSPACED = /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Thai}\p{Script=Lao}\p{Script=Khmer}\p{Script=Myanmar}]/u;
const WORD = /[\p{L}\p{M}\p{N}]/u;

export function addressesIn(text: string): Address[] {
  const found: Address[] = [];
  let taken = 0;
  for (const { 0: begin, index } of text.matchAll(BEGINS)) {
    if (index < taken) continue;
    const address = begin === "@" ? mailAt(text, index, taken) : isInWord(text, index) ? null : addressAt(text, index, begin);
    if (address === null) continue;
    found.push(address);
    taken = address.to;
  }
  return found;
}

function isInWord(text: string, at: number): boolean {
  const before = lastLetter(text.slice(Math.max(0, at - 2), at));
  return before === "@" || (WORD.test(before) && !UNSPACED.test(before));
}

function lastLetter(text: string): string {
  return [...text].at(-1) ?? "";
}

function addressAt(text: string, from: number, begin: string): Address | null {
  const isBare = begin.toLowerCase() === "www.";
  const isUnderlined = /(?:^|[\s(])_[^_]*$/u.test(text.slice(Math.max(0, from - 64), from));
  const written = withoutTail(matched(isBare ? "http://" : "", text, from, isUnderlined));
  if (isBare && !/^www\.[^./]+\./iu.test(written)) return null;
  const href = safeHref((isBare ? "http://" : "") + written);
  return href === null ? null : { from, to: from + written.length, href };
}

/** What linkify-it takes for an address here; the marks around it are not of it. */
function matched(scheme: string, text: string, from: number, isUnderlined = false): string {
  for (let size = WINDOW; ; size *= 4) {
    const part = text.slice(from, from + size);
    const word = /^\S*/.exec(part)?.[0] ?? "";
    const bare = word.replace(/(?:\*\*|~~).*/su, "").replace(isUnderlined ? /_+(?![\p{L}\p{N}]).*$/su : /$/, "");
    const found = linkify.matchAtStart(scheme + bare)?.raw.slice(scheme.length) ?? "";
    // Where it may go on behind the window, it is looked at in a wider one.
    if (found.length < size / 4 || bare.length < size || from + size >= text.length) return found;
  }
}

/** The name is what stands before the `@`, in letters of one kind. */
function mailAt(text: string, at: number, taken: number): Address | null {
  const name = (MAIL_NAME.exec(text.slice(Math.max(taken, at - 64), at))?.[0] ?? "").replace(/^[^\p{L}\p{N}]+/u, "");
  const from = at - name.length;
  // `ftp://user:word@host` is no mail.
  const isOther = /:\/\/\S*$/u.test(text.slice(Math.max(taken, from - 64), from));
  if (name === "" || name.endsWith(".") || isOther) return null;
  const rest = /^[^@/?#:\s]*/u.exec(text.slice(at + 1, at + 1 + WINDOW))?.[0] ?? "";
  const host = matched("http://", rest, 0);
  if (!/[^.]\.[^.]{2,}$/u.test(host)) return null;
  const known = safeHref(`http://${host}`);
  const href = known === null ? null : safeHref(`mailto:${encodeURI(name)}@${new URL(known).hostname}`);
  return href === null ? null : { from, to: at + 1 + host.length, href };
}

const PAIRS: Record<string, string> = {
  ")": "(", "]": "[", "}": "{", "）": "（", "】": "【", "》": "《", "」": "「", "』": "『", "〉": "〈", "»": "«", "”": "“", "’": "‘",
};
const OPENING = new Set(Object.values(PAIRS));
/** They end a sentence and are in no address. */
const STOPS = new Set("。，、；！？؟،؛।");

/** The bracket that an address stands in is not of it, nor what ends the sentence. */
function withoutTail(address: string): string {
  const open: string[] = [];
  let end = 0;
  for (const sign of address) {
    const opening = PAIRS[sign];
    if (STOPS.has(sign) || (opening !== undefined && open.pop() !== opening)) break;
    if (OPENING.has(sign)) open.push(sign);
    end += sign.length;
  }
  return address.slice(0, end).replace(/[.,;:!?'"*~…‚„“‘«—–]+$/u, "");
}

/** Only what opens a page or a letter; never a script. */
export function safeHref(address: string): string | null {
  let url: URL;
  try {
    url = new URL(address);
  } catch {
    return null;
  }
  return ["http:", "https:", "mailto:"].includes(url.protocol) ? url.href : null;
}
