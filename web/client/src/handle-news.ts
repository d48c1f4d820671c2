/** What the leader tells becomes what this tab knows. */
import { batch } from "@preact/signals-core";
import type { TabContext } from "./tab-context.ts";
import { back, begin, gone, list, ready, showNewest, stillReading, synced, toList } from "./listing.ts";
import { meet } from "./chats-to-be.ts";
import type { News } from "./news.ts";
import type { Change, ServerFrame } from "./protocol.ts";
import { belongs, membership } from "./rules/belonging.ts";
import { counted } from "./rules/chats.ts";
import { live, replayed } from "./rules/log.ts";
import { setDraft, updateListed } from "./state.ts";

/** How long changes wait that come right behind others, in milliseconds. */
const BREATH = 50;

/**
 * Takes news in as they come. Where changes of chats come faster than they can be shown, they are taken
 * in together, and everything else behind those that wait.
 */
export function createNewsHandler(tab: TabContext): (news: News) => void {
  let waiting: News[] = [];
  let isResting = false;

  function flush() {
    const all = waiting;
    waiting = [];
    batch(() => {
      for (const news of all) apply(tab, news);
    });
  }

  function rest() {
    isResting = true;
    tab.environment.after(BREATH, () => {
      isResting = false;
      // Who has left meanwhile is told nothing more.
      if (tab.state.session.peek().state !== "signed-in") waiting = [];
      if (waiting.length === 0) return;
      flush();
      rest();
    });
  }

  return (news) => {
    waiting.push(news);
    const isChange = news.is === "frame" && "seq" in news.frame && news.frame.type !== "ack";
    if (isResting && isChange) return;
    flush();
    if (isChange) rest();
  };
}

function apply(tab: TabContext, news: News) {
  switch (news.is) {
    case "leading":
      return tab.leading();
    case "connection":
      tab.state.connection.value = news.connection;
      if (news.connection.state === "online" || news.connection.state === "connecting") return;
      for (const shownChat of tab.allShownChats()) shownChat.lost();
      return;
    case "frame":
      return applyFrame(tab, news.frame);
    case "opened":
      return applyOpened(tab, news);
    case "unopened":
      if (news.tabs.includes(tab.id)) tab.shownChat(news.chatId)?.unopened(news.code);
      return;
    case "outbox":
      return tab.outbox(news.items);
    case "progress":
      tab.state.progress.value = new Map(tab.state.progress.value).set(news.key, news.sent);
      return;
    case "synced":
      return synced(tab, news.body, { asked: news.asked, isCounted: true, since: news.since });
    case "chat":
      return list(tab, news.body, news.since);
    case "gone":
      return gone(tab, news.chatId, null);
    case "newest":
      return showNewest(tab, news.chatId, news.messages);
    case "welcome":
      tab.state.connection.value = news.connection;
      tab.leading();
      tab.outbox(news.items);
      // Its counters are of the beginning of the connection; the list is asked for.
      if (news.ready) begin(tab, news.ready.epoch);
      tab.welcomed();
      return;
    case "meet":
      return meet(tab.state, news.person, tab.environment.now());
    case "draft":
      return setDraft(tab.state, news.chatId, news.draft);
    case "session":
      return tab.sessionChanged();
  }
}

function applyFrame(tab: TabContext, frame: Exclude<ServerFrame, { type: "opened" | "changes" }>) {
  tab.state.belonging.heard(belongs(frame, tab.state.me()?.id ?? 0));
  switch (frame.type) {
    case "ready":
      return ready(tab, frame);
    case "unread": {
      if (!tab.state.listing.value.has(frame.chat_id)) return void tab.state.unlisted.set(frame.chat_id, frame);
      const now = tab.environment.now() + tab.state.clockAhead;
      const readTo = stillReading(tab.state, frame);
      return updateListed(tab.state, frame.chat_id, (chat) => counted(chat, frame, now, readTo));
    }
    case "muted":
      return updateListed(tab.state, frame.chat_id, (chat) => ({ ...chat, muted: frame.muted }));
    case "hidden":
      return gone(tab, frame.chat_id, null);
    case "gone":
      return gone(tab, frame.chat_id, frame.change === "deleted" ? "deleted" : "left");
    case "ack":
    case "typing":
    case "presence":
      return tab.shownChat(frame.chat_id)?.frame(frame);
    case "error":
    case "pong":
    case "goaway":
      return;
    default:
      return applyChange(tab, frame);
  }
}

/** Something happened in a chat that some tab has open. */
function applyChange(tab: TabContext, change: Change) {
  const log = tab.state.log(change.chat_id);
  const shownChat = tab.shownChat(change.chat_id);
  const [next, verdict] = live(log.value, change);
  log.value = next;
  back(tab, change);
  toList(tab, change, true);
  shownChat?.frame(change);
  if (verdict === "gap" && shownChat?.isOpen()) shownChat.missed();
}

function applyOpened(tab: TabContext, news: Extract<News, { is: "opened" }>) {
  const { frame, from } = news;
  const me = tab.state.me()?.id ?? 0;
  tab.state.belonging.heard(belongs(frame, me));
  const log = tab.state.log(frame.chat_id);
  const shownChat = tab.shownChat(frame.chat_id);
  const isMine = news.tabs.includes(tab.id);
  // Another tab begins afresh; this one goes on from where it is.
  const isForeign = frame.reset === true && !isMine && log.value.seq !== null;
  const [next, verdict] = isForeign
    ? ([log.value, frame.seq > (log.value.seq ?? 0) ? "gap" : "known"] as const)
    : replayed(log.value, frame, from);
  if (verdict === "applied" && (shownChat?.isOpen() || log.value.seq !== null)) log.value = next;
  // What was not heard live may be about a membership that has changed again since: the last word counts.
  const end = frame.changes.findLast((change) => membership(change, me) !== null);
  for (const change of frame.changes) {
    toList(tab, change, change === end);
    shownChat?.frame(change);
  }
  if (frame.reset) shownChat?.renewed();
  if (!frame.more) shownChat?.replayed(isMine, verdict !== "gap", frame.online);
  if (verdict === "gap" && shownChat?.isOpen()) shownChat.missed();
}
