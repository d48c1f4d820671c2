/** The client: puts its parts together. */
import { computed } from "@preact/signals-core";
import { askAbout } from "./about.ts";
import type { ChatView, Client } from "./api.ts";
import * as bodies from "./bodies.ts";
import { openCache, type Cache } from "./cache.ts";
import type { Core } from "./core.ts";
import { diskInTime } from "./disk.ts";
import type { Environment } from "./environment.ts";
import type { TabContext, ShownChat } from "./tab-context.ts";
import { createNewsHandler } from "./handle-news.ts";
import { createPersistence, type Persistence } from "./persistence.ts";
import { createLeader } from "./leader/leader.ts";
import { sync as syncBy } from "./syncing.ts";
import { createTabOutbox } from "./tab-outbox.ts";
import { createNotices } from "./notices.ts";
import type { News } from "./news.ts";
import { createPeople } from "./people.ts";
import { createRest } from "./rest.ts";
import { totals } from "./rules/chats.ts";
import { isToBe } from "./rules/meeting.ts";
import { createSession } from "./session.ts";
import { createState, positionsOf, remember, setDraft } from "./state.ts";
import { createTabs } from "./tabs.ts";
import { createChatToBe } from "./view/chat-to-be.ts";
import { createChatView } from "./view/chat-view.ts";

/** A client that has not been started. Nothing is told or asked before it is. */
export function createClient(environment: Environment): Client {
  const own = environment.newKey();
  const state = createState();
  const views = new Map<number, ChatView & { shownChat: ShownChat }>();
  let cache: Cache;
  let persistence: Persistence | null = null;
  const unlisten: (() => void)[] = [];

  const rest = createRest(environment, {
    signedOut: () => session.lost(),
    answered: (isServer) => void (state.isForeign.value = !isServer),
  });
  const tabs = createTabs(environment, own, {
    news,
    lead,
    alone: () => void (state.connection.value = { state: "connecting" }),
  });
  const outbox = createTabOutbox(state, () => cache, tabs.tell);
  const notices = createNotices(state);
  const session = createSession(environment, state, () => cache, rest, {
    entered() {
      tabs.join();
      // A list that is not there yet does not wait for the connection.
      if (state.listing.value.size === 0) void sync();
    },
    left() {
      // The last word that was typed is there for when the same user comes back.
      persistence?.flush();
      tabs.leave();
      outbox.clear();
      state.connection.value = { state: "connecting" };
    },
    announce: () => tabs.announce({ is: "session" }),
  });
  const core: Core = {
    environment,
    state,
    get cache() {
      return cache;
    },
    rest,
    outbox,
    tell: tabs.tell,
    lookedElsewhere: look,
    draft(chatId, draft) {
      setDraft(state, chatId, draft);
      tabs.announce({ is: "draft", chatId, draft });
    },
    announce: tabs.announce,
    async list(chatId) {
      const since = state.belonging.now();
      const answer = await rest("GET", `/api/chats/${chatId}`, bodies.chat);
      if (answer.ok) news({ is: "chat", body: answer.value, since });
      // The server tells of a chat when something is said in it; the other tabs need not wait for that.
      if (answer.ok && state.listing.peek().has(chatId)) tabs.announce({ is: "chat", body: answer.value });
    },
    gone: (chatId) => share({ is: "gone", chatId }),
  };
  const tab: TabContext = {
    id: own,
    environment,
    state,
    shownChat: (chatId) => views.get(chatId)?.shownChat,
    allShownChats: () => Array.from(views.values(), (view) => view.shownChat),
    tell: tabs.tell,
    leading() {
      state.isLeading.value = tabs.isLeading();
      outbox.leading();
      for (const [chatId, n] of state.reading) tabs.tell({ do: "read", chatId, n });
      look();
    },
    welcomed: () => void sync(),
    outbox: outbox.heard,
    ended: notices.ended,
    historyChanged: () => void cache.dropHistory(),
    sessionChanged: () => void session.check(),
  };
  const handleNews = createNewsHandler(tab);
  const sync = () => syncBy(tab, rest);

  function news(news: News) {
    if (!persistence) return;
    // What other tabs hear is for who is known here; what was asked before they left must not come back.
    if (state.session.peek().state !== "signed-in" && news.is !== "session") return;
    handleNews(news);
    persistence.touch();
  }

  function share(one: News) {
    news(one);
    tabs.announce(one);
  }

  function look() {
    const open = [...views.values()].filter((view) => view.shownChat.isOpen());
    const chats = environment.isLookedAt() ? open.map((view) => view.id) : [];
    tabs.tell({ do: "look", chats });
    persistence?.touch();
  }

  async function lead() {
    const leader = createLeader(environment, rest, {
      publish: tabs.publish,
      answer: tabs.answer,
      known: (chatId) => state.listing.peek().get(chatId),
      isLive: () => state.isLive,
      positions: () => positionsOf(state),
      me: () => state.me()?.id ?? 0,
      keep: (item) => cache.keep(item),
      forget: (key) => cache.forget(key),
      signedOut: session.lost,
      turnedAway: () => void session.check(),
      noticed: notices.noticed,
    });
    return { leader, outbox: await cache.outbox() };
  }

  return {
    ...session,
    ...createPeople(core),
    session: state.session,
    connection: computed(() =>
      state.connection.value.state === "online" && !state.isLeading.value
        ? { ...state.connection.value, state: "shared" as const }
        : state.connection.value,
    ),
    about: state.about,
    isForeign: state.isForeign,
    chats: state.chats,
    totals: computed(() => totals(state.chats.value)),
    waiting: computed(() => state.outbox.value.filter((item) => item.state !== "failed").length),
    isKept: state.isKept,
    onNotice: notices.onNotice,
    onEnded: notices.onEnded,
    async start() {
      cache = await openCache(() => diskInTime(environment), (isKept) => void (state.isKept.value = isKept));
      const old = await cache.load();
      remember(state, old);
      if (old.me) outbox.heard(await cache.outbox());
      persistence = createPersistence(core);
      unlisten.push(environment.onWake(reconnect), environment.onPutAway(putAway, broughtBack));
      unlisten.push(
        environment.onLook(() => {
          persistence?.flush();
          look();
        }),
      );
      unlisten.push(askAbout(environment, state, rest));
      await session.check();
    },
    stop() {
      for (const end of unlisten.splice(0)) end();
      session.stop();
      tabs.close();
      persistence?.stop();
    },
    chat(id) {
      let view = views.get(id);
      if (!view) views.set(id, (view = isToBe(id) ? createChatToBe(core, id) : createChatView(core, id)));
      return view;
    },
    reconnect,
  };

  /** The browser keeps the page as it is, but not its locks: the other tabs must not wait for it. */
  function putAway() {
    persistence?.flush();
    tabs.leave();
    state.connection.value = { state: "connecting" };
  }

  function broughtBack() {
    if (state.session.peek().state === "signed-out") return void session.check();
    void session.again();
  }

  function reconnect() {
    // Before the disk has been looked at nothing is asked.
    if (!persistence) return;
    session.retry();
    tabs.tell({ do: "reconnect" });
  }
}

