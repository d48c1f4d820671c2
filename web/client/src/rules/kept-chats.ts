/** What is kept on the disk of the chats: the last 20 messages of the last 10. */
import { EMPTY, hasNewer, type Log } from "./log.ts";
import type { Row } from "./message.ts";

export const CHATS = 10;
export const MESSAGES = 20;

export interface Kept {
  chatId: number;
  epoch: string;
  seq: number;
  rows: readonly Row[];
  /** When the chat was last shown or heard of. */
  at: number;
}

/** What to keep of a chat; null if its end is not here. */
export function kept(chatId: number, epoch: string, log: Log, at: number): Kept | null {
  if (log.seq === null || hasNewer(log)) return null;
  return { chatId, epoch, seq: log.seq, rows: log.rows.slice(-MESSAGES), at };
}

export function restored(timeline: Kept): Log {
  // An older version knew of no files.
  const rows = timeline.rows.map((row) => ({ ...row, attachments: row.attachments ?? [] }));
  return { ...EMPTY, seq: timeline.seq, rows, headN: timeline.rows.at(-1)?.n ?? 0 };
}

/** What to keep of a chat that another tab keeps, too. */
export function later(one: Kept, other: Kept | undefined): Kept {
  if (!other || other.epoch !== one.epoch) return one;
  const newest = other.seq > one.seq ? other : one;
  return { ...newest, at: Math.max(one.at, other.at) };
}

/** The ids of those that must go: of another history, or not among the last ten. */
export function surplus(all: readonly Kept[], epoch: string): number[] {
  const ours = all.filter((one) => one.epoch === epoch);
  const last = [...ours].sort((a, b) => b.at - a.at || b.chatId - a.chatId).slice(0, CHATS);
  const stays = new Set(last);
  return all.filter((one) => !stays.has(one)).map((one) => one.chatId);
}
