/** What is told becomes the list of chats, and brings what is kept of them up to date. */
import type { Ear } from "./ear.ts";
import { relist } from "./meetings.ts";
import type { ChatBody, Change, Counters, MessageBody, ReadyFrame, SyncBody } from "./protocol.ts";
import * as chats from "./rules/chats.ts";
import { EMPTY, replayed } from "./rules/log.ts";
import { updateListed, type State } from "./state.ts";

/** Up to where the user has read what the server has not counted yet. */
export function stillReading(state: State, counters: Counters): number {
  const n = state.reading.get(counters.chat_id) ?? 0;
  if (counters.read_n >= n) state.reading.delete(counters.chat_id);
  return n;
}

/** A change of a chat may change how it is listed. */
export function toList(ear: Ear, change: Change) {
  const me = ear.state.me()?.id ?? 0;
  const isListed = ear.state.listing.value.has(change.chat_id);
  updateListed(ear.state, change.chat_id, (chat) => chats.changed(chat, change, me));
  if (isListed && !ear.state.listing.value.has(change.chat_id)) gone(ear, change.chat_id);
}

/** The beginning of a connection: where the user stands. */
export function ready(ear: Ear, frame: ReadyFrame) {
  ear.state.clockAhead = Date.parse(frame.now) - ear.environment.now();
  epoch(ear, frame.epoch);
  const listing = new Map(ear.state.listing.value);
  for (const standing of frame.chats) {
    const known = listing.get(standing.chat_id);
    const readTo = stillReading(ear.state, standing);
    if (known) listing.set(known.id, chats.stood(known, standing, readTo));
  }
  ear.state.listing.value = listing;
  begin(ear, frame.epoch);
}

/** A connection is there: what is shown is opened on it. */
export function begin(ear: Ear, of: string) {
  epoch(ear, of);
  for (const showing of ear.allShowing()) if (showing.isOpen()) showing.reopen();
}

function epoch(ear: Ear, epoch: string) {
  const old = ear.state.epoch.value;
  ear.state.epoch.value = epoch;
  if (old === null || old === epoch) return;
  ear.state.forgetHistory();
  ear.historyChanged();
}

/** The list is the server's; recent chats that nobody shows are brought up to date. `isCounted` says
 * that the connection has told the counters of what is known. */
export function synced(ear: Ear, body: SyncBody, asked: Record<number, number>, isCounted: boolean) {
  epoch(ear, body.epoch);
  const before = ear.state.listing.value;
  const listing = new Map<number, chats.Listed>();
  for (const { chat_id: id, ...chat } of body.chats) {
    listing.set(id, chats.listed({ ...chat, id }, before.get(id), isCounted));
  }
  relist(ear, listing);
  for (const id of before.keys()) if (!ear.state.listing.value.has(id)) gone(ear, id);
  for (const recent of body.recent) {
    const log = ear.state.log(recent.chat_id);
    const isOpen = ear.showing(recent.chat_id)?.isOpen() ?? false;
    const isReset = recent.state === "reset";
    if (isReset ? isOpen || (log.value.seq ?? -1) >= recent.seq : recent.state === "unchanged") continue;
    const step = { seq: recent.seq, changes: recent.changes, reset: isReset };
    log.value = replayed(log.value, step, asked[recent.chat_id] ?? Infinity)[0];
    for (const change of recent.changes) toList(ear, change);
  }
}

/** A chat is in the list from now on, as the server lists it; what it counts is told by the connection. */
export function list(ear: Ear, body: ChatBody) {
  const listing = new Map(ear.state.listing.value);
  listing.set(body.id, chats.listed(body, listing.get(body.id), true));
  relist(ear, listing);
}

/** A chat is not the user's any more. */
export function gone(ear: Ear, chatId: number) {
  updateListed(ear.state, chatId, () => null);
  ear.state.log(chatId).value = EMPTY;
  ear.showing(chatId)?.gone();
}

/** What was said last in a chat in the background. */
export function said(ear: Ear, chatId: number, messages: MessageBody[]) {
  const me = ear.state.me()?.id ?? 0;
  for (const message of messages) {
    updateListed(ear.state, chatId, (chat) => chats.changed(chat, { type: "message", ...message }, me));
  }
}
