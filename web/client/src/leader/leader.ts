/** The tab that has the connection: what it hears goes to all tabs, what they want goes out here. */
import * as bodies from "../bodies.ts";
import { createConnection } from "../connection.ts";
import type { Environment } from "../environment.ts";
import type { Command } from "../news.ts";
import { NO_ANSWER, type Rest } from "../rest.ts";
import { createBelonging } from "../rules/belonging.ts";
import type { Outbox } from "../rules/outbox.ts";
import { createBackgroundLookups } from "./background-lookups.ts";
import type { LeaderCallbacks } from "./callbacks.ts";
import { notice, type LeaderContext, type LeaderState } from "./context.ts";
import { createOpenings } from "./openings.ts";
import { createReads } from "./reads.ts";
import { receive } from "./receiving.ts";
import { createSender } from "./sender.ts";
import { upload } from "./uploader.ts";

const OPENED_WITHIN = 20_000;
/** So many connections are given up for a chat that is not opened. */
const UNOPENED = 2;

export interface Leader {
  start(outbox: Outbox): void;
  command(tab: string, command: Command): void;
  gone(tab: string): void;
  stop(): void;
}

export function createLeader(environment: Environment, rest: Rest, callbacks: LeaderCallbacks): Leader {
  const context = createContext(environment, rest, callbacks);
  const { state, connection, openings, sender, lookups } = context;
  return {
    start(outbox) {
      sender.restore(outbox);
      callbacks.publish({ is: "leading" });
      callbacks.publish({ is: "outbox", items: sender.items() });
      connection.start();
    },
    command: (tab, command) => carryOut(context, tab, command),
    gone(tab) {
      state.looks.delete(tab);
      openings.gone(tab);
    },
    stop() {
      connection.stop();
      sender.stop();
      lookups.stop();
    },
  };
}

function createContext(environment: Environment, rest: Rest, callbacks: LeaderCallbacks): LeaderContext {
  const belonging = createBelonging();
  const state: LeaderState = { connectionState: { state: "connecting" }, ready: null, belonging, looks: new Map(), unopened: new Map() };
  const connection = createConnection(environment, {
    frame: (frame) => receive(context, frame),
    changed(next) {
      state.connectionState = next;
      callbacks.publish({ is: "connection", connection: next });
    },
    lost() {
      state.ready = null;
      context.openings.lost();
      context.sender.lost();
    },
    turnedAway: callbacks.turnedAway,
    signedOut: callbacks.signedOut,
  });
  const sender = createSender(environment, {
    send: connection.send,
    changed: (items) => callbacks.publish({ is: "outbox", items }),
    keep: callbacks.keep,
    forget: callbacks.forget,
    upload: (item, signal) =>
      upload(environment, {
        bytesOf: callbacks.files.bytesOf,
        known: (key, fileKey, known) => sender.uploadKnown(key, fileKey, known),
        progress: (key, sent) => callbacks.publish({ is: "progress", key, sent }),
      }, item, signal),
    forgetFiles(files, areStored) {
      for (const { key, uploadId } of files) {
        callbacks.files.forget(key);
        // What is not wanted any more need not wait there until it is forgotten.
        if (uploadId !== null && !areStored) void rest("DELETE", `/api/uploads/${uploadId}`, bodies.done);
      }
    },
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
      for (const message of messages) notice({ callbacks, state }, message);
    },
  });
  const [openings, reads] = [createOpenings(connection.send, environment), createReads(connection.send, environment)];
  const context: LeaderContext = { environment, rest, callbacks, state, connection, openings, reads, sender, lookups };
  return context;
}

/** What a tab wants. */
function carryOut(context: LeaderContext, tab: string, command: Command) {
  const { callbacks, state, connection, openings, reads, sender, lookups } = context;
  switch (command.do) {
    case "greet": {
      const { connectionState, ready } = state;
      return callbacks.answer(tab, { is: "welcome", connection: connectionState, ready, items: sender.items() });
    }
    case "open":
      return open(context, tab, command);
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
      return connection.send({ type: "typing", chat_id: command.chatId });
    case "look":
      return void state.looks.set(tab, command.chats);
    case "list":
      return lookups.list(command.chatId);
    case "reconnect":
      return connection.reconnect();
  }
}

function open({ environment, callbacks, state, connection, openings }: LeaderContext, tab: string, command: Extract<Command, { do: "open" }>) {
  // Without a connection all tabs open theirs when there is one.
  if (!connection.isReady()) return;
  const { chatId, after, epoch } = command;
  const during = state.ready;
  openings.open(tab, chatId, after, epoch);
  environment.after(OPENED_WITHIN, () => {
    if (state.ready !== during || !openings.isStuck(chatId, OPENED_WITHIN)) return;
    // What two connections did not open is left, for the sake of the other chats.
    const count = (state.unopened.get(chatId) ?? 0) + 1;
    state.unopened.set(chatId, count);
    if (count < UNOPENED) return connection.drop();
    callbacks.publish({ is: "unopened", chatId, code: NO_ANSWER, tabs: openings.givenUp(chatId) });
  });
}
