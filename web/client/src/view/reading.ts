/** Reading a chat: opening it, and going back and forth in it. */
import { computed, signal, type ReadonlySignal } from "@preact/signals-core";
import type { Pending, Timeline } from "../api.ts";
import * as bodies from "../bodies.ts";
import type { Core } from "../core.ts";
import type { MessageBody } from "../protocol.ts";
import * as rules from "../rules/log.ts";

const PAGE = 50;
/** Rows that stay while the chat is not shown. */
const STAY = 50;
/** How often a page is asked for that was dropped. */
const TRIALS = 3;

export interface Reading {
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
  loadOlder(): Promise<void>;
  loadNewer(): Promise<void>;
  showAround(n: number): Promise<void>;
  showLatest(): Promise<void>;
}

export function createReading(core: Core, id: number, pending: ReadonlySignal<readonly Pending[]>): Reading {
  const { state } = core;
  const log = state.log(id);
  const loading = signal<Timeline["loading"]>(null);
  const firstUnread = signal<number | null>(null);
  const isUnchecked = signal(true);
  let isShown = false;
  let isAsking = false;
  /** What had been read when the mark of the first unread one was set. */
  let markedAt = -1;
  let isCompleting = false;
  /** A page or the rest of a message is being asked for. */
  let asked: Promise<void> | null = null;
  const waiting: (() => void)[] = [];

  const listed = computed(() => state.listing.value.get(id));
  const readN = computed(() => listed.value?.readN ?? 0);
  const timeline = computed<Timeline>(() => ({
    messages: log.value.rows,
    pending: pending.value,
    hasOlder: rules.hasOlder(log.value),
    hasNewer: rules.hasNewer(log.value),
    loading: loading.value,
    firstUnread: firstUnread.value,
    readN: readN.value,
    fromCache: isUnchecked.value && log.value.seq !== null,
  }));

  function markFirstUnread() {
    const chat = listed.peek();
    markedAt = chat?.readN ?? -1;
    firstUnread.value = chat && chat.unread > 0 ? chat.readN + 1 : null;
  }

  function ask() {
    isAsking = true;
    core.tell({ do: "open", chatId: id, after: log.peek().seq, epoch: state.epoch.peek() });
  }

  /** It is checked against the server, or that will take a while. */
  function checked(): Promise<void> {
    const isAway = ["offline", "restarting"].includes(state.connection.peek().state);
    if (!isUnchecked.peek() || !isShown || isAway) return Promise.resolve();
    return new Promise((resolve) => waiting.push(resolve));
  }

  function away() {
    for (const resolve of waiting.splice(0)) resolve();
  }

  function settled() {
    if (loading.peek() === "first") loading.value = null;
    away();
  }

  /** Looks up what was not told of a message, which happens when it changed in the midst of a replay. */
  async function complete() {
    const bare = isShown && loading.peek() === null && log.peek().rows.find((row) => row.isBare);
    if (!bare || isCompleting) return;
    isCompleting = true;
    log.value = rules.asking(log.peek());
    const request = core.rest("GET", `/api/chats/${id}/messages/${bare.id}`, bodies.message);
    asked = request.then(() => undefined);
    const answer = await request;
    log.value = rules.asked(answer.ok ? rules.completed(log.peek(), answer.value) : log.peek());
    isCompleting = false;
    asked = null;
    if (answer.ok) void complete();
  }

  async function page(kind: NonNullable<Timeline["loading"]>, query: string, take: Take) {
    if (loading.peek() !== null || isCompleting || log.peek().seq === null) return;
    loading.value = kind;
    log.value = rules.asking(log.peek());
    const path = `/api/chats/${id}/messages?limit=${PAGE}${query}`;
    const request = core.rest("GET", path, bodies.messages);
    asked = request.then(() => undefined);
    const answer = await request;
    const next = answer.ok ? take(log.peek(), answer.value.messages, typeof answer.value.next === "number") : log.peek();
    log.value = rules.asked(next);
    loading.value = null;
    asked = null;
    void complete();
  }

  /**
   * Goes to another stretch. What is being asked for ends first, and a page that was dropped, since a
   * replay has replaced everything meanwhile, is asked for again.
   */
  async function go(query: string, take: Take, isThere: () => boolean) {
    for (let trial = 0; trial < TRIALS && !isThere(); trial += 1) {
      while (asked) await asked;
      await page("first", query, take);
    }
  }

  return {
    timeline,
    isOpen: () => isShown,
    open() {
      if (!isShown) {
        isShown = true;
        isUnchecked.value = true;
        state.shownAt.set(id, core.environment.now());
        markFirstUnread();
        if (log.peek().seq === null) loading.value = "first";
        core.lookedElsewhere.emit();
        ask();
      }
      return checked();
    },
    close() {
      if (!isShown) return;
      isShown = isAsking = false;
      firstUnread.value = null;
      log.value = rules.shortened(log.peek(), STAY);
      settled();
      core.lookedElsewhere.emit();
      core.tell({ do: "close", chatId: id });
    },
    reopen: ask,
    missed() {
      if (!isAsking) ask();
    },
    replayed(isMine, isWhole) {
      if (isMine) isAsking = false;
      if (!isWhole || log.peek().seq === null || !isShown) return;
      // What was painted may have been old; unless the user has read on meanwhile.
      if (isUnchecked.peek() && [-1, readN.peek()].includes(markedAt)) markFirstUnread();
      isUnchecked.value = false;
      settled();
    },
    unopened() {
      isAsking = false;
      settled();
    },
    gone() {
      isAsking = false;
      isUnchecked.value = true;
      firstUnread.value = null;
      markedAt = -1;
      settled();
    },
    away,
    edited: () => void complete(),
    loadOlder: async () => {
      const before = rules.firstN(log.peek());
      if (rules.hasOlder(log.peek())) await page("older", `&before=${before}`, rules.withOlder);
    },
    loadNewer: async () => {
      const after = rules.lastN(log.peek());
      if (rules.hasNewer(log.peek())) await page("newer", `&after=${after}`, rules.withNewer);
    },
    async showAround(n) {
      const has = () => log.peek().rows.some((row) => row.n === n);
      await checked();
      await go(`&around=${n}`, rules.elsewhere, has);
    },
    async showLatest() {
      await checked();
      await go("", (now, rows) => rules.elsewhere(now, rows, false), () => !rules.hasNewer(log.peek()));
    },
  };
}

type Take = (log: rules.Log, page: MessageBody[], more: boolean) => rules.Log;
