/** Cutting a text where a reader sees the end of a letter, whatever it is made of: a flag, a family, a letter with its marks. */
const letters = new Intl.Segmenter(undefined, { granularity: "grapheme" });
/** A letter of more units than this is none that anybody reads. */
const LONGEST = 32;

/** The first `most` letters of a text. */
export function cut(text: string, most: number): string {
  if (text.length <= most) return text;
  const head = text.slice(0, most * LONGEST);
  let count = 0;
  for (const { index } of letters.segment(head)) {
    // The last one may itself have been cut.
    if (count === most || (index + LONGEST > head.length && head.length < text.length)) return head.slice(0, index);
    count += 1;
  }
  return head;
}
