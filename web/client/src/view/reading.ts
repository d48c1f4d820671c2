/** Reading a chat: opening it, and what of it is shown. */
import { computed, signal, type ReadonlySignal, type Signal } from "@preact/signals-core";
import type { Pending, Timeline } from "../api.ts";
import type { Core } from "../core.ts";
import * as rules from "../rules/log.ts";
import { createPaging, type Paging } from "./paging.ts";

/** Rows that stay while the chat is not shown. */
const STAY = 50;

export interface Reading extends Pick<Paging, "loadOlder" | "loadNewer" | "showAround" | "showLatest"> {
  timeline: ReadonlySignal<Timeline>;
  isOpen(): boolean;
  open(): Promise<void>;
  close(): void;
  reopen(): void;
  missed(): void;
  replayed(isMine: boolean, isWhole: boolean): void;
  unopened(): void;
  /** It is not the user's any more; if it is again, they begin anew. */
  gone(): void;
  /** It will take a while until it can be opened. */
  away(): void;
  /** A message changed. */
  edited(): void;
}

export function createReading(core: Core, id: number, pending: ReadonlySignal<readonly Pending[]>): Reading {
  const { state } = core;
  const log = state.log(id);
  const loading = signal<Timeline["loading"]>(null);
  const unread = createFirstUnread(core, id);
  const request = createRequest(core, id);
  const checking = createChecking(core, loading);
  const { isUnchecked, settled, away } = checking;
  let isShown = false;
  const checked = () => (isShown ? checking.checked() : Promise.resolve());

  function begin() {
    isShown = true;
    isUnchecked.value = true;
    state.shownAt.set(id, core.environment.now());
    unread.mark();
    if (log.peek().seq === null) loading.value = "first";
    core.lookedElsewhere.emit();
    request.ask();
  }

  /** Nothing is waited for any more. */
  function over() {
    request.answered();
    settled();
  }

  function end() {
    isShown = false;
    unread.clear();
    log.value = rules.shortened(log.peek(), STAY);
    over();
    core.lookedElsewhere.emit();
    core.tell({ do: "close", chatId: id });
  }

  const { complete, ...paging } = createPaging(core, id, { loading, isShown: () => isShown, checked });
  return {
    ...paging,
    timeline: createTimeline(core, id, { pending, loading, isUnchecked, firstUnread: unread.firstUnread }),
    isOpen: () => isShown,
    open() {
      if (!isShown) begin();
      return checked();
    },
    close: () => isShown && end(),
    reopen: request.ask,
    missed: request.askOnce,
    replayed(isMine, isWhole) {
      if (isMine) request.answered();
      if (!isWhole || log.peek().seq === null || !isShown) return;
      // What was painted may have been old.
      if (isUnchecked.peek()) unread.markAgain();
      isUnchecked.value = false;
      settled();
    },
    unopened: over,
    gone() {
      isUnchecked.value = true;
      unread.forget();
      over();
    },
    away,
    edited: () => void complete(),
  };
}

/** Asks the leader for the chat, from where this tab stands. */
function createRequest({ state, tell }: Core, id: number) {
  let isAsking = false;

  function ask() {
    isAsking = true;
    tell({ do: "open", chatId: id, after: state.log(id).peek().seq, epoch: state.epoch.peek() });
  }

  return {
    ask,
    /** Unless it is asked for already. */
    askOnce() {
      if (!isAsking) ask();
    },
    answered: () => void (isAsking = false),
  };
}

/** Whether what is shown has been checked against the server. */
function createChecking({ state }: Core, loading: Signal<Timeline["loading"]>) {
  const isUnchecked = signal(true);
  const waiting: (() => void)[] = [];

  function away() {
    for (const resolve of waiting.splice(0)) resolve();
  }

  return {
    isUnchecked,
    /** It is checked, or that will take a while. */
    checked(): Promise<void> {
      const isAway = ["offline", "restarting"].includes(state.connection.peek().state);
      if (!isUnchecked.peek() || isAway) return Promise.resolve();
      return new Promise((resolve) => waiting.push(resolve));
    },
    away,
    settled() {
      if (loading.peek() === "first") loading.value = null;
      away();
    },
  };
}

/** The first message that was unread when the chat was opened. */
function createFirstUnread({ state }: Core, id: number) {
  const firstUnread = signal<number | null>(null);
  const listed = () => state.listing.peek().get(id);
  /** What had been read when the mark was set. */
  let markedAt = -1;

  function mark() {
    const chat = listed();
    markedAt = chat?.readN ?? -1;
    firstUnread.value = chat && chat.unread > 0 ? chat.readN + 1 : null;
  }

  return {
    firstUnread,
    mark,
    /** Unless the user has read on since. */
    markAgain() {
      if ([-1, listed()?.readN ?? 0].includes(markedAt)) mark();
    },
    clear: () => void (firstUnread.value = null),
    forget() {
      firstUnread.value = null;
      markedAt = -1;
    },
  };
}

interface Shown {
  pending: ReadonlySignal<readonly Pending[]>;
  loading: ReadonlySignal<Timeline["loading"]>;
  isUnchecked: ReadonlySignal<boolean>;
  firstUnread: ReadonlySignal<number | null>;
}

function createTimeline({ state }: Core, id: number, { pending, loading, isUnchecked, firstUnread }: Shown): ReadonlySignal<Timeline> {
  const log = state.log(id);
  const readN = computed(() => state.listing.value.get(id)?.readN ?? 0);
  return computed<Timeline>(() => ({
    messages: log.value.rows,
    pending: pending.value,
    hasOlder: rules.hasOlder(log.value),
    hasNewer: rules.hasNewer(log.value),
    loading: loading.value,
    firstUnread: firstUnread.value,
    readN: readN.value,
    fromCache: isUnchecked.value && log.value.seq !== null,
  }));
}
