/** More is shown, or asked for, before an edge of what is shown is reached. */
import type { Timeline } from "@vestnik/client";
import { below } from "./row-positions";
import { PAUSE, setSpan, type ScrollState } from "./scroll-state";
import { extendedDown, extendedUp } from "./rendered-span";

/** This far before it. */
const AHEAD = 900;

/** `settle` is called when it is time to look again. */
export function edges(state: ScrollState, timeline: Timeline, settle: () => void): void {
  const { place, span, view } = state;
  if (place === null || state.landed === "no" || state.target !== null) return;
  const { box } = place;
  if (box.scrollTop < AHEAD) {
    const up = extendedUp(timeline.messages, span.peek());
    if (up !== span.peek()) setSpan(state, up);
    else if (timeline.hasOlder) void more(state, timeline, () => `older ${view.timeline.peek().messages[0]?.n}`, view.loadOlder, settle);
  }
  if (below(box) < AHEAD) {
    const down = extendedDown(timeline.messages, span.peek());
    if (down !== span.peek()) setSpan(state, down);
    else if (timeline.hasNewer) void more(state, timeline, () => `newer ${view.timeline.peek().messages.at(-1)?.n}`, view.loadNewer, settle);
  }
}

/** What was asked for in vain, as without a connection, is asked for again after a while. */
async function more(
  { asked }: ScrollState,
  timeline: Timeline,
  edge: () => string,
  load: () => Promise<void>,
  settle: () => void,
): Promise<void> {
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
