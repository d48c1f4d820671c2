/** Measuring and moving a scrolled list of rows, each of which has a `data-key`. */
export interface Anchor {
  key: string;
  /** How far below the upper edge of the view its row begins. */
  offset: number;
  /** How far the box was scrolled then, and how much there was in it. */
  scrolled: number;
  height: number;
}

/** The row at the upper edge of the view, or the next one that stays as it is whatever comes above it. */
export function anchorOf(box: HTMLElement, list: HTMLElement): Anchor | null {
  const rows = list.children;
  let low = firstInView(box, list);
  while (low < rows.length - 1 && !isSteady(rows[low] as HTMLElement)) low += 1;
  const row = rows[low] as HTMLElement | undefined;
  const key = row?.dataset["key"];
  if (row === undefined || key === undefined) return null;
  return { key, offset: row.offsetTop - box.scrollTop, scrolled: box.scrollTop, height: box.scrollHeight };
}

/** The first message of a day goes up to those before it, and looks different then; the day's own row does so too. */
function isSteady(row: HTMLElement): boolean {
  const before = row.previousElementSibling as HTMLElement | null;
  return row.dataset["n"] !== undefined && before?.dataset["n"] !== undefined;
}

/** How far the reader has scrolled since; the event that tells of it may come later than the next rows. */
export function scrolledSince(box: HTMLElement, anchor: Anchor): number {
  const by = box.scrollTop - anchor.scrolled;
  // What became shorter, or has more room, may have moved by itself.
  return by < 0 && (box.scrollHeight < anchor.height || below(box) < 1) ? 0 : by;
}

/** Brings a row back to where it was, or has been scrolled since; false if it is not there. */
export function restore(box: HTMLElement, list: HTMLElement, anchor: Anchor, by: number): boolean {
  const row = rowOf(list, anchor.key);
  if (row === null) return false;
  const top = row.offsetTop - anchor.offset + by;
  if (Math.abs(box.scrollTop - top) >= 1) box.scrollTop = top;
  return true;
}

export function rowOf(list: HTMLElement, key: string): HTMLElement | null {
  return list.querySelector<HTMLElement>(`:scope > [data-key="${CSS.escape(key)}"]`);
}

export function toBottom(box: HTMLElement): void {
  box.scrollTop = box.scrollHeight;
}

export function below(box: HTMLElement): number {
  return box.scrollHeight - box.scrollTop - box.clientHeight;
}

/** The place of the first row that does not end above the view. */
export function firstInView(box: HTMLElement, list: HTMLElement): number {
  const rows = list.children;
  let low = 0;
  let high = rows.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    const row = rows[middle] as HTMLElement;
    if (row.offsetTop + row.offsetHeight <= box.scrollTop) low = middle + 1;
    else high = middle;
  }
  return low;
}
