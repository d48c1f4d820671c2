/**
 * Where the reader is in a timeline. It follows the newest message while the reader is at the bottom,
 * keeps what they look at in its place otherwise, and asks for more before an edge is reached.
 */
import { signal, type Signal } from "@preact/signals";
import type { ChatView, Timeline } from "@vestnik/client";
import { openEyes, type Eyes } from "./eyes";
import { anchorOf, below, restore, rowOf, scrolledSince, toBottom, type Anchor } from "./place";
import { around, extendedDown, extendedUp, grown, latest, within, type Span } from "./span";

/** This near to the bottom is at the bottom. */
const NEAR = 60;
/** More is shown, or asked for, this far before an edge. */
const AHEAD = 900;
const PAUSE = 1500;

export interface Scroller {
  readonly span: Signal<Span>;
  readonly atBottom: Signal<boolean>;
  /** The message that was jumped to, for a moment. */
  readonly marked: Signal<number | null>;
  attach(box: HTMLElement, list: HTMLElement): () => void;
  /** The page has changed: put things where they belong. */
  settle(): void;
  /** False if there is no such message. */
  goTo(n: number): Promise<boolean>;
  toLatest(): Promise<void>;
  /** Nothing is marked as read until the reader does something. */
  hold(): void;
}

export function scrollerOf(view: ChatView): Scroller {
  const span = signal<Span>(latest(view.timeline.peek().messages));
  const atBottom = signal(true);
  const marked = signal<number | null>(null);
  let place: { box: HTMLElement; list: HTMLElement; eyes: Eyes } | null = null;
  let anchor: Anchor | null = null;
  /** A row that is to be gone to once it is on the page, which it may not come to. */
  let target: { key: string; share: number; until: number } | null = null;
  /** Found its first place: not yet, among cached messages, or for good. */
  let landed: "no" | "in cache" | "yes" = "no";
  let isHeld = false;
  let isBringing = false;
  let wasAttached = false;
  const asked = new Set<string>();
  let unmark: ReturnType<typeof setTimeout> | undefined;

  function settle(): void {
    // What has just been taken out of the page has no places and no sizes.
    if (place === null || !place.box.isConnected || place.box.clientHeight === 0) return;
    const timeline = view.timeline.peek();
    land(timeline);
    keepSpan(timeline);
    const { box, list } = place;
    const row = target === null ? null : rowOf(list, target.key);
    if (row === null && !isGoing()) target = null;
    if (row !== null && target !== null) {
      box.scrollTop = row.offsetTop - box.clientHeight * target.share;
      target = null;
      atBottom.value = isAtEnd(timeline) && below(box) < NEAR;
    } else if (target === null) {
      const by = anchor === null ? 0 : scrolledSince(box, anchor);
      if (by < 0 && below(box) >= NEAR) atBottom.value = false;
      if (atBottom.peek()) toBottom(box);
      else if (anchor !== null) restore(box, list, anchor, by);
    }
    anchor = anchorOf(box, list);
    edges(timeline);
    place.eyes.look();
  }

  function land(timeline: Timeline): void {
    // Once among what was cached, and again once the server has said how it is.
    if (landed === "yes" || timeline.messages.length === 0 || (landed === "in cache" && timeline.fromCache)) return;
    landed = timeline.fromCache ? "in cache" : "yes";
    const { firstUnread, messages } = timeline;
    if (firstUnread === null) {
      if (target === null) setSpan(latest(messages));
    } else if (messages.some(({ n }) => n === firstUnread)) {
      show(firstUnread, "new", 0.25);
    } else if (landed === "yes") {
      landed = "in cache";
      void bringTo(firstUnread);
    }
  }

  /** Is what is unread among the messages, or nothing is? */
  function isFirstUnreadHere({ firstUnread, messages }: Timeline): boolean {
    return firstUnread === null || messages.some(({ n }) => n === firstUnread);
  }

  /** Brings the first unread message here. Until it is here, or the reader goes elsewhere, they have not arrived. */
  async function bringTo(n: number): Promise<void> {
    if (isBringing) return;
    isBringing = true;
    await view.showAround(n);
    isBringing = false;
    if (landed !== "in cache" || place === null) return;
    if (!view.timeline.peek().messages.some((message) => message.n === n)) return void setTimeout(settle, PAUSE);
    landed = "yes";
    show(n, "new", 0.25);
    settle();
  }

  /** The same span again is no change, so that a page that is settled stays so. */
  function setSpan(next: Span): void {
    const { from, to } = span.peek();
    if (next.from !== from || next.to !== to) span.value = next;
  }

  function show(n: number, key: string, share: number): void {
    setSpan(around(view.timeline.peek().messages, n));
    target = { key, share, until: performance.now() + PAUSE };
    atBottom.value = false;
  }

  function keepSpan({ messages }: Timeline): void {
    const next = grown(messages, span.peek(), atBottom.peek());
    const isElsewhere = messages.length > 0 && within(messages, next).length === 0;
    setSpan(isElsewhere ? latest(messages) : next);
  }

  function isGoing(): boolean {
    return target !== null && performance.now() <= target.until;
  }

  function isAtEnd(timeline: Timeline): boolean {
    return span.peek().to === null && !timeline.hasNewer;
  }

  function edges(timeline: Timeline): void {
    if (place === null || landed === "no" || target !== null) return;
    const { box } = place;
    if (box.scrollTop < AHEAD) {
      const up = extendedUp(timeline.messages, span.peek());
      if (up !== span.peek()) setSpan(up);
      else if (timeline.hasOlder) void more(() => `older ${view.timeline.peek().messages[0]?.n}`, timeline, view.loadOlder);
    }
    if (below(box) < AHEAD) {
      const down = extendedDown(timeline.messages, span.peek());
      if (down !== span.peek()) setSpan(down);
      else if (timeline.hasNewer) void more(() => `newer ${view.timeline.peek().messages.at(-1)?.n}`, timeline, view.loadNewer);
    }
  }

  /** What was asked for in vain, as without a connection, is asked for again after a while. */
  async function more(edge: () => string, timeline: Timeline, load: () => Promise<void>): Promise<void> {
    const key = edge();
    if (timeline.loading !== null || asked.has(key)) return;
    asked.add(key);
    await load();
    const again = () => {
      asked.delete(key);
      settle();
    };
    if (edge() === key) setTimeout(again, PAUSE);
    else asked.delete(key);
  }

  function onScroll(): void {
    if (place === null || isGoing()) return;
    target = null;
    const timeline = view.timeline.peek();
    atBottom.value = isAtEnd(timeline) && below(place.box) < NEAR;
    anchor = anchorOf(place.box, place.list);
    edges(timeline);
    place.eyes.look();
  }

  function touched(): void {
    // Who moves among what was cached has not arrived where the unread ones begin, unless those are there.
    if (landed === "in cache" && isFirstUnreadHere(view.timeline.peek())) landed = "yes";
    isHeld = false;
    place?.eyes.look();
  }

  return {
    span,
    atBottom,
    marked,
    settle,
    attach(box, list) {
      const eyes = openEyes(box, list, {
        hasLanded: () => landed === "yes" && !isHeld && target === null,
        readN: () => view.timeline.peek().readN,
        isUnread: () => (view.chat.peek()?.unread ?? 0) > 0,
        read: view.markRead,
      });
      // Back in the page, as after one was added to a chat again: it finds its place anew.
      if (wasAttached) {
        [landed, anchor, target] = ["no", null, null];
        span.value = latest(view.timeline.peek().messages);
        atBottom.value = true;
      }
      wasAttached = true;
      place = { box, list, eyes };
      const sizes = new ResizeObserver(settle);
      sizes.observe(box);
      sizes.observe(list);
      box.addEventListener("scroll", onScroll, { passive: true });
      for (const name of ["wheel", "touchmove", "keydown"]) box.addEventListener(name, touched, { passive: true });
      return () => {
        place = null;
        sizes.disconnect();
        eyes.close();
      };
    },
    async goTo(n) {
      if (!view.timeline.peek().messages.some((message) => message.n === n)) await view.showAround(n);
      const found = view.timeline.peek().messages.find((message) => message.n === n);
      if (found === undefined) return false;
      landed = "yes";
      show(n, `m${found.id}`, 0.3);
      marked.value = found.id;
      clearTimeout(unmark);
      unmark = setTimeout(() => (marked.value = null), 2200);
      settle();
      return true;
    },
    async toLatest() {
      isHeld = false;
      if (view.timeline.peek().hasNewer) await view.showLatest();
      target = anchor = null;
      landed = "yes";
      setSpan(latest(view.timeline.peek().messages));
      atBottom.value = true;
      settle();
    },
    hold: () => (isHeld = true),
  };
}
