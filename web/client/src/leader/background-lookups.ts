/**
 * Of chats in the background only counters come. What was said last, for the list and for notices, and
 * what else the list shows (a name, a role, a last message that was changed), is looked up: soon where it concerns the user, else by and by and by chance, since in a large chat
 * everybody is told at the same moment.
 */
import type { Environment } from "../environment.ts";
import * as bodies from "../bodies.ts";
import type { ChatBody, Counters, MessageBody, Standing } from "../protocol.ts";
import type { Rest } from "../rest.ts";
import type { Belonging } from "../rules/belonging.ts";
import type { Listed } from "../rules/chats.ts";

const SOON = 150;
const BY_AND_BY = 2_000;
const MOST = 20;
/** Chats that are looked through after a gap. */
const MOST_MISSED = 20;

export interface BackgroundLookups {
  /** `known` is how the chat stood before. */
  counted(counters: Counters, known: Listed | undefined): void;
  /** A chat was hidden when it had so many messages, if that is known: counts that are no news do not bring it back. */
  hid(chatId: number, n: number | null): void;
  /** A connection begins behind a gap, before which the chats stood as they are known. */
  behindGap(standings: readonly Standing[], known: (chatId: number) => Listed | undefined): void;
  /** These may have news of the gap, if there was one. Of gaps one right behind another the first counts. */
  missed(standings: readonly Standing[]): void;
  /** Looks up a chat for the list. */
  list(chatId: number): void;
  stop(): void;
}

export interface LookupCallbacks {
  chat(body: ChatBody): void;
  gone(chatId: number): void;
  messages(chatId: number, messages: MessageBody[]): void;
}

export function createBackgroundLookups(environment: Environment, rest: Rest, belonging: Belonging, callbacks: LookupCallbacks): BackgroundLookups {
  const waiting = new Map<number, { after: number; upto: number; cancel: () => void }>();
  const listing = new Map<number, Promise<number>>();
  const changed = new Map<number, () => void>();
  const hidden = new Map<number, number | null>();
  let before: Map<number, Listed | undefined> | null = null;
  const byAndBy = () => BY_AND_BY * (1 + 2 * environment.random());

  /** How many messages there are by now. One look at a time; who asks meanwhile waits for it. */
  function list(chatId: number): Promise<number> {
    const running = listing.get(chatId) ?? listed(chatId).finally(() => listing.delete(chatId));
    listing.set(chatId, running);
    return running;
  }

  async function listed(chatId: number): Promise<number> {
    const since = belonging.now();
    const answer = await rest("GET", `/api/chats/${chatId}`, bodies.chat);
    // What was heard meanwhile is later than the answer.
    const { come, gone } = belonging.since(since);
    if (!answer.ok && come.includes(chatId)) return listed(chatId);
    if (answer.ok && !gone.includes(chatId)) callbacks.chat(answer.value);
    else if (!answer.ok && answer.code === "chat_not_found") callbacks.gone(chatId);
    return answer.ok ? answer.value.n : 0;
  }

  function isOld({ chat_id: chatId, n, unread }: Counters): boolean {
    const at = hidden.get(chatId);
    if (at === undefined || (at === null && unread > 0) || (at !== null && n > at)) return false;
    hidden.set(chatId, n);
    return true;
  }

  /** A chat that is new to the list, or back in it: what is said there may be news. */
  async function appear({ chat_id: chatId, n, read_n: after }: Counters) {
    // The list may know of more than was counted; it is not counted again as news.
    const upto = Math.max(n, await list(chatId));
    if (upto <= after || waiting.has(chatId)) return;
    waiting.set(chatId, { after, upto, cancel: () => {} });
    await look(chatId);
  }

  function listLater(chatId: number) {
    if (changed.has(chatId)) return;
    const lookUp = () => {
      changed.delete(chatId);
      void list(chatId);
    };
    changed.set(chatId, environment.after(byAndBy(), lookUp));
  }

  async function look(chatId: number) {
    const { after, upto } = waiting.get(chatId) ?? { after: 0, upto: 1 };
    waiting.delete(chatId);
    const limit = Math.min(MOST, Math.max(1, upto - after));
    const path = `/api/chats/${chatId}/messages?limit=${limit}`;
    const answer = await rest("GET", path, bodies.messages);
    if (!answer.ok) return;
    callbacks.messages(chatId, answer.value.messages.filter((message) => message.n > after));
  }

  return {
    counted(counters, known) {
      const { chat_id: chatId, n } = counters;
      if (!known && isOld(counters)) return;
      hidden.delete(chatId);
      if (!known) return void appear(counters);
      if (counters.seq - known.seq > Math.max(0, n - known.n)) listLater(chatId);
      // That the list knows the last one does not mean that anybody was told of it.
      if (n <= known.n) return;
      const isMine = known.type === "private" || (counters.mentions ?? 0) > known.mentions;
      const delay = isMine ? SOON : byAndBy();
      const earlier = waiting.get(chatId);
      if (earlier) earlier.upto = n;
      if (earlier && !isMine) return;
      earlier?.cancel();
      waiting.set(chatId, {
        after: earlier?.after ?? known.n,
        upto: n,
        cancel: environment.after(delay, () => void look(chatId)),
      });
    },
    behindGap(standings, known) {
      before ??= new Map();
      for (const { chat_id: id } of standings) if (!before.has(id)) before.set(id, known(id));
    },
    missed(standings) {
      const stood = before;
      before = null;
      if (stood === null) return;
      const news = standings.filter(({ chat_id: id, n, unread, mentions = 0, muted }) => {
        const known = stood.get(id);
        const isForMe = mentions > (known?.mentions ?? 0);
        return unread > 0 && n > (known?.n ?? 0) && (!muted || isForMe);
      });
      for (const { chat_id: chatId, n, read_n: readN, mentions = 0 } of news.sort((a, b) => b.unread - a.unread).slice(0, MOST_MISSED)) {
        if (waiting.has(chatId)) continue;
        const known = stood.get(chatId);
        const isMine = known === undefined || known.type === "private" || mentions > known.mentions;
        const after = Math.max(known?.n ?? 0, readN);
        waiting.set(chatId, { after, upto: n, cancel: environment.after(isMine ? SOON : byAndBy(), () => void look(chatId)) });
      }
    },
    hid: (chatId, n) => void hidden.set(chatId, n),
    list: (chatId) => void list(chatId),
    stop() {
      for (const { cancel } of waiting.values()) cancel();
      waiting.clear();
      for (const cancel of changed.values()) cancel();
      changed.clear();
    },
  };
}
