/** Where a text calls somebody: the server's definition (docs/protocol.md, "Mentions"), and its scanner
 * (`src/domain/mentions`) step by step. `tests/mentions.json` holds both to one list. */
import { Code, lineAt } from "./code.ts";
import { isNameChar, nameKey } from "./names.ts";

/** A call in a text, the `@` included; offsets are in UTF-16 units. */
export interface Call {
  from: number;
  to: number;
  /** The name in the form that is compared (`nameKey`); null for `@all`. */
  name: string | null;
}

const ALL = "all";
/** Readings of names that the server looks up in one text. */
const MAX_READINGS = 64;
/** Signs at the end of a name of which each is tried as the end of a sentence too. */
const MAX_TAIL = 3;
/** A name as it may be typed, in code points; and one that ends in many signs. */
const TYPED_CHARS = 128;
const NAME_CHARS = 32;
const NESTED_BRACKETS = 32;
const ADDRESSES = ["www.", "mailto:", "xmpp:"];

/** Everything that a text calls. With `isSomebody` only those are told who are somebody, by the longest
 * reading that is: of `@anna.` that is `anna.` or else `anna`. Without it, the shortest is told. */
export function mentionsIn(text: string, isSomebody?: (name: string) => boolean): Call[] {
  const calls: Call[] = [];
  const known = new Map<string, { readings: string[]; ends: number[] }>();
  let places = MAX_READINGS;
  for (const [from, to] of runs(text)) {
    const run = text.slice(from, to);
    const ends = endsOf(run);
    const longest = run.slice(0, ends[0] ?? 0);
    if (longest === "") continue;
    let read = known.get(longest);
    if (read === undefined) {
      if (places === 0) continue;
      read = { readings: [], ends: [] };
      for (const end of ends.slice(0, places)) {
        const [name, former] = [nameKey(run.slice(0, end)), run.slice(0, end).toLowerCase()];
        for (const reading of name === ALL || former === name ? [name] : [former, name]) {
          read.readings.push(reading);
          read.ends.push(end);
        }
      }
      read.readings.length = Math.min(read.readings.length, places);
      places -= read.readings.length;
      known.set(longest, read);
    }
    const { readings } = read;
    const all = readings.indexOf(ALL);
    const place =
      all >= 0 ? all : isSomebody === undefined ? readings.length - 1 : readings.findIndex((name) => isSomebody(name));
    const [name, end] = [readings[place], read.ends[place]];
    if (name !== undefined && end !== undefined) calls.push({ from: from - 1, to: from + end, name: name === ALL ? null : name });
  }
  return calls;
}

/** Where the name may end that begins a run of its characters, longest first. */
function endsOf(run: string): number[] {
  const bare = /[.\-_]*$/.exec(run)?.index ?? run.length;
  if (bare === 0 || (bare > TYPED_CHARS && [...run.slice(0, bare)].length > TYPED_CHARS)) return [];
  const tail = run.length - bare;
  const ends = Array.from({ length: Math.min(tail, MAX_TAIL) + 1 }, (_, more) => bare + Math.min(tail, MAX_TAIL) - more);
  return tail > MAX_TAIL && utf8Length(run) <= NAME_CHARS ? [run.length, ...ends] : ends;
}

function utf8Length(text: string): number {
  return new TextEncoder().encode(text).length;
}

/** The places of what follows each `@` that calls. */
function runs(text: string): [number, number][] {
  const found: [number, number][] = [];
  const code = new Code(text);
  let at = 0;
  /** Where the word begins that ends here. */
  let word: number | null = null;
  let brackets = 0;
  const pass = (end: number) => {
    at = end;
    word = null;
  };
  while (at < text.length) {
    const c = String.fromCodePoint(text.codePointAt(at) ?? 0);
    const written = () => (word === null ? "" : text.slice(word, at));
    if (c === "\\") {
      pass(at + 1 + (/[!-/:-@[-`{-~]/.test(text[at + 1] ?? "") ? 1 : 0));
    } else if (c === "`") {
      pass(code.endOfTicks(at));
    } else if (c === "~") {
      pass(code.endOfTildes(at));
    } else if (c === "[") {
      brackets += 1;
      pass(at + 1);
    } else if (c === "]") {
      const end = brackets > 0 ? endOfDestination(text, at + 1) : null;
      brackets = Math.max(0, brackets - 1);
      pass(end ?? at + 1);
    } else if (c === "@") {
      const isInside: boolean = word !== null;
      const from = at + 1;
      const to = endOfName(text, from);
      if (!isInside && to > from) found.push([from, to]);
      at = to;
      word = to > from ? (isInside ? from : to) : null;
    } else if (c === ":" && text.startsWith("://", at) && /^[^A-Za-z]*[A-Za-z][A-Za-z0-9.-]*$/.test(written())) {
      pass(endOfAddress(text, at));
    } else if (c === "/" && isHost(written())) {
      pass(endOfAddress(text, at));
    } else if (isNameChar(c)) {
      if (word === null && /[A-Za-z]/.test(c) && ADDRESSES.some((address) => begins(text, at, address))) {
        pass(endOfAddress(text, at));
      } else {
        word ??= at;
        at += c.length;
      }
    } else {
      if (c === "\n" && /^[ \t\r]*(\n|$)/.test(lineAt(text, at + 1))) brackets = 0;
      pass(at + c.length);
    }
  }
  return found;
}

function endOfName(text: string, from: number): number {
  let at = from;
  while (at < text.length) {
    const c = String.fromCodePoint(text.codePointAt(at) ?? 0);
    if (!isNameChar(c)) break;
    at += c.length;
  }
  return at;
}

function begins(text: string, at: number, address: string): boolean {
  return text.slice(at, at + address.length).replace(/[A-Z]/g, (c) => c.toLowerCase()) === address;
}

/** `example.com`: its last dot is between two letters. */
function isHost(word: string): boolean {
  const dot = word.lastIndexOf(".");
  return dot > 0 && !/[.\-_]$/.test(word) && !/[.\-_]/.test(word[dot - 1] ?? ".");
}

// The characters that the server calls a space.
const SPACE = /[\t-\r \u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]/;

function endOfAddress(text: string, from: number): number {
  for (let at = from; at < text.length; at += 1) {
    const c = text.charAt(at);
    if (c === "<" || c === ">" || c === "`" || SPACE.test(c) || (c === "]" && text[at + 1] === "(")) return at;
  }
  return text.length;
}

/** Where `(destination "title")` ends, if that is what stands here. */
function endOfDestination(text: string, from: number): number | null {
  const skip = (at: number) => {
    while (text[at] === " " || text[at] === "\t") at += 1;
    return at;
  };
  if (text[from] !== "(") return null;
  const begin = skip(from + 1);
  const end = text[begin] === "<" ? endAt(text, begin + 1, /[<>\n]/g, ">") : endOfBare(text, begin);
  if (end === null) return null;
  const title = skip(end);
  let close: number | null = title;
  if (title > end && text[title] === '"') close = endAt(text, title + 1, /["\n]/g, '"');
  else if (title > end && text[title] === "'") close = endAt(text, title + 1, /['\n]/g, "'");
  if (close === null) return null;
  close = skip(close);
  return text[close] === ")" ? close + 1 : null;
}

/** Behind the first of `stops`, if it is `wanted`. */
function endAt(text: string, from: number, stops: RegExp, wanted: string): number | null {
  stops.lastIndex = from;
  const found = stops.exec(text);
  return found?.[0] === wanted ? found.index + 1 : null;
}

function endOfBare(text: string, from: number): number | null {
  let open = 0;
  for (let at = from; at < text.length; at += 1) {
    const c = text.charAt(at);
    if (c === "\\") {
      at += (text.codePointAt(at + 1) ?? 0) > 0xffff ? 2 : 1;
    } else if (c === "(") {
      if (open === NESTED_BRACKETS) return null;
      open += 1;
    } else if (c === ")") {
      if (open === 0) return at;
      open -= 1;
    } else if (SPACE.test(c)) {
      return open === 0 ? at : null;
    }
  }
  return null;
}
