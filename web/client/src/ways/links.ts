/**
 * One connection by either way: a WebSocket, or what stands in for one where none gets through. If one way fails, or
 * is slow, the other one is tried; and from events it returns to a socket as soon as one gets through.
 */
import type { Way } from "../api.ts";
import type { Environment, Socket } from "../environment.ts";
import { parseFrame } from "../frames.ts";
import type { ReadyFrame, ServerFrame } from "../protocol.ts";
import { ending } from "../rules/retry.ts";
import { connectByEvents } from "./events.ts";
import { createTrials } from "./trials.ts";

/** What is not ready by then has the other way tried beside it. */
const OTHER_AFTER = 3_000;
/** A socket that is tried while events are used, and is not ready by then, is given up. */
const READY_WITHIN = 15_000;
/** What a browser says of a connection that was not closed by the other side. */
const BROKEN = 1006;

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

interface Link {
  way: Way;
  socket: Socket;
  wasOpened: boolean;
}

export function createLinks(environment: Environment, callbacks: LinksCallbacks): Links {
  /** What is used, or will be. */
  let current: Link | null = null;
  /** The other way, tried at the same time. */
  let beside: Link | null = null;
  let hasTriedBoth = false;
  let ready = false;
  let cancelOther = () => {};
  const trials = createTrials(environment, trySocket);

  function begin(way: Way): Link {
    const link: Link = { way, wasOpened: false, socket: { send: () => {}, close: () => {} } };
    const connect = way === "socket" ? environment.connect : connectByEvents.bind(null, environment);
    const closed = (code: number) => {
      if (link === current) ended(link, code);
      else if (link === beside) endedBeside(link, code);
    };
    try {
      link.socket = connect({ opened: () => (link.wasOpened = true), text: (text) => received(link, text), closed });
    } catch {
      // A browser that lets no socket be made says so at once, and not by closing one.
      environment.after(0, () => closed(BROKEN));
    }
    return link;
  }

  function tryOther() {
    if (!current || ready || hasTriedBoth) return;
    hasTriedBoth = true;
    beside = begin(other(current.way));
  }

  function trySocket() {
    if (!ready || current?.way !== "events" || beside) return;
    beside = begin("socket");
    giveUpLater(beside);
  }

  function giveUpLater(link: Link) {
    environment.after(READY_WITHIN, () => {
      if (beside !== link) return;
      endedBeside(link, BROKEN);
      link.socket.close();
    });
  }

  function received(link: Link, text: string) {
    if (link !== current && link !== beside) return;
    const frame = parseFrame(text);
    if (frame?.type === "ready") begins(link, frame);
    else if (link === current) callbacks.frame(frame);
  }

  /** The link that is ready is used from now on. A socket that is late may still take its place. */
  function begins(link: Link, frame: ReadyFrame) {
    const isInstead = ready;
    const before = link === current ? null : current;
    if (link === beside) beside = before?.way === "socket" ? before : null;
    else if (link.way === "socket") abandon();
    if (before && before !== beside) before.socket.close();
    [current, ready] = [link, true];
    cancelOther();
    trials.ready(link.way);
    callbacks.ready(link.way, frame, isInstead);
    if (beside) giveUpLater(beside);
  }

  function abandon() {
    const left = beside;
    beside = null;
    left?.socket.close();
  }

  function endedBeside(link: Link, code: number) {
    beside = null;
    if (ending(code) === "signed-out") callbacks.turnedAway();
    if (ready && link.way === "socket") trials.failed();
  }

  function ended(link: Link, code: number) {
    if (!ready && code === BROKEN && goOn(link)) return;
    const wasReady = ready;
    if (wasReady) trials.lost(link.way, code === BROKEN);
    stop();
    callbacks.ended(code, wasReady, link.wasOpened);
  }

  /** One way has failed: the other one may do. */
  function goOn(link: Link): boolean {
    if (beside) {
      [current, beside] = [beside, null];
      return true;
    }
    if (hasTriedBoth || !callbacks.mayTurn()) return false;
    hasTriedBoth = true;
    current = begin(other(link.way));
    return true;
  }

  function stop() {
    const last = current;
    [current, ready] = [null, false];
    cancelOther();
    trials.stop();
    abandon();
    last?.socket.close();
  }

  return {
    connect() {
      hasTriedBoth = false;
      current = begin(trials.first());
      cancelOther = environment.after(OTHER_AFTER, tryOther);
    },
    isThere: () => current !== null,
    isReady: () => ready,
    send: (text) => current?.socket.send(text),
    trySocket,
    drop() {
      const dead = current;
      if (!dead) return;
      // It may take minutes to say that it is closed, and says nothing of why.
      dead.wasOpened = hasTriedBoth = true;
      abandon();
      ended(dead, BROKEN);
    },
    stop,
  };
}

const other = (way: Way): Way => (way === "socket" ? "events" : "socket");
