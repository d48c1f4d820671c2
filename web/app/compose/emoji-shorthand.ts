/** What becomes an emoji as one types it: `:tada:` with its last colon, `:)` with its mouth. Never in code. */
import { scan } from "@vestnik/client";
import { EMOJI } from "../text/emoji";

const NAMES = new Map(EMOJI.map(({ name, char }) => [name, char]));

/** Only those that mean nothing else, and that nothing longer begins with. */
const FACES = new Map([
  [":)", "🙂"], [":-)", "🙂"], [";)", "😉"], [";-)", "😉"], [":(", "🙁"], [":-(", "🙁"], [":'(", "😢"], [":-|", "😐"],
]);

/** A name or a face, at the beginning or behind a space. */
const NAME = /(?:^|[\s(])(:([a-z0-9_+-]{1,24}):)$/i;
const FACE = /(?:^|\s)([:;]['-]?[()|])$/;

export interface Replacement {
  from: number;
  to: number;
  insert: string;
}

/** What stands before the caret, if the sign that was just typed has made it one of these. */
export function shorthandAt(text: string, caret: number): Replacement | null {
  const before = text.slice(Math.max(0, caret - 32), caret);
  const name = NAME.exec(before);
  const typed = name?.[1] ?? FACE.exec(before)?.[1];
  const insert = name?.[2] === undefined ? FACES.get(typed ?? "") : NAMES.get(name[2].toLowerCase());
  if (typed === undefined || insert === undefined) return null;
  const from = caret - typed.length;
  return isInCode(text, from) ? null : { from, to: caret, insert };
}

/** In code, or behind a back-tick that may become some. */
function isInCode(text: string, at: number): boolean {
  if (scan(text).code.some((span) => span.from <= at && at < span.end)) return true;
  const line = text.slice(text.lastIndexOf("\n", at - 1) + 1, at);
  const rest = scan(line).code.reduceRight((left, span) => left.slice(0, span.from) + left.slice(span.end), line);
  return rest.includes("`");
}
