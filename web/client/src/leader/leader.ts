/** The tab that has the connection: what it hears goes to all tabs, what they want goes out here. */
import type { ConnectionState } from "../api.ts";
import * as bodies from "../bodies.ts";
import type { Environment } from "../environment.ts";
import { createConnection } from "../connection.ts";
import type { Command } from "../news.ts";
import type { Change, ErrorFrame, MessageBody, OpenedFrame, ReadyFrame, ServerFrame } from "../protocol.ts";
import { NO_ANSWER, type Rest } from "../rest.ts";
import { belongs, createBelonging } from "../rules/belonging.ts";
import { isMessage } from "../rules/log.ts";
import type { Outbox } from "../rules/outbox.ts";
import type { LeaderCallbacks } from "./callbacks.ts";
import { createOpenings } from "./openings.ts";
import { createBackgroundLookups } from "./background-lookups.ts";
import { createSender } from "./sender.ts";
import { createReads } from "./reads.ts";

const OPENED_WITHIN = 20_000;
const SYNC_AGAIN = 5_000;
/** So many connections are given up for a chat that is not opened. */
const UNOPENED = 2;

export interface Leader {
  start(outbox: Outbox): void;
  command(tab: string, command: Command): void;
  gone(tab: string): void;
  stop(): void;
}

export function createLeader(environment: Environment, rest: Rest, callbacks: LeaderCallbacks): Leader {
  let connectionState: ConnectionState = { state: "connecting" };
  let ready: ReadyFrame | null = null;
  const looks = new Map<string, number[]>();
  /** How often a chat was not opened in time. */
  const unopened = new Map<number, number>();
  const belonging = createBelonging();

  const connection = createConnection(environment, {
    frame: received,
    changed(next) {
      connectionState = next;
      callbacks.publish({ is: "connection", connection: connectionState });
    },
    lost() {
      ready = null;
      openings.lost();
      sender.lost();
    },
    turnedAway: callbacks.turnedAway,
    signedOut: callbacks.signedOut,
  });
  const send = connection.send;
  const openings = createOpenings(send, environment);
  const reads = createReads(send, environment);
  const sender = createSender(environment, {
    send,
    changed: (items) => callbacks.publish({ is: "outbox", items }),
    keep: callbacks.keep,
    forget: callbacks.forget,
    begin: (userId) => rest("POST", `/api/users/${userId}/chat`, bodies.chat),
    begun: (body) => callbacks.publish({ is: "chat", body }),
    doubtful: connection.reconnect,
    overdue: connection.drop,
  });
  const lookups = createBackgroundLookups(environment, rest, belonging, {
    chat: (body) => callbacks.publish({ is: "chat", body }),
    gone: (chatId) => callbacks.publish({ is: "gone", chatId }),
    messages(chatId, messages) {
      callbacks.publish({ is: "newest", chatId, messages });
      for (const message of messages) notice(message);
    },
  });

  function received(heard: ServerFrame) {
    // What another process has stored is a step of a replay, which nobody asked for.
    const frame = heard.type === "changes" ? { ...heard, type: "opened" as const } : heard;
    const told = belongs(frame, callbacks.me());
    belonging.heard(told);
    if (heard.type === "changes") openings.stored(heard, told.every(({ isIn }) => isIn));
    if (frame.type === "opened") return opened(frame, heard.type === "changes" ? heard.after : null);
    if (frame.type === "unread") {
      reads.counted(frame);
      const known = callbacks.known(frame.chat_id);
      callbacks.publish({ is: "frame", frame });
      if (!known || !openings.isOpen(frame.chat_id)) lookups.counted(frame, known);
      return;
    }
    if (frame.type === "ready") return begin(frame);
    // What is hidden stays open: what is said there next brings it back.
    if (frame.type !== "hidden") told.filter(({ isIn }) => !isIn).forEach(({ chatId }) => openings.ended(chatId));
    if (frame.type === "hidden") lookups.hid(frame.chat_id, callbacks.known(frame.chat_id)?.n ?? null);
    if ("seq" in frame && frame.type !== "ack") openings.live(frame.chat_id, frame.seq);
    callbacks.publish({ is: "frame", frame });
    if (frame.type === "ack") sender.acked(frame);
    if (frame.type === "error") failed(frame);
    if (frame.type === "message") {
      confirm([frame]);
      notice(frame);
    }
  }

  function begin(frame: ReadyFrame) {
    ready = frame;
    if (callbacks.isLive()) lookups.behindGap(frame.chats, callbacks.known);
    callbacks.publish({ is: "frame", frame });
    for (const standing of frame.chats) reads.counted(standing);
    reads.ready();
    sender.ready();
    void sync(frame);
  }

  async function sync(during: ReadyFrame) {
    const { epoch, chats: asked } = callbacks.positions();
    const since = belonging.now();
    const answer = await rest("POST", "/api/sync", bodies.synced, { epoch, chats: asked });
    if (ready !== during) return;
    if (!answer.ok) {
      environment.after(SYNC_AGAIN, () => {
        if (ready === during) void sync(during);
      });
      return;
    }
    for (const recent of answer.value.recent) confirm(recent.changes);
    callbacks.publish({ is: "synced", body: answer.value, asked, since: belonging.since(since) });
    lookups.missed(during.chats.filter(({ chat_id: id }) => !openings.isOpen(id)));
  }

  function opened(frame: OpenedFrame, after: number | null) {
    const { from, tabs } = after === null ? openings.opened(frame) : { from: after, tabs: [] };
    unopened.delete(frame.chat_id);
    callbacks.publish({ is: "opened", frame, from, tabs });
    // Who begins afresh is told messages, and not what became of the name and of one's role.
    if (frame.reset) lookups.list(frame.chat_id);
    confirm(frame.changes);
    // What was said during a gap in a chat that is open, and that nobody looks at.
    if (callbacks.isLive()) for (const change of frame.changes) if (change.type === "message") notice(change);
  }

  function failed(frame: ErrorFrame) {
    sender.failed(frame);
    reads.failed(frame);
    const tabs = openings.failed(frame);
    if (tabs && tabs.length > 0 && frame.chat_id !== undefined) {
      callbacks.publish({ is: "unopened", chatId: frame.chat_id, code: frame.code, tabs });
    }
  }

  /** Messages of one's own that are stored are not to be sent again. */
  function confirm(changes: readonly Change[]) {
    for (const change of changes) {
      if (!isMessage(change) || change.user_id !== callbacks.me()) continue;
      if (change.client_msg_id !== undefined) sender.seen(change.client_msg_id);
    }
  }

  function notice(message: MessageBody) {
    const isLookedAt = [...looks.values()].some((chats) => chats.includes(message.chat_id));
    if (!isLookedAt) callbacks.noticed(message);
  }

  function open(tab: string, command: Extract<Command, { do: "open" }>) {
    // Without a connection all tabs open theirs when there is one.
    if (!connection.isReady()) return;
    const during = ready;
    openings.open(tab, command.chatId, command.after, command.epoch);
    environment.after(OPENED_WITHIN, () => {
      if (ready !== during || !openings.isStuck(command.chatId, OPENED_WITHIN)) return;
      // What two connections did not open is left, for the sake of the other chats.
      const count = (unopened.get(command.chatId) ?? 0) + 1;
      unopened.set(command.chatId, count);
      if (count < UNOPENED) return connection.drop();
      const tabs = openings.givenUp(command.chatId);
      callbacks.publish({ is: "unopened", chatId: command.chatId, code: NO_ANSWER, tabs });
    });
  }

  return {
    start(outbox) {
      sender.restore(outbox);
      callbacks.publish({ is: "leading" });
      callbacks.publish({ is: "outbox", items: sender.items() });
      connection.start();
    },
    command(tab, command) {
      switch (command.do) {
        case "greet":
          return callbacks.answer(tab, { is: "welcome", connection: connectionState, ready, items: sender.items() });
        case "open":
          return open(tab, command);
        case "close":
          return openings.close(tab, command.chatId);
        case "send":
          return sender.add(command.item);
        case "retry":
          return sender.retry(command.key);
        case "discard":
          return sender.discard(command.key);
        case "read":
          return reads.read(command.chatId, command.n);
        case "forget-read":
          return reads.forget(command.chatId);
        case "typing":
          return send({ type: "typing", chat_id: command.chatId });
        case "look":
          return void looks.set(tab, command.chats);
        case "list":
          return lookups.list(command.chatId);
        case "reconnect":
          return connection.reconnect();
      }
    },
    gone(tab) {
      looks.delete(tab);
      openings.gone(tab);
    },
    stop() {
      connection.stop();
      sender.stop();
      lookups.stop();
    },
  };
}
