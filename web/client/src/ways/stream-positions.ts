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
  /** The path of the stream from here on, by which all is asked for that is not there. */
  path(epoch: string | null): string;
  /** General is open without being asked for, from here on. */
  begins(seq: number): void;
  /**
   * Is there anything new in it? Then it is known from now on, unless an answer is awaited: that goes on from where it
   * was asked for, and brings it again. Of a message that is soon enough; that one is out of a chat is told at once.
   */
  live(change: { type: string; chat_id: number; seq: number }): boolean;
  /** What there is to tell of an answer: itself if it was asked for or if it leaves something out, else the changes in it. */
  opened(frame: OpenedFrame): OpenedFrame | Change[];
}

/** Of a chat that is to be open: an answer is to be asked for, is awaited, or is there. */
interface Want {
  answer: "unasked" | "awaited" | "there";
}

export function createOpens(): Opens {
  const wanted = new Map<number, Want>();
  const reached = new Map<number, number>();

  return {
    open(chatId, after) {
      if (chatId !== GENERAL && !wanted.has(chatId) && others(wanted) >= MOST_OPEN) return false;
      wanted.set(chatId, { answer: "unasked" });
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
      for (const want of wanted.values()) if (want.answer === "unasked") want.answer = "awaited";
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
    live({ type, chat_id, seq }) {
      if ((wanted.get(chat_id)?.answer ?? "there") !== "there") return type !== "message";
      if (seq <= (reached.get(chat_id) ?? 0)) return false;
      reached.set(chat_id, seq);
      return true;
    },
    opened(frame) {
      const want = wanted.get(frame.chat_id);
      // It is of the stream before, and begins where that began.
      if (want?.answer === "unasked") return [];
      const before = reached.get(frame.chat_id) ?? null;
      reached.set(frame.chat_id, frame.seq);
      const isAnswer = want?.answer === "awaited";
      if (want && !frame.more) want.answer = "there";
      if (isAnswer) return frame;
      const isGapless = !frame.reset && before !== null && frame.changes.every((change, place) => change.seq === before + place + 1);
      if (isGapless && frame.seq === (before ?? 0) + frame.changes.length) return frame.changes;
      return want ? frame : [];
    },
  };
}

function others(wanted: ReadonlyMap<number, unknown>): number {
  return wanted.size - Number(wanted.has(GENERAL));
}
