/** The timeline as rows: days, the divider before what is new, messages, and what is on its way. */
import type { Message, Pending } from "@vestnik/client";
import { dayOf } from "../words/dates";

export type TimelineRow =
  | { kind: "day"; key: string; at: number }
  | { kind: "new"; key: string }
  /** `first` and `last` of a run by one author. */
  | { kind: "message"; key: string; message: Message; first: boolean; last: boolean }
  | { kind: "pending"; key: string; pending: Pending; first: boolean; last: boolean };

const TOGETHER = 5 * 60_000;

export function rows(
  messages: readonly Message[],
  pending: readonly Pending[],
  firstUnread: number | null,
  me: number,
): TimelineRow[] {
  const out: TimelineRow[] = [];
  let before: { at: number; author: number | null | undefined } | null = null;
  const add = (row: Extract<TimelineRow, { kind: "message" | "pending" }>, told: number, author: number | null, isNew: boolean) => {
    // A clock that is behind does not begin a day again.
    const at = Math.max(told, before?.at ?? told);
    const newDay = before === null || dayOf(before.at) !== dayOf(at);
    if (newDay) out.push({ kind: "day", key: `d${dayOf(at)}`, at });
    if (isNew) out.push({ kind: "new", key: "new" });
    const follows = !newDay && !isNew && before !== null && before.author === author && at - before.at < TOGETHER;
    const previous = out.at(-1);
    if (follows && (previous?.kind === "message" || previous?.kind === "pending")) previous.last = false;
    row.first = !follows;
    out.push(row);
    before = { at, author };
  };
  for (const message of messages) {
    const row: TimelineRow = { kind: "message", key: `m${message.id}`, message, first: true, last: true };
    // A deleted message stands alone: nobody is grouped with it.
    add(row, message.createdAt, message.deleted ? -message.id : message.userId, message.n === firstUnread);
  }
  for (const one of pending) {
    add({ kind: "pending", key: `p${one.key}`, pending: one, first: true, last: true }, one.createdAt, me, false);
  }
  return out;
}
