/**
 * What is here of one chat: the messages of a stretch of it, without holes, and the position up to
 * which all its changes are known. Live changes, replays and pages meet here in any order; what comes
 * out depends on what the server has, not on the way it came.
 */
import type { Change, MessageBody, OpenedFrame } from "../protocol.ts";
import { pinned, reacted, toRow, updated, type Row } from "./message.ts";

export interface Log {
  /** All changes up to here are in; null: nothing is known. */
  seq: number | null;
  /** By `n`, without holes. */
  rows: readonly Row[];
  /** Messages behind a hole: a replay tells them by their last change, not by their number. */
  loose: readonly Row[];
  /** The highest number that was heard of. */
  headN: number;
  /** Changes since a page was asked for, which it may not know; null when none is. */
  journal: readonly Change[] | null;
}

export const EMPTY: Log = { seq: null, rows: [], loose: [], headN: 0, journal: null };

/** Rows that are kept of one chat; beyond it the other end is let go. */
export const MAX_ROWS = 2_000;
const MAX_LOOSE = 1_000;
const MAX_JOURNAL = 1_000;

export type Verdict = "applied" | "known" | "gap";

export const firstN = (log: Log) => log.rows[0]?.n ?? 1;
export const lastN = (log: Log) => log.rows.at(-1)?.n ?? 0;
export const hasOlder = (log: Log) => firstN(log) > 1;
export const hasNewer = (log: Log) => lastN(log) < log.headN;

/** A live change: the next one is applied, a known one dropped; a later one means that some are
 * missing. */
export function live(log: Log, change: Change): [Log, Verdict] {
  if (log.seq === null || change.seq > log.seq + 1) return [log, "gap"];
  if (change.seq <= log.seq) return [log, "known"];
  return [{ ...applied(log, [change]), seq: change.seq }, "applied"];
}

/** A step of a replay that begins behind `from`, or which replaces everything. */
export function replayed(
  log: Log,
  step: Pick<OpenedFrame, "seq" | "changes" | "reset">,
  from: number,
): [Log, Verdict] {
  if (step.reset) return [fresh(step.changes, step.seq), "applied"];
  if (log.seq === null || from > log.seq) return [log, "gap"];
  if (step.seq <= log.seq) return [log, "known"];
  const news = step.changes.filter((change) => change.seq > (log.seq ?? 0));
  return [{ ...applied(log, news), seq: step.seq }, "applied"];
}

/** Nothing but the newest messages is left. */
function fresh(changes: readonly Change[], seq: number): Log {
  const all = changes.filter(isMessage).map(toRow).sort(byNumber);
  // One that changed at that very moment is missing, and will be told live.
  const [rows, loose] = [all.slice(0, 1), all.slice(1)];
  // A page that is on its way may be older than changes that were never told: it is dropped.
  return joined({ seq, rows, loose, headN: all.at(-1)?.n ?? 0, journal: null });
}

export function applied(log: Log, changes: readonly Change[]): Log {
  const rows = new Map(log.rows.map((row) => [row.id, row]));
  const loose = new Map(log.loose.map((row) => [row.id, row]));
  let headN = log.headN;
  for (const change of changes) {
    if (isMessage(change)) headN = Math.max(headN, change.n);
    if (touch(rows, change) || touch(loose, change) || !isMessage(change)) continue;
    if (change.n > lastN(log)) loose.set(change.id, toRow(change));
  }
  const journal = log.journal && [...log.journal, ...changes].slice(-MAX_JOURNAL);
  return joined({ ...log, rows: [...rows.values()], loose: [...loose.values()], headN, journal });
}

/** Changes the row that a change is about, if it is here. */
function touch(rows: Map<number, Row>, change: Change): boolean {
  const row = "id" in change ? rows.get(change.id) : undefined;
  if (row) rows.set(row.id, changed(row, change));
  return row !== undefined;
}

function changed(row: Row, change: Change): Row {
  if (isMessage(change)) return updated(row, change);
  if (change.type === "reaction") return reacted(row, change.emoji, change.user_id, change.on);
  return change.type === "pin" ? pinned(row, change.on) : row;
}

/** Lets in what is no longer behind a hole. */
function joined(log: Log): Log {
  const end = lastN(log);
  const loose = log.loose.filter((row) => row.n > end).sort(byNumber);
  let taken = 0;
  while (loose[taken]?.n === end + taken + 1) taken += 1;
  const rest = loose.slice(taken);
  const rows = [...log.rows, ...loose.slice(0, taken)].slice(-MAX_ROWS);
  // What is let go is known to be there: `headN` has counted it.
  return { ...log, rows, loose: rest.length > MAX_LOOSE ? [] : rest };
}

/** A page is being asked for. Only one at a time is; what comes unasked is dropped. */
export const asking = (log: Log): Log => ({ ...log, journal: log.journal ?? [] });
/** No page is being asked for any more. */
export const asked = (log: Log): Log => ({ ...log, journal: null });

/** The messages before the first one; what does not end there is of another stretch. */
export function withOlder(log: Log, page: readonly MessageBody[]): Log {
  if (log.journal === null) return log;
  const older = current(log, page).filter((row) => row.n < firstN(log));
  if (older.at(-1)?.n !== firstN(log) - 1) return log;
  const rows = [...older, ...log.rows].slice(0, MAX_ROWS);
  return { ...log, rows };
}

/** The messages behind the last one; `more` says whether others follow. */
export function withNewer(log: Log, page: readonly MessageBody[], more: boolean): Log {
  if (log.journal === null) return log;
  const newer = current(log, page).filter((row) => row.n > lastN(log));
  if (newer.length > 0 && newer[0]?.n !== lastN(log) + 1) return log;
  const rows = [...log.rows, ...newer].slice(-MAX_ROWS);
  return joined({ ...log, rows, headN: headOf(log, rows, more) });
}

/** Another stretch; `more` says whether messages follow it. */
export function elsewhere(log: Log, page: readonly MessageBody[], more: boolean): Log {
  if (log.journal === null) return log;
  const rows = current(log, page).sort(byNumber);
  const loose = [...log.loose, ...log.rows.filter((row) => row.n > (rows.at(-1)?.n ?? 0))];
  return joined({ ...log, rows, loose, headN: headOf(log, rows, more) });
}

/** A message whose rest was looked up. */
export function completed(log: Log, body: MessageBody): Log {
  if (log.journal === null) return log;
  const rows = log.rows.map((row) => (row.id === body.id ? updated(row, body) : row));
  return applied({ ...log, rows, journal: null }, log.journal);
}

function headOf(log: Log, rows: readonly Row[], more: boolean): number {
  const end = rows.at(-1)?.n ?? 0;
  return Math.max(log.headN, more ? end + 1 : end);
}

/** A page with what was heard while it was on its way. */
function current(log: Log, page: readonly MessageBody[]): Row[] {
  const rows = new Map(page.map((body) => [body.id, toRow(body)]));
  for (const change of log.journal ?? []) touch(rows, change);
  return [...rows.values()];
}

/** The newest rows, for the time when the chat is not shown; nothing if they are not here. */
export function shortened(log: Log, count: number): Log {
  if (log.rows.length <= count) return log;
  return hasNewer(log) ? EMPTY : { ...log, rows: log.rows.slice(-count), loose: [] };
}

export function isMessage(change: Change): change is Extract<Change, MessageBody> {
  return change.type === "message" || change.type === "edited" || change.type === "deleted";
}

const byNumber = (a: Row, b: Row) => a.n - b.n;
