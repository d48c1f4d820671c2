/**
 * The tabs of one browser. The one that holds the lock leads: it has the connection and the outbox. If
 * it is closed, the browser gives the lock to the next. Each tab also holds a lock of its own, by which
 * the leader hears that it is gone. One that holds the lock and says nothing, as a frozen one does, has it
 * taken away. Without locks, or without a way to speak with the others, every tab leads itself.
 */
import type { Channel, Environment } from "./environment.ts";
import type { Leader } from "./leader/leader.ts";
import type { Command, News } from "./news.ts";
import type { Outbox } from "./rules/outbox.ts";
import { isRecord } from "./shapes.ts";

const CHANNEL = "vestnik";
const LEADER = "vestnik-leader";
/** A tab asks whether somebody leads, waits so long for a word, and asks again so long after that, in milliseconds. */
const ANSWER_WITHIN = 10_000;
const ASK_AGAIN = 30_000;
/** Who has lost a lock joins again after so long. */
const JOIN_AFTER = 500;
const tabLock = (tab: string) => `vestnik-tab-${tab}`;

/** What is no matter of a connection. */
const OF_ALL: News["is"][] = ["session", "draft", "meet"];

/** What goes over the channel. */
type Letter =
  | { to: "leader"; tab: string; command: Command }
  | { to: "leader"; tab: string; asks: true }
  | { to: "tab"; tab: string; leads: true }
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

export interface TabsCallbacks {
  news(news: News): void;
  /** This tab leads from now on. */
  lead(among: Pick<Tabs, "publish" | "answer">): Promise<{ leader: Leader; outbox: Outbox }>;
  /** There is nobody who leads this tab, for the moment. */
  alone(): void;
}

export function createTabs(environment: Environment, own: string, callbacks: TabsCallbacks): Tabs {
  let leader: Leader | null = null;
  let leaving = new AbortController();
  let release = () => {};
  let joined = false;
  const followed = new Set<string>();
  const channel: Channel | null = environment.openChannel(CHANNEL, (message) => {
    if (isRecord(message)) receive(message as unknown as Letter);
  });
  /** Null where every tab is on its own. */
  let locks = channel && environment.locks;
  let cancelWatch = () => {};
  /** The user is back, or wants it tried: a leader that is stuck is found out sooner. */
  let askNow: () => unknown = () => {};
  /** Has a leader said anything since it was asked? */
  let isLed = false;
  /** This tab has lost its lock to another, or taken it from one: who is not heard of after that either cannot be reached. */
  let hasFought = false;

  function receive(letter: Letter) {
    if (letter.to === "tabs") {
      // Without locks the others speak of connections of their own.
      if (locks || OF_ALL.includes(letter.news.is)) callbacks.news(letter.news);
    } else if (letter.to === "tab") {
      if (letter.tab !== own) return;
      isLed = true;
      hasFought = false;
      if ("news" in letter) callbacks.news(letter.news);
    } else if (leader && locks) {
      follow(letter.tab);
      if ("asks" in letter) post({ to: "tab", tab: letter.tab, leads: true });
      else leader.command(letter.tab, letter.command);
    }
  }

  /** Waits for the end of a tab. */
  function follow(tab: string) {
    if (!locks || followed.has(tab)) return;
    followed.add(tab);
    const gone = () => {
      followed.delete(tab);
      leader?.gone(tab);
    };
    locks.hold(tabLock(tab), leaving.signal, async () => gone(), gone);
  }

  const post = (letter: Letter) => channel?.post(letter);

  function publish(news: News) {
    if (locks) post({ to: "tabs", news });
    callbacks.news(news);
  }

  function answer(tab: string, news: News) {
    if (tab === own) callbacks.news(news);
    else post({ to: "tab", tab, news });
  }

  async function lead(signal: AbortSignal) {
    const next = await callbacks.lead({ publish, answer });
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
    let isHeld = false;
    const held = () => {
      isHeld = true;
      return ended;
    };
    locks.hold(tabLock(own), signal, held, () => lost(signal, isHeld));
    compete("hold", signal, ended);
    post({ to: "leader", tab: own, command: { do: "greet" } });
    watch(signal, ended);
  }

  function compete(how: "hold" | "steal", signal: AbortSignal, ended: Promise<void>) {
    let isHeld = false;
    const held = async () => {
      isHeld = true;
      if (signal.aborted || leader) return;
      await lead(signal);
      await ended;
    };
    locks?.[how](LEADER, signal, held, () => lost(signal, isHeld));
  }

  /** A lock was taken away, or there are none to be had: another begins, or from now on each for itself. */
  function lost(signal: AbortSignal, isHeld: boolean) {
    if (signal.aborted || !joined) return;
    leave();
    if (!isHeld) locks = null;
    hasFought = true;
    callbacks.alone();
    const next = new AbortController();
    leaving = next;
    environment.after(JOIN_AFTER, () => {
      if (!next.signal.aborted && leaving === next) join();
    });
  }

  /** One who leads and says nothing is frozen, or stuck. Where taking its lock does not help, each is on its own. */
  function watch(signal: AbortSignal, ended: Promise<void>) {
    cancelWatch();
    isLed = false;
    post({ to: "leader", tab: own, asks: true });
    cancelWatch = environment.after(ANSWER_WITHIN, () => {
      if (signal.aborted) return;
      const isLost = !isLed && !leader;
      if (isLost && hasFought) return lost(signal, false);
      hasFought ||= isLost;
      if (isLost) compete("steal", signal, ended);
      cancelWatch = environment.after(isLost ? 0 : ASK_AGAIN, () => watch(signal, ended));
    });
    askNow = () => leader ?? watch(signal, ended);
  }

  function leave() {
    leaving.abort();
    if (!joined) return;
    joined = false;
    cancelWatch();
    askNow = () => {};
    leader?.stop();
    leader = null;
    followed.clear();
    release();
  }

  return {
    tell(command) {
      if (leader) leader.command(own, command);
      else post({ to: "leader", tab: own, command });
      if (command.do === "reconnect") askNow();
    },
    publish,
    answer,
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
