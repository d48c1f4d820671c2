/** Whom a message calls, by place. Where a text calls is the core's to say (`rules/mentions`), and whether it is somebody the
 * server's: what calls nobody is text. */
import { mentionsIn, nameKey, type Call, type Member, type Message } from "@vestnik/client";

type Calling = Pick<Message, "text" | "mentions" | "mentionsAll">;

export function callsOf({ text, mentions, mentionsAll }: Calling, members: readonly Member[]): Call[] {
  if (!mentionsAll && mentions.length === 0) return [];
  const called = new Set(mentions);
  const names = new Set(members.filter(({ id }) => called.has(id)).map(({ username }) => nameKey(username)));
  // Before the members are known it is taken for granted who is meant.
  const calls = members.length > 0 || mentions.length === 0 ? mentionsIn(text, (name) => names.has(name)) : mentionsIn(text);
  return calls.filter(({ name }) => name !== null || mentionsAll);
}
