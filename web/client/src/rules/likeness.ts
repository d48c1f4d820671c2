/** Names that are taken for each other: the same but for case, marks, forms and gaps, or by letters that look alike. */
import type { Person } from "../api.ts";
import { LOOKALIKES } from "./lookalikes.generated.ts";

const TABLE = new Map<string, string>();
for (const line of LOOKALIKES.trim().split("\n")) {
  const [plain = "", letters = ""] = line.split(":");
  for (const letter of letters) TABLE.set(letter, plain);
}

/** Signs, gaps and accents; the marks that are letters of their script stay. */
const NO_LETTER = /\p{Script=Inherited}|[^\p{L}\p{N}\p{M}]/gu;

/** How a name looks: in small letters and in capitals, since some look alike in one of them only. */
function looks(name: string): string[] {
  const plain = name.normalize("NFKD");
  return [plain.toLowerCase(), plain.toUpperCase()].map((text, form) => {
    const letters = text.normalize("NFD").replace(NO_LETTER, "");
    return `${form}${Array.from(letters, (letter) => TABLE.get(letter) ?? letter).join("").toLowerCase()}`;
  });
}

/** The same people again and again: what a name looks like is found out once. */
const memory = new Map<string, string[]>();
const MOST_REMEMBERED = 20_000;

function looksOf(name: string): string[] {
  let known = memory.get(name);
  if (!known) {
    if (memory.size >= MOST_REMEMBERED) memory.clear();
    memory.set(name, (known = looks(name)));
  }
  return known;
}

/** Those whose display name says too little: it is somebody else's name too, or looks like it, or like a username. */
export function lookalikes(people: Iterable<Person>): ReadonlySet<number> {
  const byLook = new Map<string, Set<number>>();
  const found = new Set<number>();
  for (const { id, username, displayName } of people) {
    if (displayName?.includes("@")) found.add(id);
    for (const look of [username, displayName ?? username].flatMap(looksOf)) {
      const same = byLook.get(look) ?? new Set();
      byLook.set(look, same.add(id));
    }
  }
  for (const same of byLook.values()) if (same.size > 1) for (const id of same) found.add(id);
  return found;
}
