/**
 * The tabs of one browser. The one that leads (`leading.ts`) has the connection and the outbox, and the others speak with it.
 * Without locks, or without a way to speak with the others, every tab leads itself.
 */
import type { Channel, Environment } from "./environment.ts";
import { createLeading, join, leave, tabLock, type Leading, type LeadingCallbacks } from "./leading.ts";
import type { Letter } from "./letters.ts";
import type { Command, News } from "./news.ts";
import { isRecord } from "./value-checks.ts";

const CHANNEL = "vestnik";

/** What is no matter of a connection. */
const OF_ALL: News["is"][] = ["session", "draft", "meet"];

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

export interface TabsCallbacks extends Pick<LeadingCallbacks, "alone"> {
  news(news: News): void;
  /** This tab leads from now on. */
  lead(among: Pick<Tabs, "publish" | "answer">): ReturnType<LeadingCallbacks["lead"]>;
}

export function createTabs(environment: Environment, own: string, callbacks: TabsCallbacks): Tabs {
  const channel: Channel | null = environment.openChannel(CHANNEL, (message) => {
    if (isRecord(message)) receive(message as unknown as Letter);
  });
  const post = (letter: Letter) => channel?.post(letter);
  const followed = createFollowed((tab) => leading.leader?.gone(tab));
  const leading: Leading = createLeading(environment, own, channel && environment.locks, {
    post,
    lead: () => callbacks.lead({ publish, answer }),
    alone: callbacks.alone,
    left: followed.clear,
  });

  function receive(letter: Letter) {
    if (letter.to === "tabs") {
      // Without locks the others speak of connections of their own.
      if (leading.locks || OF_ALL.includes(letter.news.is)) callbacks.news(letter.news);
    } else if (letter.to === "tab") {
      if (letter.tab !== own) return;
      [leading.isLed, leading.hasFought] = [true, false];
      if ("news" in letter) callbacks.news(letter.news);
    } else if (leading.leader && leading.locks) {
      followed.follow(leading, letter.tab);
      if ("asks" in letter) post({ to: "tab", tab: letter.tab, leads: true });
      else leading.leader.command(letter.tab, letter.command);
    }
  }

  function publish(news: News) {
    if (leading.locks) post({ to: "tabs", news });
    callbacks.news(news);
  }

  function answer(tab: string, news: News) {
    if (tab === own) callbacks.news(news);
    else post({ to: "tab", tab, news });
  }

  return {
    tell(command) {
      if (leading.leader) leading.leader.command(own, command);
      else post({ to: "leader", tab: own, command });
      if (command.do === "reconnect") leading.askNow();
    },
    publish,
    answer,
    announce: (news) => post({ to: "tabs", news }),
    isLeading: () => leading.leader !== null,
    join: () => join(leading),
    leave: () => leave(leading),
    close() {
      leave(leading);
      channel?.close();
    },
  };
}

/** The tabs whose end is waited for. */
function createFollowed(gone: (tab: string) => void) {
  const followed = new Set<string>();
  return {
    follow({ locks, leaving }: Leading, tab: string) {
      if (!locks || followed.has(tab)) return;
      followed.add(tab);
      const over = () => {
        followed.delete(tab);
        gone(tab);
      };
      locks.hold(tabLock(tab), leaving.signal, async () => over(), over);
    },
    clear: () => followed.clear(),
  };
}
