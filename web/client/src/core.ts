/** What the parts of the client share. Each is made of those before it; what concerns later ones, it emits. */
import type { Draft } from "./api.ts";
import * as bodies from "./bodies.ts";
import { createCache, type Cache } from "./cache.ts";
import { createEmitter, type Emitter } from "./emitter.ts";
import type { Environment } from "./environment.ts";
import { createFiles, type Files } from "./files.ts";
import { createLeader } from "./leader/leader.ts";
import type { News } from "./news.ts";
import { createNotices, type Notices } from "./notices.ts";
import { createRest, type Rest } from "./rest.ts";
import { createState, positionsOf, setDraft, type State } from "./state.ts";
import { createTabOutbox, type TabOutbox } from "./tab-outbox.ts";
import { createTabs, type Tabs } from "./tabs.ts";

/** What one part tells those that are made later. */
interface Events {
  /** Something is to be taken in by this tab. */
  news: Emitter<News>;
  /** The server does not know us any more. */
  signedOut: Emitter;
  /** The server did not let us in; it may be that we are signed out. */
  turnedAway: Emitter;
  /** The user shows other chats than before. */
  lookedElsewhere: Emitter;
}

export interface Core extends Events {
  /** The name of this tab among all. */
  own: string;
  environment: Environment;
  state: State;
  cache: Cache;
  rest: Rest;
  tabs: Tabs;
  files: Files;
  outbox: TabOutbox;
  notices: Notices;
  /** To the leader, which may be this tab. */
  tell: Tabs["tell"];
  /** To all other tabs. */
  announce: Tabs["announce"];
}

export function createCore(environment: Environment): Core {
  const own = environment.newKey();
  const events: Events = {
    news: createEmitter(),
    signedOut: createEmitter(),
    turnedAway: createEmitter(),
    lookedElsewhere: createEmitter(),
  };
  const state = createState();
  const cache = createCache((isKept) => void (state.isKept.value = isKept));
  const rest = createRest(environment, {
    signedOut: events.signedOut.emit,
    answered: (isServer) => void (state.isForeign.value = !isServer),
  });
  const notices = createNotices(state);
  const files = createFiles(cache);
  const tabs = createTabs(environment, own, {
    news: events.news.emit,
    lead: (among) => lead({ ...events, environment, state, cache, rest, notices, files }, among),
    alone: () => void (state.connection.value = { state: "connecting" }),
  });
  const outbox = createTabOutbox(state, cache, files, tabs.tell);
  return { ...events, own, environment, state, cache, rest, notices, files, tabs, outbox, tell: tabs.tell, announce: tabs.announce };
}

type Before = Omit<Core, "own" | "tabs" | "outbox" | "tell" | "announce">;

async function lead({ environment, state, cache, rest, notices, files, signedOut, turnedAway }: Before, among: Pick<Tabs, "publish" | "answer">) {
  const leader = createLeader(environment, rest, {
    ...among,
    known: (chatId) => state.listing.peek().get(chatId),
    isLive: () => state.isLive,
    positions: () => positionsOf(state),
    me: () => state.me()?.id ?? 0,
    keep: cache.keep,
    forget: cache.forget,
    files,
    signedOut: signedOut.emit,
    turnedAway: turnedAway.emit,
    noticed: notices.noticed,
  });
  return { leader, outbox: await cache.outbox() };
}

/** What is half-written in a chat; the other tabs have it too. */
export function shareDraft({ state, announce }: Core, chatId: number, draft: Draft) {
  setDraft(state, chatId, draft);
  announce({ is: "draft", chatId, draft });
}

/** Shown in the list from now on. */
export async function listChat({ state, rest, news, announce }: Core, chatId: number): Promise<void> {
  const since = state.belonging.now();
  const answer = await rest("GET", `/api/chats/${chatId}`, bodies.chat);
  if (answer.ok) news.emit({ is: "chat", body: answer.value, since });
  // The server tells of a chat when something is said in it; the other tabs need not wait for that.
  if (answer.ok && state.listing.peek().has(chatId)) announce({ is: "chat", body: answer.value });
}

/** The user's no longer, in all tabs. */
export function dropChat({ news, announce }: Core, chatId: number) {
  const gone: News = { is: "gone", chatId };
  news.emit(gone);
  announce(gone);
}
