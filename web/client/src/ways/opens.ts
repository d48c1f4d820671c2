/** Which chats an event stream has open, and where its reader stands: with this it is asked for. */
import type { Change, OpenedFrame } from "../protocol.ts";

/** Chats that a stream takes besides General. */
export const MOST_OPEN = 20;
const GENERAL = 1;

export interface Opens {
  /** Makes a chat open from a position; false if there are too many. */
  open(chatId: number, after: number | null): boolean;
  /** Was it open? */
  close(chatId: number): boolean;
  /** The path of the stream from here on. */
  path(epoch: string | null): string;
  /** General is open without being asked for, from here on. */
  begins(seq: number): void;
  /** Is it a change that is not known yet? Then it is known from now on. */
  live(change: Pick<Change, "chat_id" | "seq">): boolean;
  /** What there is to tell of an answer: itself if it was asked for or if it leaves something out, else the changes in it. */
  opened(frame: OpenedFrame): OpenedFrame | Change[];
}

export function createOpens(): Opens {
  const wanted = new Map<number, { isAsked: boolean }>();
  const reached = new Map<number, number>();

  return {
    open(chatId, after) {
      if (chatId !== GENERAL && !wanted.has(chatId) && others(wanted) >= MOST_OPEN) return false;
      wanted.set(chatId, { isAsked: true });
      if (after === null) reached.delete(chatId);
      else reached.set(chatId, after);
      return true;
    },
    close(chatId) {
      // General is open on every stream: it goes on from where it is.
      if (chatId !== GENERAL) reached.delete(chatId);
      return wanted.delete(chatId);
    },
    path(epoch) {
      const open = [...wanted.keys()].filter((id) => id !== GENERAL).join(",");
      const position = Array.from(reached, ([id, seq]) => `${id}:${seq}`).join(",");
      const query = new URLSearchParams();
      if (open !== "") query.set("open", open);
      if (epoch !== null) query.set("last_event_id", `${epoch};${position}`);
      return `/api/events${query.size === 0 ? "" : `?${query}`}`;
    },
    begins(seq) {
      if (!reached.has(GENERAL)) reached.set(GENERAL, seq);
    },
    live({ chat_id, seq }) {
      if (seq <= (reached.get(chat_id) ?? 0)) return false;
      reached.set(chat_id, seq);
      return true;
    },
    opened(frame) {
      const want = wanted.get(frame.chat_id);
      const before = reached.get(frame.chat_id) ?? null;
      reached.set(frame.chat_id, frame.seq);
      const isAsked = want?.isAsked ?? false;
      if (want && !frame.more) want.isAsked = false;
      if (isAsked) return frame;
      const isGapless = !frame.reset && before !== null && frame.changes.every((change, place) => change.seq === before + place + 1);
      if (isGapless && frame.seq === (before ?? 0) + frame.changes.length) return frame.changes;
      return want ? frame : [];
    },
  };
}

function others(wanted: ReadonlyMap<number, unknown>): number {
  return wanted.size - Number(wanted.has(GENERAL));
}
