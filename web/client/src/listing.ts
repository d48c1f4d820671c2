/** What is told becomes the list of chats, and brings what is kept of them up to date. */
import type { TabContext } from "./tab-context.ts";
import { relist } from "./chats-to-be.ts";
import type { ChatBody, Change, Counters, MessageBody, ReadyFrame, SyncBody } from "./protocol.ts";
import { membership, type MembershipEnding, type Since } from "./rules/belonging.ts";
import * as chats from "./rules/chats.ts";
import { EMPTY, replayed } from "./rules/log.ts";
import { isToBe } from "./rules/chat-to-be.ts";
import { updateListed, type State } from "./state.ts";

/** Up to where the user has read what the server has not counted yet. */
export function stillReading(state: State, counters: Counters): number {
  const n = state.reading.get(counters.chat_id) ?? 0;
  if (counters.read_n >= n) state.reading.delete(counters.chat_id);
  return n;
}

/** A change of a chat may change how it is listed, and end it; `isLast`: whether there was no later word on that. */
export function toList(tab: TabContext, change: Change, isLast: boolean) {
  const me = tab.state.me()?.id ?? 0;
  const said = membership(change, me);
  if (said === null || said === "in") updateListed(tab.state, change.chat_id, (chat) => chats.changed(chat, change, me));
  else if (isLast) gone(tab, change.chat_id, said);
}

/** What is open somewhere and not in the list is back: it was hidden and something is said, or one was added again. */
export function back(tab: TabContext, change: Change) {
  const isNews = change.type === "message" || membership(change, tab.state.me()?.id ?? 0) === "in";
  if (isNews && !tab.state.listing.value.has(change.chat_id)) tab.tell({ do: "list", chatId: change.chat_id });
}

/** The beginning of a connection: where the user stands. */
export function ready(tab: TabContext, frame: ReadyFrame) {
  tab.state.clockAhead = Date.parse(frame.now) - tab.environment.now();
  applyEpoch(tab, frame.epoch);
  const listing = new Map(tab.state.listing.value);
  for (const readyChat of frame.chats) {
    const known = listing.get(readyChat.chat_id);
    const readTo = stillReading(tab.state, readyChat);
    if (known) listing.set(known.id, chats.stood(known, readyChat, readTo));
  }
  tab.state.listing.value = listing;
  begin(tab, frame.epoch);
}

/** A connection is there: what is shown is opened on it. */
export function begin(tab: TabContext, of: string) {
  applyEpoch(tab, of);
  for (const shownChat of tab.allShownChats()) if (shownChat.isOpen()) shownChat.reopen();
}

function applyEpoch(tab: TabContext, epoch: string) {
  const old = tab.state.epoch.value;
  tab.state.epoch.value = epoch;
  if (old === null || old === epoch) return;
  tab.state.forgetHistory();
  tab.historyChanged();
}

interface SyncRequest {
  /** The positions that were given. */
  asked: Record<number, number>;
  /** Has the connection told the counters of what is known? */
  isCounted: boolean;
  /** What came and went since then, by `Belonging`, the list may not know. */
  since: Since;
}

/** The list is the server's; recent chats that nobody shows are brought up to date. */
export function synced(tab: TabContext, body: SyncBody, { asked, isCounted, since }: SyncRequest) {
  applyEpoch(tab, body.epoch);
  const before = tab.state.listing.value;
  const listing = new Map<number, chats.Listed>();
  for (const { chat_id: id, ...chat } of body.chats) {
    if (!since.gone.includes(id)) listing.set(id, counted(tab.state, chats.listed({ ...chat, id }, before.get(id), isCounted)));
  }
  for (const [id, chat] of before) if (!listing.has(id) && since.come.includes(id)) listing.set(id, chat);
  // Whoever is gone is told of as long as it is known what it was.
  for (const id of before.keys()) if (!isToBe(id) && !listing.has(id)) gone(tab, id, "left");
  relist(tab, listing);
  tab.state.isLive = true;
  for (const id of listing.keys()) if (!before.has(id)) appeared(tab, id);
  for (const recent of body.recent) {
    const log = tab.state.log(recent.chat_id);
    const isOpen = tab.shownChat(recent.chat_id)?.isOpen() ?? false;
    const isReset = recent.state === "reset";
    if (isReset ? isOpen || (log.value.seq ?? -1) >= recent.seq : recent.state === "unchanged") continue;
    const step = { seq: recent.seq, changes: recent.changes, reset: isReset };
    log.value = replayed(log.value, step, asked[recent.chat_id] ?? Infinity)[0];
    // Who is in it, the list has said.
    for (const change of recent.changes) toList(tab, change, false);
  }
}

/** A chat is in the list from now on, as the server lists it; what it counts is told by the connection. */
export function list(tab: TabContext, body: ChatBody, since?: number) {
  if (since !== undefined && tab.state.belonging.hasGone(body.id, since)) return;
  const listing = new Map(tab.state.listing.value);
  const isNew = !listing.has(body.id);
  listing.set(body.id, counted(tab.state, chats.listed(body, listing.get(body.id), true)));
  relist(tab, listing);
  if (isNew) appeared(tab, body.id);
}

/** With what was counted before it was in the list, if that is later. */
function counted(state: State, chat: chats.Listed): chats.Listed {
  const heard = state.unlisted.get(chat.id);
  state.unlisted.delete(chat.id);
  return heard && heard.seq >= chat.seq ? chats.counted(chat, heard, null) : chat;
}

/** A chat is new to the list, or back in it. What is shown of it is opened. */
function appeared(tab: TabContext, chatId: number) {
  const endings = new Map(tab.state.endings.value);
  if (endings.delete(chatId)) tab.state.endings.value = endings;
  const shownChat = tab.shownChat(chatId);
  if (shownChat?.isOpen() && tab.state.log(chatId).value.seq === null) shownChat.missed();
}

/** A chat is not the user's any more; `how`, if that is to be told. */
export function gone(tab: TabContext, chatId: number, how: MembershipEnding | null) {
  const { state } = tab;
  const chat = state.chatsById.peek().get(chatId);
  updateListed(state, chatId, () => null);
  state.log(chatId).value = EMPTY;
  state.reading.delete(chatId);
  state.unlisted.delete(chatId);
  tab.shownChat(chatId)?.gone();
  // A private chat is hidden and comes back; nobody is removed from it.
  if (!chat || !how || chat.type === "private" || state.ending.has(chatId)) return;
  const ended = { id: chatId, title: chat.title, how };
  state.endings.value = new Map(state.endings.value).set(chatId, ended);
  tab.ended(ended);
}

/** What was said last in a chat in the background. */
export function showNewest(tab: TabContext, chatId: number, messages: MessageBody[]) {
  const me = tab.state.me()?.id ?? 0;
  for (const message of messages) {
    updateListed(tab.state, chatId, (chat) => chats.changed(chat, { type: "message", ...message }, me));
  }
}
