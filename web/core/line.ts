/**
 * The connection to the server, which comes back by itself: after a while that grows and is partly
 * chance, when the server said, or when the network or the user is back.
 */
import type { Connection } from "./api.ts";
import type { Environment, Socket } from "./environment.ts";
import { parseFrame } from "./frames.ts";
import type { ClientFrame, ServerFrame } from "./protocol.ts";
import { backoff, ending } from "./rules/retry.ts";

/** A connection that is not ready by then is given up. */
const READY_WITHIN = 15_000;
/** A question that is not answered by then means that the connection is dead. */
const ANSWER_WITHIN = 5_000;
/** What was heard so lately needs no question. */
const FRESH = 500;
/** The server may be back a moment later than it said. */
const GRACE = 250;
/** A server that is not back by then is no restarting one. */
const RESTART = 60_000;
/** A connection that lasted so long was a good one. */
const GOOD = 10_000;
/** After a code that says not to come back, until something has changed: a new version, mostly. */
const AWAY = 300_000;

export interface LineHears {
  frame(frame: ServerFrame): void;
  changed(connection: Connection): void;
  /** A connection that was ready is over. */
  lost(): void;
  /** The server did not let us in; it may be that we are signed out. */
  turnedAway(): void;
  signedOut(): void;
}

export interface Line {
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

export function createLine(environment: Environment, hear: LineHears): Line {
  let socket: Socket | null = null;
  let running = false;
  let ready = false;
  let attempt = 0;
  let readyAt = 0;
  let heardAt = 0;
  /** How long after the end of this connection the server wants to be back. */
  let restart: number | null = null;
  /** Until then it is a restart that keeps us away. */
  let restartsUntil = 0;
  let cancel = () => {};

  function later(milliseconds: number, run: () => void) {
    cancel();
    cancel = environment.after(milliseconds, run);
  }

  function connect() {
    cancel();
    hear.changed({ state: "connecting" });
    let wasOpened = false;
    const own: Socket = environment.connect({
      opened: () => (wasOpened = true),
      text: (text) => {
        if (socket === own) received(text);
      },
      closed: (code) => {
        if (socket === own) ended(code, wasOpened);
      },
    });
    socket = own;
    later(READY_WITHIN, drop);
  }

  function received(text: string) {
    heardAt = environment.now();
    if (ready) cancel();
    const frame = parseFrame(text);
    if (frame?.type === "goaway") {
      restart = frame.after_ms + GRACE;
      restartsUntil = heardAt + restart + RESTART;
    }
    if (frame?.type === "ready") {
      [ready, readyAt, restartsUntil] = [true, heardAt, 0];
      cancel();
      hear.changed({ state: "online" });
    }
    if (frame) hear.frame(frame);
  }

  function ended(code: number, wasOpened: boolean) {
    socket = null;
    const wasReady = ready;
    if (wasReady && environment.now() - readyAt > GOOD) attempt = 0;
    ready = false;
    if (wasReady) hear.lost();
    if (!running) return;
    const what = ending(code);
    if (what === "signed-out") {
      stop();
      hear.signedOut();
      return;
    }
    wait(what === "stay-away" ? AWAY : backoff(attempt, environment.random()));
    if (!wasOpened) hear.turnedAway();
  }

  function wait(milliseconds: number) {
    attempt += 1;
    const delay = restart ?? milliseconds;
    restart = null;
    const now = environment.now();
    hear.changed({ state: now < restartsUntil ? "restarting" : "offline", retryAt: now + delay });
    later(delay, connect);
  }

  function drop() {
    const dead = socket;
    if (!dead) return;
    // A dead connection may take minutes to say that it is closed.
    ended(1006, true);
    dead.close();
  }

  function stop() {
    running = false;
    cancel();
    const last = socket;
    socket = null;
    if (ready) {
      ready = false;
      hear.lost();
    }
    last?.close();
  }

  return {
    start() {
      if (running) return;
      running = true;
      attempt = 0;
      connect();
    },
    stop,
    send: (frame) => {
      if (ready) socket?.send(JSON.stringify(frame));
    },
    isReady: () => ready,
    reconnect() {
      if (!running) return;
      if (!socket) {
        connect();
      } else if (ready && environment.now() - heardAt > FRESH) {
        // A mark that does no harm, and is answered.
        socket.send(JSON.stringify({ type: "read", chat_id: 1, n: 0 }));
        later(ANSWER_WITHIN, drop);
      }
    },
    drop,
  };
}
