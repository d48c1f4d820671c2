/** Whom a text calls: the server's definition (docs/protocol.md, "Mentions"). `tests/mentions.json` holds both to one list. */
import { nameKey } from "./names.ts";
import { scan } from "./scan.ts";

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

/** Everything that a text calls. With `isSomebody` only those are told who are somebody, by the longest
 * reading that is: of `@anna.` that is `anna.` or else `anna`. Without it, the shortest is told. */
export function mentionsIn(text: string, isSomebody?: (name: string) => boolean): Call[] {
  const calls: Call[] = [];
  const known = new Map<string, { readings: string[]; ends: number[] }>();
  let places = MAX_READINGS;
  for (const [from, to] of scan(text).calls) {
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
