/** The characters of names, and the form in which names are compared: the server's, by tables that it
 * writes (`names.generated.ts`), so that a browser's own version of Unicode does not matter. */
import { FOLDS, FOLDS_TO_SEVERAL, NAME_CHARS } from "./names.generated.ts";

function numbers(table: string): number[] {
  return table.split(" ").map((number) => parseInt(number, 36));
}

/** Where ranges begin, and the first code point behind each. */
const edges: number[] = [];
for (const step of numbers(NAME_CHARS)) edges.push((edges.at(-1) ?? 0) + step);

/** Can a name go on with this character? */
export function isNameChar(c: string): boolean {
  const code = c.codePointAt(0) ?? 0;
  let [low, high] = [0, edges.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((edges[middle] ?? 0) <= code) low = middle + 1;
    else high = middle;
  }
  return low % 2 === 1;
}

const folds = new Map<string, string>(Object.entries(FOLDS_TO_SEVERAL));
const groups = numbers(FOLDS);
for (let at = 0, code = 0; at < groups.length; at += 4) {
  const [gap = 0, count = 0, step = 0, shift = 0] = groups.slice(at, at + 4);
  code += gap;
  for (let more = 0; more < count; more += 1) {
    folds.set(String.fromCodePoint(code + more * step), String.fromCodePoint(code + more * step + shift));
  }
}

function fold(text: string): string {
  return [...text].map((c) => folds.get(c) ?? c).join("");
}

/** The form in which names are compared: one for all ways to type the same letters, in any case. */
export function nameKey(name: string): string {
  const once = fold(name.normalize("NFD")).normalize("NFKC");
  return fold(once).normalize("NFKC");
}
