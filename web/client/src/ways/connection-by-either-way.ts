/**
 * One connection by either way: a WebSocket, or what stands in for one where none gets through. If one way fails, or
 * is slow, the other one is tried; and from events it returns to a socket as soon as one gets through.
 */
import type { Way } from "../api.ts";
import type { Environment } from "../environment.ts";
import { parseFrame } from "../frames.ts";
import type { ReadyFrame, ServerFrame } from "../protocol.ts";
import { ending } from "../rules/reconnect-delay.ts";
import { BROKEN, openLink, other, type Link } from "./connection-attempt.ts";
import { createTrials, type Trials } from "./choosing-way.ts";

/** What is not ready by then has the other way tried beside it. */
const OTHER_AFTER = 3_000;
/** A socket that is tried while events are used, and is not ready by then, is given up. */
const READY_WITHIN = 15_000;

export interface LinksCallbacks {
  /** It can be used; `isInstead` says that it takes the place of one that could be. */
  ready(way: Way, frame: ReadyFrame, isInstead: boolean): void;
  frame(frame: ServerFrame | null): void;
  /** Neither way goes on. `wasOpened` says that the server let us in. */
  ended(code: number, wasReady: boolean, wasOpened: boolean): void;
  /** The way that was tried beside the other was not let in. */
  turnedAway(): void;
  /** May another way be tried now that one has failed? */
  mayTurn(): boolean;
}

export interface Links {
  connect(): void;
  /** Is there a connection, or the beginning of one? */
  isThere(): boolean;
  isReady(): boolean;
  send(text: string): void;
  /** While events stand in: perhaps a socket gets through by now. */
  trySocket(): void;
  /** It is dead, though nobody has said so. */
  drop(): void;
  stop(): void;
}

/** What there is, and what is to be told of it. */
interface LinksContext {
  environment: Environment;
  callbacks: LinksCallbacks;
  trials: Trials;
  /** What is used, or will be. */
  current: Link | null;
  /** The other way, tried at the same time. */
  beside: Link | null;
  hasTriedBoth: boolean;
  isReady: boolean;
  cancelOther(): void;
}

export function createLinks(environment: Environment, callbacks: LinksCallbacks): Links {
  const trials = createTrials(environment, () => trySocket(context));
  const context: LinksContext = {
    environment, callbacks, trials,
    current: null, beside: null, hasTriedBoth: false, isReady: false, cancelOther: () => {},
  };
  return {
    connect() {
      context.hasTriedBoth = false;
      context.current = begin(context, trials.first());
      context.cancelOther = environment.after(OTHER_AFTER, () => tryOther(context));
    },
    isThere: () => context.current !== null,
    isReady: () => context.isReady,
    send: (text) => context.current?.socket.send(text),
    trySocket: () => trySocket(context),
    drop() {
      const dead = context.current;
      if (!dead) return;
      // It may take minutes to say that it is closed, and says nothing of why.
      dead.wasOpened = context.hasTriedBoth = true;
      abandon(context);
      ended(context, dead, BROKEN);
    },
    stop: () => stop(context),
  };
}

function begin(context: LinksContext, way: Way): Link {
  return openLink(context.environment, way, {
    text: (link, text) => received(context, link, text),
    closed(link, code) {
      if (link === context.current) ended(context, link, code);
      else if (link === context.beside) endedBeside(context, link, code);
    },
  });
}

function tryOther(context: LinksContext) {
  const { current, isReady, hasTriedBoth } = context;
  if (!current || isReady || hasTriedBoth) return;
  context.hasTriedBoth = true;
  context.beside = begin(context, other(current.way));
}

function trySocket(context: LinksContext) {
  const { current, beside, isReady } = context;
  if (!isReady || current?.way !== "events" || beside) return;
  context.beside = begin(context, "socket");
  giveUpLater(context, context.beside);
}

function giveUpLater(context: LinksContext, link: Link) {
  context.environment.after(READY_WITHIN, () => {
    if (context.beside !== link) return;
    endedBeside(context, link, BROKEN);
    link.socket.close();
  });
}

function received(context: LinksContext, link: Link, text: string) {
  if (link !== context.current && link !== context.beside) return;
  const frame = parseFrame(text);
  if (frame?.type === "ready") begins(context, link, frame);
  else if (link === context.current) context.callbacks.frame(frame);
}

/** The link that is ready is used from now on. A socket that is late may still take its place. */
function begins(context: LinksContext, link: Link, frame: ReadyFrame) {
  const isInstead = context.isReady;
  const before = link === context.current ? null : context.current;
  if (link === context.beside) context.beside = before?.way === "socket" ? before : null;
  else if (link.way === "socket") abandon(context);
  if (before && before !== context.beside) before.socket.close();
  [context.current, context.isReady] = [link, true];
  context.cancelOther();
  context.trials.ready(link.way);
  context.callbacks.ready(link.way, frame, isInstead);
  if (context.beside) giveUpLater(context, context.beside);
}

function abandon(context: LinksContext) {
  const left = context.beside;
  context.beside = null;
  left?.socket.close();
}

function endedBeside(context: LinksContext, link: Link, code: number) {
  context.beside = null;
  if (ending(code) === "signed-out") context.callbacks.turnedAway();
  if (context.isReady && link.way === "socket") context.trials.failed();
}

function ended(context: LinksContext, link: Link, code: number) {
  const wasReady = context.isReady;
  if (!wasReady && code === BROKEN && goOn(context, link)) return;
  if (wasReady) context.trials.lost(link.way, code === BROKEN);
  stop(context);
  context.callbacks.ended(code, wasReady, link.wasOpened);
}

/** One way has failed: the other one may do. */
function goOn(context: LinksContext, link: Link): boolean {
  if (context.beside) {
    [context.current, context.beside] = [context.beside, null];
    return true;
  }
  if (context.hasTriedBoth || !context.callbacks.mayTurn()) return false;
  context.hasTriedBoth = true;
  context.current = begin(context, other(link.way));
  return true;
}

function stop(context: LinksContext) {
  const last = context.current;
  [context.current, context.isReady] = [null, false];
  context.cancelOther();
  context.trials.stop();
  abandon(context);
  last?.socket.close();
}
