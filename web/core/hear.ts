/** What the leader tells becomes what this tab knows. */
import { batch } from "@preact/signals-core";
import type { Environment } from "./environment.ts";
import type { Command, News } from "./news.ts";
import type { ChatBody, Change, Counters, MessageBody, ReadyFrame, ServerFrame, SyncBody } from "./protocol.ts";
import * as chats from "./rules/chats.ts";
import { EMPTY, live, replayed } from "./rules/log.ts";
import type { Outbox } from "./rules/outbox.ts";
import { updateListed, type State } from "./state.ts";

/** One shown chat, for what concerns only those. */
export interface Showing {
  isOpen(): boolean;
  /** A new connection: it is to be opened there. */
  reopen(): void;
  /** A live change could not be applied. */
  missed(): void;
  frame(frame: ServerFrame): void;
  /** A replay has ended, which this tab asked for or another; is all here now? */
  replayed(isMine: boolean, isWhole: boolean, online: number[] | undefined): void;
  unopened(code: string): void;
  /** It is not the user's any more. */
  gone(): void;
  /** The connection is lost: who is there and who writes is not known. */
  lost(): void;
}

export interface Ear {
  tab: string;
  environment: Environment;
  state: State;
  showing(chatId: number): Showing | undefined;
  allShowing(): Iterable<Showing>;
  tell(command: Command): void;
  /** A leader is there, perhaps another than before. */
  leading(): void;
  /** The leader told this tab, which is new to it, how things stand. */
  welcomed(): void;
  outbox(items: Outbox): void;
  /** The history is another one than before. */
  historyChanged(): void;
  sessionChanged(): void;
}

export function hear(ear: Ear, news: News) {
  batch(() => take(ear, news));
}

function take(ear: Ear, news: News) {
  switch (news.is) {
    case "leading":
      return ear.leading();
    case "connection":
      ear.state.connection.value = news.connection;
      if (news.connection.state === "online" || news.connection.state === "connecting") return;
      for (const showing of ear.allShowing()) showing.lost();
      return;
    case "frame":
      return frame(ear, news.frame);
    case "opened":
      return opened(ear, news);
    case "unopened":
      if (news.tabs.includes(ear.tab)) ear.showing(news.chatId)?.unopened(news.code);
      return;
    case "outbox":
      return ear.outbox(news.items);
    case "synced":
      return synced(ear, news.body, news.asked, true);
    case "chat":
      return list(ear, news.body);
    case "gone":
      return gone(ear, news.chatId);
    case "said":
      return said(ear, news.chatId, news.messages);
    case "welcome":
      ear.state.connection.value = news.connection;
      ear.leading();
      ear.outbox(news.items);
      // Its counters are of the beginning of the connection; the list is asked for.
      if (news.ready) begin(ear, news.ready.epoch);
      ear.welcomed();
      return;
    case "session":
      return ear.sessionChanged();
  }
}

function frame(ear: Ear, frame: Exclude<ServerFrame, { type: "opened" }>) {
  switch (frame.type) {
    case "ready":
      return ready(ear, frame);
    case "unread": {
      const now = ear.environment.now() + ear.state.clockAhead;
      const readTo = stillReading(ear.state, frame);
      return updateListed(ear.state, frame.chat_id, (chat) => chats.counted(chat, frame, now, readTo));
    }
    case "muted":
      return updateListed(ear.state, frame.chat_id, (chat) => ({ ...chat, muted: frame.muted }));
    case "ack":
    case "typing":
    case "presence":
      return ear.showing(frame.chat_id)?.frame(frame);
    case "error":
    case "goaway":
      return;
    default:
      return change(ear, frame);
  }
}

/** Up to where the user has read what the server has not counted yet. */
function stillReading(state: State, counters: Counters): number {
  const n = state.reading.get(counters.chat_id) ?? 0;
  if (counters.read_n >= n) state.reading.delete(counters.chat_id);
  return n;
}

/** Something happened in a chat that some tab has open. */
function change(ear: Ear, change: Change) {
  const log = ear.state.log(change.chat_id);
  const showing = ear.showing(change.chat_id);
  const [next, verdict] = live(log.value, change);
  log.value = next;
  toList(ear, change);
  showing?.frame(change);
  if (verdict === "gap" && showing?.isOpen()) showing.missed();
}

function toList(ear: Ear, change: Change) {
  const me = ear.state.me()?.id ?? 0;
  const isListed = ear.state.listing.value.has(change.chat_id);
  updateListed(ear.state, change.chat_id, (chat) => chats.changed(chat, change, me));
  if (isListed && !ear.state.listing.value.has(change.chat_id)) gone(ear, change.chat_id);
}

function opened(ear: Ear, news: Extract<News, { is: "opened" }>) {
  const { frame, from } = news;
  const log = ear.state.log(frame.chat_id);
  const showing = ear.showing(frame.chat_id);
  const isMine = news.tabs.includes(ear.tab);
  // Another tab begins afresh; this one goes on from where it is.
  const isForeign = frame.reset === true && !isMine && log.value.seq !== null;
  const [next, verdict] = isForeign
    ? ([log.value, frame.seq > (log.value.seq ?? 0) ? "gap" : "known"] as const)
    : replayed(log.value, frame, from);
  if (verdict === "applied" && (showing?.isOpen() || log.value.seq !== null)) log.value = next;
  for (const change of frame.changes) {
    // What was not heard live may be about a membership that has changed again since.
    toList(ear, change);
    showing?.frame(change);
  }
  if (!frame.more) showing?.replayed(isMine, verdict !== "gap", frame.online);
  if (verdict === "gap" && showing?.isOpen()) showing.missed();
}

function ready(ear: Ear, frame: ReadyFrame) {
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
function begin(ear: Ear, of: string) {
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
  ear.state.listing.value = listing;
  for (const id of before.keys()) if (!listing.has(id)) gone(ear, id);
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

function list(ear: Ear, body: ChatBody) {
  const listing = new Map(ear.state.listing.value);
  listing.set(body.id, chats.listed(body, listing.get(body.id)));
  ear.state.listing.value = listing;
}

function gone(ear: Ear, chatId: number) {
  updateListed(ear.state, chatId, () => null);
  ear.state.log(chatId).value = EMPTY;
  ear.showing(chatId)?.gone();
}

function said(ear: Ear, chatId: number, messages: MessageBody[]) {
  const me = ear.state.me()?.id ?? 0;
  for (const message of messages) {
    updateListed(ear.state, chatId, (chat) => chats.changed(chat, { type: "message", ...message }, me));
  }
}
