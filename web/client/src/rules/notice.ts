/** Which messages a user may want to be told of. */
import type { MessageBody } from "../protocol.ts";
import type { Listed } from "./chats.ts";

/** Mentions of the user always; mentions of all and the rest only where it is not muted. */
export function isNotable(chat: Listed, body: MessageBody, me: number): boolean {
  if (body.user_id === me || body.deleted_at !== undefined || body.n <= chat.readN) return false;
  return !chat.muted || (body.mentions?.includes(me) ?? false);
}
