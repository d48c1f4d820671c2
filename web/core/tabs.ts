/**
 * The tabs of one browser. The one that holds the lock leads: it has the connection and the outbox. If
 * it is closed, the browser gives the lock to the next. Each tab also holds a lock of its own, by which
 * the leader hears that it is gone. Without locks every tab leads itself.
 */
import type { Channel, Environment } from "./environment.ts";
import type { Leader } from "./leader/leader.ts";
import type { Command, News } from "./news.ts";
import type { Outbox } from "./rules/outbox.ts";
import { isRecord } from "./shapes.ts";

const CHANNEL = "vestnik";
const LEADER = "vestnik-leader";
const tabLock = (tab: string) => `vestnik-tab-${tab}`;

/** What goes over the channel. */
type Letter =
  | { to: "leader"; tab: string; command: Command }
  | { to: "tabs"; news: News }
  | { to: "tab"; tab: string; news: News };

export interface Tabs {
  tell(command: Command): void;
  /** From the leader to all tabs, its own included. */
  publish(news: News): void;
  /** From the leader to one tab. */
  answer(tab: string, news: News): void;
  /** To all other tabs, by whomever. */
  announce(news: News): void;
  isLeading(): boolean;
  /** Takes part, until it leaves. */
  join(): void;
  leave(): void;
  close(): void;
}

export interface TabsHear {
  news(news: News): void;
  /** This tab leads from now on. */
  lead(): Promise<{ leader: Leader; outbox: Outbox }>;
}

export function createTabs(environment: Environment, own: string, hear: TabsHear): Tabs {
  const locks = environment.locks;
  let leader: Leader | null = null;
  let leaving = new AbortController();
  let release = () => {};
  let joined = false;
  const followed = new Set<string>();
  const channel: Channel | null = environment.openChannel(CHANNEL, (message) => {
    if (isRecord(message)) receive(message as unknown as Letter);
  });

  function receive(letter: Letter) {
    if (letter.to === "tabs") {
      // Without locks the others speak of connections of their own.
      if (locks || letter.news.is === "session") hear.news(letter.news);
    } else if (letter.to === "tab") {
      if (letter.tab === own) hear.news(letter.news);
    } else if (leader) {
      follow(letter.tab);
      leader.command(letter.tab, letter.command);
    }
  }

  /** Waits for the end of a tab. */
  function follow(tab: string) {
    if (!locks || followed.has(tab)) return;
    followed.add(tab);
    locks.hold(tabLock(tab), leaving.signal, async () => {
      followed.delete(tab);
      leader?.gone(tab);
    });
  }

  const post = (letter: Letter) => channel?.post(letter);

  async function lead(signal: AbortSignal) {
    const next = await hear.lead();
    if (signal.aborted) return;
    leader = next.leader;
    leader.start(next.outbox);
  }

  function join() {
    if (joined) return;
    joined = true;
    leaving = new AbortController();
    const { signal } = leaving;
    const ended = new Promise<void>((resolve) => (release = resolve));
    if (!locks) return void lead(signal);
    locks.hold(tabLock(own), signal, () => ended);
    locks.hold(LEADER, signal, async () => {
      if (signal.aborted) return;
      await lead(signal);
      await ended;
    });
    post({ to: "leader", tab: own, command: { do: "greet" } });
  }

  function leave() {
    if (!joined) return;
    joined = false;
    leader?.stop();
    leader = null;
    followed.clear();
    leaving.abort();
    release();
  }

  return {
    tell(command) {
      if (leader) leader.command(own, command);
      else post({ to: "leader", tab: own, command });
    },
    publish(news) {
      if (locks) post({ to: "tabs", news });
      hear.news(news);
    },
    answer(tab, news) {
      if (tab === own) hear.news(news);
      else post({ to: "tab", tab, news });
    },
    announce: (news) => post({ to: "tabs", news }),
    isLeading: () => leader !== null,
    join,
    leave,
    close() {
      leave();
      channel?.close();
    },
  };
}
