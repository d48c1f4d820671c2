/**
 * What has been displayed: a rule on what was measured. A message is read once its end has been on a visible screen,
 * in a window that has the focus and with nothing before it, for a moment. Whatever is not known to be so is not.
 */
export interface Sight {
  /** Is the timeline part of the page? */
  isConnected: boolean;
  /** Is the tab the one that its window shows? */
  isVisible: boolean;
  /** Has the window the focus? */
  hasFocus: boolean;
  /** Is a dialog open, which takes the page behind it away from the reader? */
  isBehindDialog: boolean;
  /** Is the timeline where the reader was to be brought, and not on its way there? */
  hasLanded: boolean;
  /** The part of the timeline that is in the window, from top to bottom. */
  top: number;
  bottom: number;
  /** What may be in that part. */
  rows: readonly Measured[];
}

export interface Measured {
  n: number;
  top: number;
  bottom: number;
  /** Is something else drawn where its end is? */
  isCovered: boolean;
}

/** Since when each message has been displayed without a break. */
export type DisplayedSince = ReadonlyMap<number, number>;

export const NOTHING: DisplayedSince = new Map();

/** A moment, in milliseconds. */
export const MOMENT = 500;
/** How often is looked whether it is still so. */
export const GLANCE = 125;
/** Below the last line of a text there is the edge of its bubble, which nobody needs to see. */
export const EDGE = 8;
/** So much of the end of a message must be in view: a line. */
const LINE = 16;

/** The messages whose ends are displayed. */
export function displayed(sight: Sight): number[] {
  const isSeen = sight.isConnected && sight.isVisible && sight.hasFocus && !sight.isBehindDialog && sight.hasLanded;
  return isSeen ? sight.rows.filter((row) => isInView(row, sight)).map(({ n }) => n) : [];
}

function isInView({ top, bottom, isCovered }: Measured, sight: Sight): boolean {
  const height = bottom - top;
  const shown = Math.min(bottom, sight.bottom) - Math.max(top, sight.top);
  return !isCovered && height > 0 && bottom <= sight.bottom + EDGE && shown >= Math.min(height, LINE) - EDGE && shown > 0;
}

/** How it stands after another look: since when what is displayed is so, and how far has been read; null: no further. */
export function watched(since: DisplayedSince, sight: Sight, now: number, readN: number): { since: DisplayedSince; read: number | null } {
  const next = new Map<number, number>();
  let read: number | null = null;
  for (const n of displayed(sight)) {
    if (n <= readN) continue;
    // A clock that was set back begins anew.
    const from = Math.min(since.get(n) ?? now, now);
    next.set(n, from);
    if (now - from >= MOMENT) read = Math.max(read ?? n, n);
  }
  return { since: next, read };
}
