/**
 * Whom a message calls, marked in its text for the marks of markdown to go around. Where a text calls is the core's to
 * say (`rules/mentions`), and whether it is somebody the server's: what calls nobody is text.
 */
import type { Member, Message } from "../../core/api";
import { mentionsIn } from "../../core/rules/mentions";
import { nameKey } from "../../core/rules/names";

/** Around a call. No text has them: they are no characters. */
export const BEGIN = "\uFDD0";
export const END = "\uFDD1";
const EITHER = /[\uFDD0\uFDD1]/g;

/** Without the marks of calls, wherever they have got to. */
export function unmarked(text: string): string {
  return text.replace(EITHER, "");
}

type Calling = Pick<Message, "text" | "mentions" | "mentionsAll">;

export function marked({ text, mentions, mentionsAll }: Calling, members: readonly Member[]): string {
  const own = text.replace(EITHER, "\uFFFD");
  if (!mentionsAll && mentions.length === 0) return own;
  const called = new Set(mentions);
  const names = new Set(members.filter(({ id }) => called.has(id)).map(({ username }) => nameKey(username)));
  // Before the members are known it is taken for granted who is meant.
  const calls = names.size > 0 || mentions.length === 0 ? mentionsIn(own, (name) => names.has(name)) : mentionsIn(own);
  let [out, at] = ["", 0];
  for (const { from, to, name } of calls) {
    if (name === null && !mentionsAll) continue;
    out += `${own.slice(at, from)}${BEGIN}${own.slice(from, to)}${END}`;
    at = to;
  }
  return out + own.slice(at);
}
