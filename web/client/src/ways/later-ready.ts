/** Of a stream that is asked for anew only the first `ready` is news; of a later one what has changed meanwhile is. */
import type { ReadyFrame, ServerFrame, ReadyChat } from "../protocol.ts";

const GENERAL = 1;

export interface Ready {
  epoch(): string | null;
  /** What there is to tell of a `ready`; null if it is of another history. */
  begins(frame: ReadyFrame): ServerFrame[] | null;
  /** Was told by a frame of its own. */
  told(frame: Extract<ServerFrame, { type: "unread" | "muted" }>): void;
}

export function createReady(): Ready {
  let ready: ReadyFrame | null = null;
  let chats = new Map<number, ReadyChat>();
  return {
    epoch: () => ready?.epoch ?? null,
    begins(frame) {
      if (ready && frame.epoch !== ready.epoch) return null;
      const [before, isFirst] = [chats, ready === null];
      chats = new Map(frame.chats.map((chat) => [chat.chat_id, chat]));
      ready ??= frame;
      return isFirst ? [frame] : frame.chats.flatMap((chat) => changed(chat, before.get(chat.chat_id)));
    },
    told({ type, ...rest }) {
      const known = chats.get(rest.chat_id);
      if (type === "unread" || known) chats.set(rest.chat_id, { ...known, ...rest } as ReadyChat);
    },
  };
}

/** The `seq` of the chat that is open without being asked for. */
export function seqOfGeneral(frame: ReadyFrame): number {
  return frame.chats.find((chat) => chat.chat_id === GENERAL)?.seq ?? 0;
}

function changed({ muted = false, ...counters }: ReadyChat, before: ReadyChat | undefined): ServerFrame[] {
  const { muted: wasMuted = false, ...known } = before ?? {};
  const frames: ServerFrame[] = [];
  if (JSON.stringify(known) !== JSON.stringify(counters)) frames.push({ type: "unread", ...counters });
  if (muted !== wasMuted) frames.push({ type: "muted", chat_id: counters.chat_id, muted });
  return frames;
}
