/** What the leader tells becomes what this tab knows. */
import { batch } from "@preact/signals-core";
import type { Ear } from "./ear.ts";
import { back, begin, gone, list, ready, said, stillReading, synced, toList } from "./listing.ts";
import { meet } from "./meetings.ts";
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
export function createHearing(ear: Ear): (news: News) => void {
  let waiting: News[] = [];
  let isResting = false;

  function flush() {
    const all = waiting;
    waiting = [];
    batch(() => {
      for (const news of all) take(ear, news);
    });
  }

  function rest() {
    isResting = true;
    ear.environment.after(BREATH, () => {
      isResting = false;
      // Who has left meanwhile is told nothing more.
      if (ear.state.session.peek().state !== "signed-in") waiting = [];
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
      return synced(ear, news.body, { asked: news.asked, isCounted: true, since: news.since });
    case "chat":
      return list(ear, news.body, news.since);
    case "gone":
      return gone(ear, news.chatId, null);
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
    case "meet":
      return meet(ear.state, news.person, ear.environment.now());
    case "draft":
      return setDraft(ear.state, news.chatId, news.draft);
    case "session":
      return ear.sessionChanged();
  }
}

function frame(ear: Ear, frame: Exclude<ServerFrame, { type: "opened" | "changes" }>) {
  ear.state.belonging.heard(belongs(frame, ear.state.me()?.id ?? 0));
  switch (frame.type) {
    case "ready":
      return ready(ear, frame);
    case "unread": {
      if (!ear.state.listing.value.has(frame.chat_id)) return void ear.state.unlisted.set(frame.chat_id, frame);
      const now = ear.environment.now() + ear.state.clockAhead;
      const readTo = stillReading(ear.state, frame);
      return updateListed(ear.state, frame.chat_id, (chat) => counted(chat, frame, now, readTo));
    }
    case "muted":
      return updateListed(ear.state, frame.chat_id, (chat) => ({ ...chat, muted: frame.muted }));
    case "hidden":
      return gone(ear, frame.chat_id, null);
    case "gone":
      return gone(ear, frame.chat_id, frame.change === "deleted" ? "deleted" : "left");
    case "ack":
    case "typing":
    case "presence":
      return ear.showing(frame.chat_id)?.frame(frame);
    case "error":
    case "pong":
    case "goaway":
      return;
    default:
      return change(ear, frame);
  }
}

/** Something happened in a chat that some tab has open. */
function change(ear: Ear, change: Change) {
  const log = ear.state.log(change.chat_id);
  const showing = ear.showing(change.chat_id);
  const [next, verdict] = live(log.value, change);
  log.value = next;
  back(ear, change);
  toList(ear, change, true);
  showing?.frame(change);
  if (verdict === "gap" && showing?.isOpen()) showing.missed();
}

function opened(ear: Ear, news: Extract<News, { is: "opened" }>) {
  const { frame, from } = news;
  const me = ear.state.me()?.id ?? 0;
  ear.state.belonging.heard(belongs(frame, me));
  const log = ear.state.log(frame.chat_id);
  const showing = ear.showing(frame.chat_id);
  const isMine = news.tabs.includes(ear.tab);
  // Another tab begins afresh; this one goes on from where it is.
  const isForeign = frame.reset === true && !isMine && log.value.seq !== null;
  const [next, verdict] = isForeign
    ? ([log.value, frame.seq > (log.value.seq ?? 0) ? "gap" : "known"] as const)
    : replayed(log.value, frame, from);
  if (verdict === "applied" && (showing?.isOpen() || log.value.seq !== null)) log.value = next;
  // What was not heard live may be about a membership that has changed again since: the last word counts.
  const end = frame.changes.findLast((change) => membership(change, me) !== null);
  for (const change of frame.changes) {
    toList(ear, change, change === end);
    showing?.frame(change);
  }
  if (frame.reset) showing?.renewed();
  if (!frame.more) showing?.replayed(isMine, verdict !== "gap", frame.online);
  if (verdict === "gap" && showing?.isOpen()) showing.missed();
}
