/**
 * The connection to the server, which comes back by itself: after a while that grows and is partly
 * chance, when the server said, or when the network or the user is back. By which way is `ways/links`.
 */
import type { ConnectionState, Way } from "./api.ts";
import { encoded } from "./well-formed-text.ts";
import type { Environment } from "./environment.ts";
import type { ClientFrame, ReadyFrame, ServerFrame } from "./protocol.ts";
import { hasPassed } from "./rules/clock-changes.ts";
import { backoff, ending } from "./rules/reconnect-delay.ts";
import { createLinks, type Links, type LinksCallbacks } from "./ways/connection-by-either-way.ts";
import { createRestart, type Restart } from "./ways/restart.ts";
import { createSilence, type Silence } from "./ways/silence.ts";

/** A connection that is not ready by then is given up. */
const READY_WITHIN = 15_000;
/** A question that is not answered by then means that the connection is dead. */
const ANSWER_WITHIN = 5_000;
const QUESTION = encoded({ type: "ping" });
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

interface ConnectionContext {
  environment: Environment;
  callbacks: ConnectionCallbacks;
  links: Links;
  restart: Restart;
  silence: Silence;
  isRunning: boolean;
  /** How many attempts have failed, one after the other. */
  attempt: number;
  readyAt: number;
  /** Ends what is waited for: an answer, or the next attempt. */
  cancel(): void;
}

export function createConnection(environment: Environment, callbacks: ConnectionCallbacks): Connection {
  const context: ConnectionContext = {
    environment, callbacks,
    links: createLinks(environment, linksCallbacks(() => context)),
    restart: createRestart(environment),
    silence: createSilence(environment, () => ask(context)),
    isRunning: false, attempt: 0, readyAt: 0, cancel: () => {},
  };
  const { links, silence } = context;
  return {
    start() {
      if (context.isRunning) return;
      [context.isRunning, context.attempt] = [true, 0];
      connect(context);
    },
    stop() {
      context.isRunning = false;
      context.cancel();
      silence.stop();
      const wasReady = links.isReady();
      links.stop();
      if (wasReady) callbacks.lost();
    },
    send: (frame) => {
      if (links.isReady()) links.send(encoded(frame));
    },
    isReady: links.isReady,
    reconnect() {
      if (!context.isRunning) return;
      if (!links.isThere()) return connect(context);
      // The network may be another one.
      links.trySocket();
      if (links.isReady() && silence.isThere()) ask(context);
    },
    drop: links.drop,
  };
}

function linksCallbacks(context: () => ConnectionContext): LinksCallbacks {
  return {
    ready: (way, frame, isInstead) => ready(context(), way, frame, isInstead),
    frame: (frame) => received(context(), frame),
    ended: (code, wasReady, wasOpened) => ended(context(), code, wasReady, wasOpened),
    turnedAway: () => context().callbacks.turnedAway(),
    // What fails while the server restarts is the server.
    mayTurn: () => context().isRunning && !context().restart.isUnderWay(),
  };
}

function connect(context: ConnectionContext) {
  context.callbacks.changed({ state: "connecting" });
  later(context, READY_WITHIN, context.links.drop);
  context.links.connect();
}

function later(context: ConnectionContext, milliseconds: number, run: () => void) {
  context.cancel();
  context.cancel = context.environment.after(milliseconds, run);
}

function ready(context: ConnectionContext, way: Way, frame: ReadyFrame, isInstead: boolean) {
  const { callbacks, environment, restart, silence } = context;
  if (isInstead) callbacks.lost();
  context.readyAt = environment.now();
  silence.heard();
  restart.over();
  context.cancel();
  // Of events the stream itself notices that they have ceased.
  if (way === "socket") silence.watch();
  callbacks.changed({ state: "online", by: way });
  callbacks.frame(frame);
}

/** Is somebody still there? */
function ask(context: ConnectionContext) {
  context.links.send(QUESTION);
  later(context, ANSWER_WITHIN, context.links.drop);
}

function received(context: ConnectionContext, frame: ServerFrame | null) {
  const { callbacks, links, restart, silence } = context;
  silence.heard();
  if (links.isReady()) context.cancel();
  if (frame?.type === "goaway") restart.announced(frame.after_ms);
  if (frame) callbacks.frame(frame);
}

function ended(context: ConnectionContext, code: number, wasReady: boolean, wasOpened: boolean) {
  const { callbacks, environment, restart, silence } = context;
  context.cancel();
  silence.stop();
  // So was one that ended as it was said to, however many failed before it.
  if (wasReady && (restart.isAnnounced() || hasPassed(context.readyAt, environment.now(), GOOD))) context.attempt = 0;
  if (wasReady) callbacks.lost();
  if (!context.isRunning) return;
  const what = ending(code);
  if (what === "signed-out") {
    context.isRunning = false;
    callbacks.signedOut();
    return;
  }
  wait(context, what === "stay-away" ? AWAY : backoff(context.attempt, environment.random()));
  if (!wasOpened) callbacks.turnedAway();
}

function wait(context: ConnectionContext, milliseconds: number) {
  const { callbacks, environment, restart } = context;
  context.attempt += 1;
  const delay = restart.nextWait() ?? milliseconds;
  callbacks.changed({ state: restart.isUnderWay() ? "restarting" : "offline", retryAt: environment.now() + delay });
  later(context, delay, () => connect(context));
}
