/** How one goes from one place to the next, so that the browser's Back does what one expects. Rules on values. */
export const LIST = "#/";

/** What is remembered of an entry of the history. */
export interface Mark {
  /** Something stands before the page: going back takes it away. */
  front?: boolean;
  /** The entry below is the list, where there is room for one thing only. */
  overList?: boolean;
  /** The panel stood before the page, and one went on from a thing in it: going back opens it again. */
  panel?: boolean;
}

export interface Place {
  hash: string;
  mark: Mark;
}

export type Step =
  | { do: "stay" }
  | { do: "push" | "replace"; to: Place }
  /** And then to this, if there is anything. */
  | { do: "back"; then: string | null };

const isList = (hash: string) => hash === LIST || hash === "" || hash === "#";

export function stepTo(hash: string, now: Place, isNarrow: boolean): Step {
  if (now.mark.front) return { do: "back", then: hash };
  if (hash === now.hash) return { do: "stay" };
  if (!isNarrow) return { do: "push", to: { hash, mark: {} } };
  const { overList = false } = now.mark;
  if (isList(hash)) return overList ? { do: "back", then: null } : { do: "replace", to: { hash, mark: {} } };
  if (isList(now.hash)) return { do: "push", to: { hash, mark: { overList: true } } };
  // From chat to chat; the list stays what is below.
  return { do: "replace", to: { hash, mark: { overList } } };
}

/** From a thing in the panel to another place, so that going back leads to the panel again: what becomes of the entry of now, and the next one. */
export function stepFromPanel(hash: string, { mark }: Place): { here: Mark; next: Place } {
  const { front = false, ...below } = mark;
  return { here: front ? { ...below, panel: true } : below, next: { hash, mark: below } };
}

/** The entry of a panel, to which one has come back, as it is once the panel stands before the page again. */
export function backAtPanel({ panel, ...mark }: Mark): Mark | null {
  return panel === true ? { ...mark, front: true } : null;
}

/** Something stands before the page from now on, or nothing does any more. */
export function stepOf(isCovered: boolean, { hash, mark }: Place): Step {
  if (isCovered === (mark.front ?? false)) return { do: "stay" };
  return isCovered ? { do: "push", to: { hash, mark: { ...mark, front: true } } } : { do: "back", then: null };
}
