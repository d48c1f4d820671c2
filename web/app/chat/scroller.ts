/**
 * Where the reader is in a timeline. It follows the newest message while the reader is at the bottom,
 * keeps what they look at in its place otherwise, and asks for more before an edge is reached.
 */
import { signal, type Signal } from "@preact/signals";
import type { ChatView, Timeline } from "@vestnik/client";
import { edges } from "./load-more";
import { watchDisplayed, type DisplayWatch } from "./display-watch";
import { anchorOf, below } from "./row-positions";
import { isAtEnd, isGoing, setSpan, show, type ScrollState } from "./scroll-state";
import { NEAR, settle } from "./keep-place";
import { latest, type Span } from "./rendered-span";

/** So long a message is marked that was jumped to. */
const MARKED_FOR = 2200;

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
  const state: ScrollState = {
    view,
    span: signal<Span>(latest(view.timeline.peek().messages)),
    atBottom: signal(true),
    place: null, anchor: null, target: null, landed: "no",
    isHeld: false, isBringing: false, wasAttached: false, asked: new Set(),
  };
  const marked = signal<number | null>(null);
  let unmark: ReturnType<typeof setTimeout> | undefined;

  return {
    span: state.span,
    atBottom: state.atBottom,
    marked,
    settle: () => settle(state),
    attach: (box, list) => attach(state, box, list),
    async goTo(n) {
      if (!view.timeline.peek().messages.some((message) => message.n === n)) await view.showAround(n);
      const found = view.timeline.peek().messages.find((message) => message.n === n);
      if (found === undefined) return false;
      state.landed = "yes";
      show(state, n, `m${found.id}`, 0.3);
      marked.value = found.id;
      clearTimeout(unmark);
      unmark = setTimeout(() => (marked.value = null), MARKED_FOR);
      settle(state);
      return true;
    },
    async toLatest() {
      state.isHeld = false;
      if (view.timeline.peek().hasNewer) await view.showLatest();
      state.target = state.anchor = null;
      state.landed = "yes";
      setSpan(state, latest(view.timeline.peek().messages));
      state.atBottom.value = true;
      settle(state);
    },
    hold: () => (state.isHeld = true),
  };
}

function attach(state: ScrollState, box: HTMLElement, list: HTMLElement): () => void {
  const displayWatch = displayWatchOf(state, box, list);
  // Back in the page, as after one was added to a chat again: it finds its place anew.
  if (state.wasAttached) {
    [state.landed, state.anchor, state.target] = ["no", null, null];
    state.span.value = latest(state.view.timeline.peek().messages);
    state.atBottom.value = true;
  }
  state.wasAttached = true;
  state.place = { box, list, displayWatch };
  const sizes = new ResizeObserver(() => settle(state));
  sizes.observe(box);
  sizes.observe(list);
  const detached = new AbortController();
  const options = { passive: true, signal: detached.signal };
  box.addEventListener("scroll", () => scrolled(state), options);
  for (const name of ["wheel", "touchmove", "keydown"]) box.addEventListener(name, () => touched(state), options);
  return () => {
    state.place = null;
    detached.abort();
    sizes.disconnect();
    displayWatch.close();
  };
}

function displayWatchOf(state: ScrollState, box: HTMLElement, list: HTMLElement): DisplayWatch {
  const { view } = state;
  return watchDisplayed(box, list, {
    hasLanded: () => state.landed === "yes" && !state.isHeld && state.target === null,
    readN: () => view.timeline.peek().readN,
    isUnread: () => (view.chat.peek()?.unread ?? 0) > 0,
    read: view.markRead,
  });
}

function scrolled(state: ScrollState): void {
  const { place, view } = state;
  if (place === null || isGoing(state)) return;
  state.target = null;
  const timeline = view.timeline.peek();
  state.atBottom.value = isAtEnd(state, timeline) && below(place.box) < NEAR;
  state.anchor = anchorOf(place.box, place.list);
  edges(state, timeline, () => settle(state));
  place.displayWatch.look();
}

function touched(state: ScrollState): void {
  // Who moves among what was cached has not arrived where the unread ones begin, unless those are there.
  if (state.landed === "in cache" && isFirstUnreadHere(state.view.timeline.peek())) state.landed = "yes";
  state.isHeld = false;
  state.place?.displayWatch.look();
}

/** Is what is unread among the messages, or nothing is? */
function isFirstUnreadHere({ firstUnread, messages }: Timeline): boolean {
  return firstUnread === null || messages.some(({ n }) => n === firstUnread);
}
