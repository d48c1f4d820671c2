/** What a scroller knows of where the reader is. */
import type { Signal } from "@preact/signals";
import type { ChatView, Timeline } from "@vestnik/client";
import type { DisplayWatch } from "./display-watch";
import type { Anchor } from "./row-positions";
import { around, type Span } from "./rendered-span";

/** So long it is waited for what is not on the page yet, or was asked for in vain. */
export const PAUSE = 1500;

export interface ScrollState {
  view: ChatView;
  span: Signal<Span>;
  atBottom: Signal<boolean>;
  /** Null while it is not on the page. */
  place: { box: HTMLElement; list: HTMLElement; displayWatch: DisplayWatch } | null;
  anchor: Anchor | null;
  /** A row that is to be gone to once it is on the page, which it may not come to. */
  target: { key: string; share: number; until: number } | null;
  /** Found its first place: not yet, among cached messages, or for good. */
  landed: "no" | "in cache" | "yes";
  /** Nothing counts as read until the reader does something. */
  isHeld: boolean;
  /** The first unread message is being brought here. */
  isBringing: boolean;
  wasAttached: boolean;
  /** The edges behind which more is being asked for. */
  asked: Set<string>;
}

/** The same span again is no change, so that a page that is settled stays so. */
export function setSpan(state: ScrollState, next: Span): void {
  const { from, to } = state.span.peek();
  if (next.from !== from || next.to !== to) state.span.value = next;
}

export function isGoing({ target }: ScrollState): boolean {
  return target !== null && performance.now() <= target.until;
}

export function isAtEnd({ span }: ScrollState, timeline: Timeline): boolean {
  return span.peek().to === null && !timeline.hasNewer;
}

/** Goes to a message, with its row so far down the box. */
export function show(state: ScrollState, n: number, key: string, share: number): void {
  setSpan(state, around(state.view.timeline.peek().messages, n));
  state.target = { key, share, until: performance.now() + PAUSE };
  state.atBottom.value = false;
}
