/** The life of a client: it begins, is looked at and away, is put away by the browser and brought back, and ends. */
import { askAbout } from "./about.ts";
import type { Client } from "./api.ts";
import type { Core } from "./core.ts";
import { diskInTime } from "./disk.ts";
import { createNewsHandler } from "./handle-news.ts";
import type { News } from "./news.ts";
import { createPersistence, type Persistence } from "./persistence.ts";
import type { Session } from "./session.ts";
import { remember } from "./state.ts";
import { sync } from "./syncing.ts";
import type { TabContext } from "./tab-context.ts";
import type { Views } from "./views.ts";

export interface Life extends Pick<Client, "start" | "stop" | "reconnect"> {
  /** The user is signed in: this tab takes part. */
  entered(): void;
  /** Nobody is any more. */
  left(): void;
}

export function createLife(core: Core, tab: TabContext, views: Views, session: Session): Life {
  const { environment, state, cache, tabs, outbox } = core;
  /** Null until it has been started: before the disk has been looked at nothing is told or asked. */
  let persistence: Persistence | null = null;
  const ends: (() => void)[] = [];

  function reconnect() {
    if (!persistence) return;
    session.retry();
    core.tell({ do: "reconnect" });
  }

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

  return {
    async start() {
      await cache.open(() => diskInTime(environment));
      const old = await cache.load();
      remember(state, old);
      if (old.me) outbox.heard(await cache.outbox());
      const kept = (persistence = createPersistence(core));
      ends.push(takeNews(core, tab, kept), core.lookedElsewhere.on(kept.touch));
      ends.push(environment.onWake(reconnect), environment.onPutAway(putAway, broughtBack));
      ends.push(
        environment.onLook(() => {
          kept.flush();
          views.look();
        }),
      );
      ends.push(askAbout(environment, state, core.rest));
      await session.check();
    },
    stop() {
      for (const end of ends.splice(0)) end();
      session.stop();
      tabs.close();
      persistence?.stop();
    },
    reconnect,
    entered() {
      tabs.join();
      // A list that is not there yet does not wait for the connection.
      if (state.listing.value.size === 0) void sync(tab, core.rest);
    },
    left() {
      // The last word that was typed is there for when the same user comes back.
      persistence?.flush();
      tabs.leave();
      outbox.clear();
      state.connection.value = { state: "connecting" };
    },
  };
}

function takeNews({ state, news }: Core, tab: TabContext, persistence: Persistence): () => void {
  const handle = createNewsHandler(tab);
  return news.on((one: News) => {
    // What other tabs hear is for who is known here; what was asked before they left must not come back.
    if (state.session.peek().state !== "signed-in" && one.is !== "session") return;
    handle(one);
    persistence.touch();
  });
}
