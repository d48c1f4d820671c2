/** A message as the view has it, and what becomes of it. */
import type { Message, Reaction } from "../api.ts";
import type { MessageBody } from "../protocol.ts";
import { attachmentsIn } from "./attachments.ts";

/** `key` is the sender's own, by which they know their pending one again. */
export interface Row extends Message {
  key: string | null;
  /** What hangs on it was not told. */
  isBare: boolean;
}

export function toRow(body: MessageBody): Row {
  const deleted = body.deleted_at !== undefined;
  return {
    id: body.id,
    n: body.n,
    seq: body.seq,
    userId: body.user_id,
    username: body.username,
    text: body.content,
    createdAt: Date.parse(body.created_at),
    editedAt: body.edited_at === undefined ? null : Date.parse(body.edited_at),
    deleted,
    replyTo: body.reply_to ?? null,
    mentions: body.mentions ?? [],
    mentionsAll: body.mentions_all ?? false,
    reactions: deleted ? [] : (body.reactions ?? []).map(toReaction),
    pinned: !deleted && (body.pinned ?? false),
    attachments: deleted ? [] : attachmentsIn(body),
    key: body.client_msg_id ?? null,
    // On a new message, told live, there is nothing yet; on a deleted one nothing any more.
    isBare: body.reactions === undefined && body.edited_at !== undefined && !deleted,
  };
}

function toReaction(body: { emoji: string; user_ids: number[] }): Reaction {
  return { emoji: body.emoji, userIds: body.user_ids };
}

/** A row as it is after another state of it was told: the later one wins. What hangs on the message
 * is told only where it is looked up; an edit leaves it, a deletion takes it away. */
export function updated(row: Row, body: MessageBody): Row {
  const isLooked = body.reactions !== undefined;
  if (body.seq < row.seq || (body.seq === row.seq && !isLooked)) return row;
  const next = toRow(body);
  if (isLooked || next.deleted) return next;
  // Its files are what they were.
  if (next.attachments.length === 0) next.attachments = row.attachments;
  return { ...next, reactions: row.reactions, pinned: row.pinned, isBare: row.isBare };
}

/** Sets or takes back a reaction; asked twice it changes nothing. */
export function reacted(row: Row, emoji: string, userId: number, on: boolean): Row {
  const found = row.reactions.find((reaction) => reaction.emoji === emoji);
  if (row.deleted || (found?.userIds.includes(userId) ?? false) === on) return row;
  if (!found) return { ...row, reactions: [...row.reactions, { emoji, userIds: [userId] }] };
  const userIds = on ? [...found.userIds, userId] : found.userIds.filter((id) => id !== userId);
  const reactions = row.reactions
    .map((reaction) => (reaction === found ? { emoji, userIds } : reaction))
    .filter((reaction) => reaction.userIds.length > 0);
  return { ...row, reactions };
}

export function pinned(row: Row, on: boolean): Row {
  return row.deleted || row.pinned === on ? row : { ...row, pinned: on };
}
