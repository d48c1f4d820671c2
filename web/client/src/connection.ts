/**
 * The connection to the server, which comes back by itself: after a while that grows and is partly
 * chance, when the server said, or when the network or the user is back. By which way is `ways/links`.
 */
import type { ConnectionState } from "./api.ts";
import { encoded } from "./encode.ts";
import type { Environment } from "./environment.ts";
import type { ClientFrame, ServerFrame } from "./protocol.ts";
import { hasPassed, isBefore } from "./rules/clock.ts";
import { backoff, ending } from "./rules/retry.ts";
import { LONGEST_WAIT } from "./rules/waits.ts";
import { createLinks } from "./ways/links.ts";

/** A connection that is not ready by then is given up. */
const READY_WITHIN = 15_000;
/** A question that is not answered by then means that the connection is dead. */
const ANSWER_WITHIN = 5_000;
/** After so much silence, or up to twice as much, one asks by oneself. */
const SILENCE = 25_000;
/** A mark that does no harm, and is answered. */
const QUESTION = encoded({ type: "ping" });
/** What was heard so lately needs no question. */
const FRESH = 500;
/** The server may be back a moment later than it said. */
const GRACE = 250;
/** A server that is not back by then is no restarting one. */
const RESTART = 60_000;
/** For longer than that no server says that it will be away. */
const LONGEST_RESTART = LONGEST_WAIT + GRACE + RESTART;
/** A connection that lasted so long was a good one. */
const GOOD = 10_000;
/** After a code that says not to come back, until something has changed: a new version, mostly. */
const AWAY = 300_000;

export interface ConnectionCallbacks {
  frame(frame: ServerFrame): void;
  changed(connection: ConnectionState): void;
  /** A connection that was ready is over. */
  lost(): void;
  /** The server did not let us in; it may be that we are signed out. */
  turnedAway(): void;
  signedOut(): void;
}

export interface Connection {
  start(): void;
  stop(): void;
  /** Nothing happens if there is no connection. */
  send(frame: ClientFrame): void;
  isReady(): boolean;
  /** Tries now; if there is a connection, asks whether it still lives. */
  reconnect(): void;
  /** An answer is overdue. */
  drop(): void;
}

export function createConnection(environment: Environment, callbacks: ConnectionCallbacks): Connection {
  let running = false;
  let attempt = 0;
  let readyAt = 0;
  let heardAt = 0;
  /** How long after the end of this connection the server wants to be back. */
  let restart: number | null = null;
  /** Until then it is a restart that keeps us away. */
  let restartsUntil = 0;
  let cancel = () => {};
  let cancelWatch = () => {};
  /** Nothing was heard since the watch came by. */
  let isSilent = false;
  const links = createLinks(environment, {
    ready(way, frame, isInstead) {
      if (isInstead) callbacks.lost();
      [readyAt, heardAt, restartsUntil] = [environment.now(), environment.now(), 0];
      cancel();
      // Of events the stream itself notices that they have ceased.
      if (way === "socket") watch();
      callbacks.changed({ state: "online", by: way });
      callbacks.frame(frame);
    },
    frame: received,
    ended,
    turnedAway: callbacks.turnedAway,
    // What fails while the server restarts is the server.
    mayTurn: () => running && !isRestarting(),
  });

  const isRestarting = () => isBefore(environment.now(), restartsUntil, LONGEST_RESTART);

  /** A network that goes away without a word is noticed by nobody else. */
  function watch() {
    cancelWatch();
    isSilent = true;
    cancelWatch = environment.after(SILENCE, () => {
      if (isSilent) ask();
      watch();
    });
  }

  /** Is somebody still there? */
  function ask() {
    links.send(QUESTION);
    later(ANSWER_WITHIN, links.drop);
  }

  function later(milliseconds: number, run: () => void) {
    cancel();
    cancel = environment.after(milliseconds, run);
  }

  function connect() {
    callbacks.changed({ state: "connecting" });
    later(READY_WITHIN, links.drop);
    links.connect();
  }

  function received(frame: ServerFrame | null) {
    heardAt = environment.now();
    isSilent = false;
    if (links.isReady()) cancel();
    if (frame?.type === "goaway") {
      restart = Math.min(frame.after_ms, LONGEST_WAIT) + GRACE;
      restartsUntil = heardAt + restart + RESTART;
    }
    if (frame) callbacks.frame(frame);
  }

  function ended(code: number, wasReady: boolean, wasOpened: boolean) {
    cancel();
    cancelWatch();
    // So was one that ended as it was said to, however many failed before it.
    if (wasReady && (restart !== null || hasPassed(readyAt, environment.now(), GOOD))) attempt = 0;
    if (wasReady) callbacks.lost();
    if (!running) return;
    const what = ending(code);
    if (what === "signed-out") {
      running = false;
      callbacks.signedOut();
      return;
    }
    wait(what === "stay-away" ? AWAY : backoff(attempt, environment.random()));
    if (!wasOpened) callbacks.turnedAway();
  }

  function wait(milliseconds: number) {
    attempt += 1;
    const delay = restart ?? milliseconds;
    restart = null;
    callbacks.changed({ state: isRestarting() ? "restarting" : "offline", retryAt: environment.now() + delay });
    later(delay, connect);
  }

  return {
    start() {
      if (running) return;
      running = true;
      attempt = 0;
      connect();
    },
    stop() {
      running = false;
      cancel();
      cancelWatch();
      const wasReady = links.isReady();
      links.stop();
      if (wasReady) callbacks.lost();
    },
    send: (frame) => {
      if (links.isReady()) links.send(encoded(frame));
    },
    isReady: links.isReady,
    reconnect() {
      if (!running) return;
      if (!links.isThere()) return connect();
      // The network may be another one.
      links.trySocket();
      if (links.isReady() && hasPassed(heardAt, environment.now(), FRESH)) ask();
    },
    drop: links.drop,
  };
}
