/** The page has changed: what the reader looks at stays in its place, and a chat that is opened finds its first one. */
import type { Timeline } from "@vestnik/client";
import { edges } from "./load-more";
import { anchorOf, below, restore, rowOf, scrolledSince, toBottom } from "./row-positions";
import { isAtEnd, isGoing, PAUSE, setSpan, show, type ScrollState } from "./scroll-state";
import { grown, latest, within } from "./rendered-span";

/** This near to the bottom is at the bottom. */
export const NEAR = 60;

export function settle(state: ScrollState): void {
  const { place, view, atBottom } = state;
  // What has just been taken out of the page has no places and no sizes.
  if (place === null || !place.box.isConnected || place.box.clientHeight === 0) return;
  const timeline = view.timeline.peek();
  land(state, timeline);
  keepSpan(state, timeline);
  const { box, list } = place;
  const { target } = state;
  const row = target === null ? null : rowOf(list, target.key);
  if (row === null && !isGoing(state)) state.target = null;
  if (row !== null && target !== null) {
    box.scrollTop = row.offsetTop - box.clientHeight * target.share;
    state.target = null;
    atBottom.value = isAtEnd(state, timeline) && below(box) < NEAR;
  } else if (state.target === null) {
    const by = state.anchor === null ? 0 : scrolledSince(box, state.anchor);
    if (by < 0 && below(box) >= NEAR) atBottom.value = false;
    if (atBottom.peek()) toBottom(box);
    else if (state.anchor !== null) restore(box, list, state.anchor, by);
  }
  state.anchor = anchorOf(box, list);
  edges(state, timeline, () => settle(state));
  place.displayWatch.look();
}

function land(state: ScrollState, timeline: Timeline): void {
  // Once among what was cached, and again once the server has said how it is.
  if (state.landed === "yes" || timeline.messages.length === 0 || (state.landed === "in cache" && timeline.fromCache)) return;
  state.landed = timeline.fromCache ? "in cache" : "yes";
  const { firstUnread, messages } = timeline;
  if (firstUnread === null) {
    if (state.target === null) setSpan(state, latest(messages));
  } else if (messages.some(({ n }) => n === firstUnread)) {
    show(state, firstUnread, "new", 0.25);
  } else if (state.landed === "yes") {
    state.landed = "in cache";
    void bringTo(state, firstUnread);
  }
}

/** Brings the first unread message here. Until it is here, or the reader goes elsewhere, they have not arrived. */
async function bringTo(state: ScrollState, n: number): Promise<void> {
  if (state.isBringing) return;
  state.isBringing = true;
  await state.view.showAround(n);
  state.isBringing = false;
  if (state.landed !== "in cache" || state.place === null) return;
  if (!state.view.timeline.peek().messages.some((message) => message.n === n)) return void setTimeout(() => settle(state), PAUSE);
  state.landed = "yes";
  show(state, n, "new", 0.25);
  settle(state);
}

function keepSpan(state: ScrollState, { messages }: Timeline): void {
  const next = grown(messages, state.span.peek(), state.atBottom.peek());
  const isElsewhere = messages.length > 0 && within(messages, next).length === 0;
  setSpan(state, isElsewhere ? latest(messages) : next);
}
