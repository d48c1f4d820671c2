/** What this tab knows. All of it is values in signals; the rules say how they change. */
import { computed, signal, type ReadonlySignal, type Signal } from "@preact/signals-core";
import type { About, Chat, ConnectionState, Draft, Ended, Me, SessionState } from "./api.ts";
import { createBelonging, type Belonging } from "./rules/belonging.ts";
import type { Counters } from "./protocol.ts";
import { shown, type Listed, type Listing } from "./rules/chats.ts";
import { isBlank, previewOf, restored, withoutHistory } from "./rules/draft.ts";
import { restored as restoredLog, type Kept } from "./rules/kept-chats.ts";
import { EMPTY, type Log } from "./rules/log.ts";
import { isToBe } from "./rules/chat-to-be.ts";
import type { Outbox } from "./rules/outbox.ts";

export type Drafts = ReadonlyMap<number, Draft>;

export interface State {
  session: Signal<SessionState>;
  /** The leader's. */
  connection: Signal<ConnectionState>;
  /** Has something else answered in the server's place, the last time that anything did? */
  isForeign: Signal<boolean>;
  /** Does this tab have it itself? */
  isLeading: Signal<boolean>;
  about: Signal<About | null>;
  /** Does what waits to be sent survive the page? */
  isKept: Signal<boolean>;
  /** The identity of the history that all positions belong to. */
  epoch: Signal<string | null>;
  listing: Signal<Listing>;
  drafts: Signal<Drafts>;
  outbox: Signal<Outbox>;
  /** How many bytes of the files of a message are with the server, by its key. */
  progress: Signal<ReadonlyMap<string, number>>;
  chats: ReadonlySignal<readonly Chat[]>;
  chatsById: ReadonlySignal<ReadonlyMap<number, Chat>>;
  /** What is here of a chat. */
  log(chatId: number): Signal<Log>;
  /** The chats of which something is here. */
  logs(): ReadonlyMap<number, Signal<Log>>;
  /** When a chat was last shown. */
  shownAt: Map<number, number>;
  /** Up to where the user has read chats, until the server has counted it. */
  reading: Map<number, number>;
  belonging: Belonging;
  /** Has the server said how the chats stand, since somebody signed in here? */
  isLive: boolean;
  /** What was counted of chats that are not in the list yet. */
  unlisted: Map<number, Counters>;
  /** The chats that have ended for the user while they were here. */
  endings: Signal<ReadonlyMap<number, Ended>>;
  /** Those that the user is ending in this tab. */
  ending: Set<number>;
  /** How far the server's clock is ahead of this one. */
  clockAhead: number;
  me(): Me | null;
  /** Of another history, or of nobody: only drafts and the outbox stay. */
  forgetHistory(): void;
  forgetAll(): void;
}

export function createState(): State {
  const listing = signal<Listing>(new Map());
  const drafts = signal<Drafts>(new Map());
  const outbox = signal<Outbox>([]);
  const all = computed(() => shown(listing.value, previewsOf(drafts.value)));
  const written = computed(() => new Set(outbox.value.map((item) => item.chatId).filter(isToBe)));
  // With whom nothing has begun is not in the list, unless something waits to be said.
  const chats = computed(() => all.value.filter((chat) => !isToBe(chat.id) || chat.draft !== "" || written.value.has(chat.id)));
  const logs = new Map<number, Signal<Log>>();
  const state: State = {
    session: signal<SessionState>({ state: "checking", me: null }),
    connection: signal<ConnectionState>({ state: "connecting" }),
    isForeign: signal(false),
    isLeading: signal(false),
    about: signal<About | null>(null),
    isKept: signal(true),
    epoch: signal<string | null>(null),
    listing,
    drafts,
    outbox,
    progress: signal<ReadonlyMap<string, number>>(new Map()),
    chats,
    chatsById: computed(() => new Map(all.value.map((chat) => [chat.id, chat]))),
    log(chatId) {
      let log = logs.get(chatId);
      if (!log) logs.set(chatId, (log = signal(EMPTY)));
      return log;
    },
    logs: () => logs,
    shownAt: new Map(),
    reading: new Map(),
    belonging: createBelonging(),
    isLive: false,
    unlisted: new Map(),
    endings: signal<ReadonlyMap<number, Ended>>(new Map()),
    ending: new Set(),
    clockAhead: 0,
    me() {
      const session = state.session.value;
      return session.state === "signed-out" ? null : session.me;
    },
    forgetHistory() {
      for (const log of logs.values()) log.value = EMPTY;
      state.shownAt.clear();
      state.reading.clear();
      state.belonging.forget();
      state.unlisted.clear();
      state.isLive = false;
      state.endings.value = new Map();
      listing.value = new Map();
      drafts.value = new Map(Array.from(drafts.value, ([id, draft]) => [id, withoutHistory(draft)]));
    },
    forgetAll() {
      state.forgetHistory();
      drafts.value = new Map();
      [state.outbox.value, state.progress.value] = [[], new Map()];
      state.epoch.value = null;
    },
  };
  return state;
}

const previewsOf = (drafts: Drafts) => new Map(Array.from(drafts, ([id, draft]) => [id, previewOf(draft)]));

/** Paints what the last visit left. */
export function remember(
  state: State,
  old: { me: Me | null; epoch: string | null; chats: Listed[]; timelines: Kept[]; drafts: [number, unknown][] },
) {
  state.session.value = { state: "checking", me: old.me };
  state.epoch.value = old.epoch;
  state.listing.value = new Map(old.chats.map((chat) => [chat.id, chat]));
  state.drafts.value = draftsOf(old.drafts);
  for (const kept of old.timelines) {
    state.log(kept.chatId).value = restoredLog(kept);
    state.shownAt.set(kept.chatId, kept.at);
  }
}

/** The positions that are here. Shown chats are brought up to date by being opened. */
export function positionsOf(state: State): { epoch: string | null; chats: Record<number, number> } {
  const chats: Record<number, number> = {};
  for (const [id, log] of state.logs()) if (log.peek().seq !== null) chats[id] = log.peek().seq ?? 0;
  return { epoch: state.epoch.peek(), chats };
}

export function draftsOf(kept: [number, unknown][]): Drafts {
  return new Map(kept.map(([id, draft]) => [id, restored(draft)]));
}

export function setDraft(state: State, chatId: number, draft: Draft | null) {
  const drafts = new Map(state.drafts.peek());
  if (!draft || isBlank(draft)) drafts.delete(chatId);
  else drafts.set(chatId, draft);
  state.drafts.value = drafts;
}

/** Changes one chat of the list, if it is there. */
export function updateListed(state: State, chatId: number, to: (chat: Listed) => Listed | null) {
  const known = state.listing.value.get(chatId);
  if (!known) return;
  const next = to(known);
  if (next === known) return;
  const listing = new Map(state.listing.value);
  if (next) listing.set(chatId, next);
  else listing.delete(chatId);
  state.listing.value = listing;
}
