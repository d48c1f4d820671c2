/** A stretch of a text in which some parts are marked. */
export interface ExcerptPiece {
  s: string;
  isMarked: boolean;
}

/** So much of a text stands before its first mark at least, if it is cut. */
const LEAD = 40;

/** A stretch of a text with its first mark, in pieces that are marked or not. */
export function excerpt(text: string, marks: readonly (readonly [number, number])[], most: number): ExcerptPiece[] {
  const first = marks[0]?.[0] ?? 0;
  const isWhole = text.length <= most;
  const begin = isWhole || first <= LEAD * 2 ? 0 : beforeWord(text, first - LEAD);
  const end = isWhole ? text.length : wholeBefore(text, Math.min(text.length, begin + most));
  const pieces: ExcerptPiece[] = [];
  const add = (from: number, to: number, isMarked: boolean) => {
    if (to > from) pieces.push({ s: text.slice(from, to), isMarked });
  };
  let at = begin;
  for (const [from, to] of marks) {
    if (to <= begin || from >= end) continue;
    add(at, Math.max(at, from), false);
    add(Math.max(begin, from), Math.min(to, end), true);
    at = Math.min(to, end);
  }
  add(at, end, false);
  if (begin > 0) pieces.unshift({ s: "…", isMarked: false });
  if (end < text.length) pieces.push({ s: "…", isMarked: false });
  return pieces;
}

/** Not in the midst of a pair. */
function wholeBefore(text: string, at: number): number {
  return /[\udc00-\udfff]/.test(text[at] ?? "") ? at - 1 : at;
}

/** Where the word begins that stands here, if it begins near. */
function beforeWord(text: string, at: number): number {
  const space = text.slice(Math.max(0, at - 20), at).lastIndexOf(" ");
  return wholeBefore(text, space < 0 ? at : Math.max(0, at - 20) + space + 1);
}
