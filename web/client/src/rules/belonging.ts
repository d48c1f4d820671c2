/**
 * Which chats have come to the user, and which have gone, as it was heard; so that an answer that was asked for
 * earlier does not bring back what has gone meanwhile, nor take away what has come.
 */
import type { Change, ServerFrame } from "../protocol.ts";

/** How a chat ended for somebody: they left it or were removed, or it was deleted. */
export type MembershipEnding = "left" | "deleted";

/** Chats that have come to the user, and that have gone, since something was asked for. */
export interface Since {
  come: number[];
  gone: number[];
}

export interface Belonging {
  /** So much has been heard: what is asked for now is later than that. */
  now(): number;
  heard(told: readonly { chatId: number; isIn: boolean }[]): void;
  hasGone(chatId: number, since: number): boolean;
  since(since: number): Since;
  forget(): void;
}

export function createBelonging(): Belonging {
  const last = new Map<number, { at: number; isIn: boolean }>();
  let count = 0;
  const is = (chatId: number, since: number, isIn: boolean) => {
    const heard = last.get(chatId);
    return heard !== undefined && heard.at > since && heard.isIn === isIn;
  };
  return {
    now: () => count,
    heard(told) {
      count += 1;
      for (const { chatId, isIn } of told) last.set(chatId, { at: count, isIn });
    },
    hasGone: (chatId, since) => is(chatId, since, false),
    since: (since) => ({
      come: [...last.keys()].filter((chatId) => is(chatId, since, true)),
      gone: [...last.keys()].filter((chatId) => is(chatId, since, false)),
    }),
    forget: () => last.clear(),
  };
}

/** What a change says of the user's own membership: an ending, or that they are in; null if nothing. */
export function membership(change: Change, me: number): MembershipEnding | "in" | null {
  if (change.type === "chat" && change.change === "deleted") return "deleted";
  if (change.type !== "member" || change.user_id !== me) return null;
  return change.change === "left" ? "left" : "in";
}

/** What a frame says of which chats are the user's. */
export function belongs(frame: ServerFrame, me: number): { chatId: number; isIn: boolean }[] {
  switch (frame.type) {
    case "ready":
      return frame.chats.map(({ chat_id: chatId }) => ({ chatId, isIn: true }));
    case "gone":
    case "hidden":
      return [{ chatId: frame.chat_id, isIn: false }];
    case "unread":
    case "message":
      return [{ chatId: frame.chat_id, isIn: true }];
    case "opened": {
      const last = frame.changes.map((change) => membership(change, me)).findLast((said) => said !== null);
      return [{ chatId: frame.chat_id, isIn: last === undefined || last === "in" }];
    }
    case "member":
    case "chat": {
      const said = membership(frame, me);
      return said === null ? [] : [{ chatId: frame.chat_id, isIn: said === "in" }];
    }
    default:
      return [];
  }
}
