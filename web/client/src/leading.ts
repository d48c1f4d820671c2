/**
 * Which tab leads: the one that holds the lock. If it is closed, the browser gives the lock to the next; one that holds it
 * and says nothing, as a frozen one does, has it taken away. Where that does not help, or there are no locks, each leads itself.
 */
import type { Environment, Locks } from "./environment.ts";
import type { Leader } from "./leader/leader.ts";
import type { Letter } from "./letters.ts";
import type { Outbox } from "./rules/outbox.ts";

const LEADER = "vestnik-leader";
/** A tab asks whether somebody leads, waits so long for a word, and asks again so long after that, in milliseconds. */
const ANSWER_WITHIN = 10_000;
const ASK_AGAIN = 30_000;
/** Who has lost a lock joins again after so long. */
const JOIN_AFTER = 500;

/** Each tab holds one of its own, by which the leader hears that it is gone. */
export const tabLock = (tab: string) => `vestnik-tab-${tab}`;

export interface Leading {
  environment: Environment;
  own: string;
  callbacks: LeadingCallbacks;
  /** Null where every tab is on its own. */
  locks: Locks | null;
  leader: Leader | null;
  isJoined: boolean;
  /** Aborted when this tab leaves. */
  leaving: AbortController;
  /** Gives the locks back. */
  release(): void;
  /** Has a leader said anything since it was asked? */
  isLed: boolean;
  /** This tab has lost its lock to another, or taken it from one: who is not heard of after that either cannot be reached. */
  hasFought: boolean;
  cancelWatch(): void;
  /** The user is back, or wants it tried: a leader that is stuck is found out sooner. */
  askNow(): void;
}

export interface LeadingCallbacks {
  post(letter: Letter): void;
  /** This tab leads from now on. */
  lead(): Promise<{ leader: Leader; outbox: Outbox }>;
  /** There is nobody who leads this tab, for the moment. */
  alone(): void;
  /** It takes part no more. */
  left(): void;
}

export function createLeading(environment: Environment, own: string, locks: Locks | null, callbacks: LeadingCallbacks): Leading {
  return {
    environment, own, callbacks, locks,
    leader: null, isJoined: false, leaving: new AbortController(), release: () => {},
    isLed: false, hasFought: false, cancelWatch: () => {}, askNow: () => {},
  };
}

export function join(leading: Leading) {
  if (leading.isJoined) return;
  leading.isJoined = true;
  leading.leaving = new AbortController();
  const { signal } = leading.leaving;
  const ended = new Promise<void>((resolve) => (leading.release = resolve));
  if (!leading.locks) return void lead(leading, signal);
  let isHeld = false;
  const held = () => {
    isHeld = true;
    return ended;
  };
  leading.locks.hold(tabLock(leading.own), signal, held, () => lost(leading, signal, isHeld));
  compete(leading, "hold", signal, ended);
  leading.callbacks.post({ to: "leader", tab: leading.own, command: { do: "greet" } });
  watch(leading, signal, ended);
}

async function lead(leading: Leading, signal: AbortSignal) {
  const { leader, outbox } = await leading.callbacks.lead();
  if (signal.aborted) return;
  leading.leader = leader;
  leader.start(outbox);
}

function compete(leading: Leading, how: "hold" | "steal", signal: AbortSignal, ended: Promise<void>) {
  let isHeld = false;
  const held = async () => {
    isHeld = true;
    if (signal.aborted || leading.leader) return;
    await lead(leading, signal);
    await ended;
  };
  leading.locks?.[how](LEADER, signal, held, () => lost(leading, signal, isHeld));
}

/** A lock was taken away, or there are none to be had: another begins, or from now on each for itself. */
function lost(leading: Leading, signal: AbortSignal, isHeld: boolean) {
  if (signal.aborted || !leading.isJoined) return;
  leave(leading);
  if (!isHeld) leading.locks = null;
  leading.hasFought = true;
  leading.callbacks.alone();
  const next = new AbortController();
  leading.leaving = next;
  leading.environment.after(JOIN_AFTER, () => {
    if (!next.signal.aborted && leading.leaving === next) join(leading);
  });
}

/** One who leads and says nothing is frozen, or stuck. Where taking its lock does not help, each is on its own. */
function watch(leading: Leading, signal: AbortSignal, ended: Promise<void>) {
  const { environment, callbacks, own } = leading;
  leading.cancelWatch();
  leading.isLed = false;
  callbacks.post({ to: "leader", tab: own, asks: true });
  leading.cancelWatch = environment.after(ANSWER_WITHIN, () => {
    if (signal.aborted) return;
    const isLost = !leading.isLed && !leading.leader;
    if (isLost && leading.hasFought) return lost(leading, signal, false);
    leading.hasFought ||= isLost;
    if (isLost) compete(leading, "steal", signal, ended);
    leading.cancelWatch = environment.after(isLost ? 0 : ASK_AGAIN, () => watch(leading, signal, ended));
  });
  leading.askNow = () => {
    if (!leading.leader) watch(leading, signal, ended);
  };
}

export function leave(leading: Leading) {
  leading.leaving.abort();
  if (!leading.isJoined) return;
  leading.isJoined = false;
  leading.cancelWatch();
  leading.askNow = () => {};
  leading.leader?.stop();
  leading.leader = null;
  leading.callbacks.left();
  leading.release();
}
