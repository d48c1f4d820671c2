/** What each frame of the server means to the parts of the leader and to the tabs. */
import * as bodies from "../bodies.ts";
import type { ErrorFrame, OpenedFrame, ReadyFrame, ServerFrame } from "../protocol.ts";
import { belongs } from "../rules/belonging.ts";
import { confirm, notice, type LeaderContext } from "./context.ts";

const SYNC_AGAIN = 5_000;

type Others = Exclude<ServerFrame, { type: "opened" | "changes" | "ready" | "unread" }>;
type Counted = Extract<ServerFrame, { type: "unread" }>;

export function receive(context: LeaderContext, heard: ServerFrame) {
  const { callbacks, openings, state } = context;
  // What another process has stored is a step of a replay, which nobody asked for.
  const frame = heard.type === "changes" ? { ...heard, type: "opened" as const } : heard;
  const told = belongs(frame, callbacks.me());
  state.belonging.heard(told);
  if (heard.type === "changes") openings.stored(heard, told.every(({ isIn }) => isIn));
  if (frame.type === "opened") return opened(context, frame, heard.type === "changes" ? heard.after : null);
  if (frame.type === "unread") return counted(context, frame);
  if (frame.type === "ready") return begin(context, frame);
  // What is hidden stays open: what is said there next brings it back.
  if (frame.type !== "hidden") told.filter(({ isIn }) => !isIn).forEach(({ chatId }) => openings.ended(chatId));
  passOn(context, frame);
}

function passOn(context: LeaderContext, frame: Others) {
  const { callbacks, openings, lookups, sender } = context;
  if (frame.type === "hidden") lookups.hid(frame.chat_id, callbacks.known(frame.chat_id)?.n ?? null);
  if ("seq" in frame && frame.type !== "ack") openings.live(frame.chat_id, frame.seq);
  callbacks.publish({ is: "frame", frame });
  if (frame.type === "ack") sender.acked(frame);
  if (frame.type === "error") failed(context, frame);
  if (frame.type === "message") {
    confirm(context, [frame]);
    notice(context, frame);
  }
}

function counted({ callbacks, openings, reads, lookups }: LeaderContext, frame: Counted) {
  reads.counted(frame);
  const known = callbacks.known(frame.chat_id);
  callbacks.publish({ is: "frame", frame });
  if (!known || !openings.isOpen(frame.chat_id)) lookups.counted(frame, known);
}

function begin(context: LeaderContext, frame: ReadyFrame) {
  const { callbacks, state, reads, sender, lookups } = context;
  state.ready = frame;
  if (callbacks.isLive()) lookups.behindGap(frame.chats, callbacks.known);
  callbacks.publish({ is: "frame", frame });
  for (const counters of frame.chats) reads.counted(counters);
  reads.ready();
  sender.ready();
  void sync(context, frame);
}

async function sync(context: LeaderContext, during: ReadyFrame) {
  const { environment, rest, callbacks, state, openings, lookups } = context;
  const { epoch, chats: asked } = callbacks.positions();
  const since = state.belonging.now();
  const answer = await rest("POST", "/api/sync", bodies.synced, { epoch, chats: asked });
  if (state.ready !== during) return;
  if (!answer.ok) {
    environment.after(SYNC_AGAIN, () => {
      if (state.ready === during) void sync(context, during);
    });
    return;
  }
  for (const recent of answer.value.recent) confirm(context, recent.changes);
  callbacks.publish({ is: "synced", body: answer.value, asked, since: state.belonging.since(since) });
  lookups.missed(during.chats.filter(({ chat_id: id }) => !openings.isOpen(id)));
}

function opened(context: LeaderContext, frame: OpenedFrame, after: number | null) {
  const { callbacks, state, openings, lookups } = context;
  const { from, tabs } = after === null ? openings.opened(frame) : { from: after, tabs: [] };
  state.unopened.delete(frame.chat_id);
  callbacks.publish({ is: "opened", frame, from, tabs });
  // Who begins afresh is told messages, and not what became of the name and of one's role.
  if (frame.reset) lookups.list(frame.chat_id);
  confirm(context, frame.changes);
  // What was said during a gap in a chat that is open, and that nobody looks at.
  if (callbacks.isLive()) for (const change of frame.changes) if (change.type === "message") notice(context, change);
}

function failed({ callbacks, sender, reads, openings }: LeaderContext, frame: ErrorFrame) {
  sender.failed(frame);
  reads.failed(frame);
  const tabs = openings.failed(frame);
  if (tabs && tabs.length > 0 && frame.chat_id !== undefined) {
    callbacks.publish({ is: "unopened", chatId: frame.chat_id, code: frame.code, tabs });
  }
}
