/**
 * Of chats in the background only counters come. What was said last, for the list and for notices, and
 * what else the list shows (a name, a role, a last message that was changed), is looked up: soon where it concerns the user, else by and by and by chance, since in a large chat
 * everybody is told at the same moment.
 */
import type { Environment } from "../environment.ts";
import type { Counters, MessageBody, ReadyChat } from "../protocol.ts";
import type { Rest } from "../rest.ts";
import type { Belonging } from "../rules/belonging.ts";
import type { Listed } from "../rules/chats.ts";
import { createChatLookups, type ChatLookupCallbacks } from "./chat-lookups.ts";
import { createMessageLookups } from "./message-lookups.ts";

const SOON = 150;
const BY_AND_BY = 2_000;
/** Chats that are looked through after a gap. */
const MOST_MISSED = 20;

export interface BackgroundLookups {
  /** `known` is how the chat stood before. */
  counted(counters: Counters, known: Listed | undefined): void;
  /** A chat was hidden when it had so many messages, if that is known: counts that are no news do not bring it back. */
  hid(chatId: number, n: number | null): void;
  /** A connection begins behind a gap, before which the chats stood as they are known. */
  behindGap(readyChats: readonly ReadyChat[], known: (chatId: number) => Listed | undefined): void;
  /** These may have news of the gap, if there was one. Of gaps one right behind another the first counts. */
  missed(readyChats: readonly ReadyChat[]): void;
  /** Looks up a chat for the list. */
  list(chatId: number): void;
  stop(): void;
}

export interface LookupCallbacks extends ChatLookupCallbacks {
  messages(chatId: number, messages: MessageBody[]): void;
}

export function createBackgroundLookups(environment: Environment, rest: Rest, belonging: Belonging, callbacks: LookupCallbacks): BackgroundLookups {
  const chats = createChatLookups(environment, rest, belonging, callbacks);
  const messages = createMessageLookups(environment, rest, callbacks.messages);
  const hidden = createHidden();
  let before: Map<number, Listed | undefined> | null = null;
  const delay = (isMine: boolean) => (isMine ? SOON : BY_AND_BY * (1 + 2 * environment.random()));

  /** A chat that is new to the list, or back in it: what is said there may be news. */
  async function appear({ chat_id: chatId, seq, n, read_n: after }: Counters) {
    // The list may know of more than was counted; it is not counted again as news.
    const upto = Math.max(n, await chats.list(chatId, seq));
    if (upto > after && !messages.isWaiting(chatId)) await messages.lookNow(chatId, { after, upto });
  }

  return {
    counted(counters, known) {
      const { chat_id: chatId, seq, n, mentions = 0 } = counters;
      if (!known && hidden.isOld(counters)) return;
      hidden.forget(chatId);
      if (!known) return void appear(counters);
      // The other one of a private chat may have come.
      const isTitle = known.type === "private" && known.peer === null;
      if (seq - known.seq > Math.max(0, n - known.n)) chats.listAfter(delay(isTitle), chatId);
      // That the list knows the last one does not mean that anybody was told of it.
      if (n <= known.n) return;
      const isMine = known.type === "private" || mentions > known.mentions;
      messages.lookAfter(delay(isMine), chatId, { after: known.n, upto: n }, isMine);
    },
    behindGap(readyChats, known) {
      before ??= new Map();
      for (const { chat_id: id } of readyChats) if (!before.has(id)) before.set(id, known(id));
    },
    missed(readyChats) {
      const stood = before;
      before = null;
      if (stood === null) return;
      for (const { chat_id: chatId, n, read_n: readN, mentions = 0 } of newsIn(readyChats, stood)) {
        if (messages.isWaiting(chatId)) continue;
        const known = stood.get(chatId);
        const isMine = known === undefined || known.type === "private" || mentions > known.mentions;
        messages.lookAfter(delay(isMine), chatId, { after: Math.max(known?.n ?? 0, readN), upto: n }, isMine);
      }
    },
    hid: hidden.hid,
    list: (chatId) => void chats.list(chatId),
    stop() {
      messages.stop();
      chats.stop();
    },
  };
}

/** The chats in which something was said during a gap that the user may want to hear of, those with the most first. */
function newsIn(readyChats: readonly ReadyChat[], stood: ReadonlyMap<number, Listed | undefined>): ReadyChat[] {
  const news = readyChats.filter(({ chat_id: id, n, unread, mentions = 0, muted }) => {
    const known = stood.get(id);
    const isForMe = mentions > (known?.mentions ?? 0);
    return unread > 0 && n > (known?.n ?? 0) && (!muted || isForMe);
  });
  return news.sort((a, b) => b.unread - a.unread).slice(0, MOST_MISSED);
}

/** How many messages the chats that were hidden had then; null where that is not known. */
function createHidden() {
  const hidden = new Map<number, number | null>();
  return {
    hid: (chatId: number, n: number | null) => void hidden.set(chatId, n),
    forget: (chatId: number) => void hidden.delete(chatId),
    /** Is nothing said there since it was hidden? */
    isOld({ chat_id: chatId, n, unread }: Counters): boolean {
      const at = hidden.get(chatId);
      if (at === undefined || (at === null && unread > 0) || (at !== null && n > at)) return false;
      hidden.set(chatId, n);
      return true;
    },
  };
}
