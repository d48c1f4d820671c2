/** The world as a browser's tab has it. */
import { addressOf, socketAddressOf } from "../address.ts";
import { encoded } from "../well-formed-text.ts";
import {
  ELSEWHERE, NOT_JSON,
  type Answer, type Channel, type Environment, type FileRequest, type Locks, type Socket, type SocketCallbacks, type Stream, type StreamCallbacks,
} from "../environment.ts";
import { keyOf } from "../message-keys.ts";
import { bodyOf } from "../rest.ts";
import { LONGEST_TIMER } from "../rules/server-waits.ts";
import { readStream } from "../ways/stream.ts";
import { openDisk } from "./disk.ts";

/** An answer that takes longer is none. */
const REQUEST_TIMEOUT = 30_000;
/** The same for a part of a file, which takes its time to go out. */
const FILE_TIMEOUT = 120_000;

export function browserEnvironment(): Environment {
  return {
    now: () => Date.now(),
    random: () => Math.random(),
    newKey,
    after(milliseconds, run) {
      const timer = setTimeout(run, Math.min(milliseconds, LONGEST_TIMER));
      return () => clearTimeout(timer);
    },
    request,
    connect,
    stream,
    openDisk: () => openDisk(ownName("vestnik")),
    locks: locks(),
    openChannel,
    onWake,
    onPutAway,
    isLookedAt: () => document.visibilityState === "visible" && document.hasFocus(),
    onLook,
    place: new URL(".", document.baseURI).href,
  };
}

/** Without `crypto.randomUUID`, which pages served in clear over a network do not have. */
const newKey = () => keyOf(Date.now(), crypto.getRandomValues(new Uint8Array(16)));

/** What is shared by all pages of an origin is not shared by two servers on it. */
export function nameIn(name: string, base: string): string {
  const { pathname } = new URL(".", base);
  return pathname === "/" ? name : `${name} ${pathname}`;
}

const ownName = (name: string) => nameIn(name, document.baseURI);

async function request(method: string, path: string, body?: unknown, file?: FileRequest): Promise<Answer> {
  const answer = await fetch(addressOf(path, document.baseURI), {
    method,
    credentials: "same-origin",
    cache: "no-store",
    redirect: "manual",
    ...(file === undefined ? contentOf(body) : fileContentOf(file)),
  });
  if (answer.type === "opaqueredirect") return { status: ELSEWHERE, body: NOT_JSON };
  const text = await answer.text();
  return { status: answer.status, body: bodyOf(text, answer.headers.get("content-type")), ...placeOf(answer.headers) };
}

function contentOf(body: unknown): RequestInit {
  const signal = AbortSignal.timeout(REQUEST_TIMEOUT);
  return body === undefined ? { signal } : { signal, body: encoded(body), headers: { "Content-Type": "application/json" } };
}

/** The part of a file is a `Blob`, which a browser reads from its disk as it sends it. */
function fileContentOf({ headers, bytes, signal }: FileRequest): RequestInit {
  const late = AbortSignal.timeout(FILE_TIMEOUT);
  return { headers, body: (bytes as Blob | undefined) ?? null, signal: signal ? AbortSignal.any([late, signal as globalThis.AbortSignal]) : late };
}

/** What an answer to a part of a file says in its headers. */
function placeOf(headers: Headers): Pick<Answer, "location" | "offset" | "mostBytes"> {
  const number = (name: string) => (headers.has(name) ? Number(headers.get(name)) : null);
  return { location: headers.get("location"), offset: number("upload-offset"), mostBytes: number("tus-max-size") };
}

function stream(path: string, callbacks: StreamCallbacks): Stream {
  const ask = (signal: AbortSignal) =>
    fetch(addressOf(path, document.baseURI), { credentials: "same-origin", cache: "no-store", redirect: "error", signal });
  return readStream(ask, callbacks);
}

function connect(callbacks: SocketCallbacks): Socket {
  const socket = new WebSocket(socketAddressOf(document.baseURI));
  socket.onopen = () => callbacks.opened();
  socket.onmessage = (event) => callbacks.text(String(event.data));
  socket.onclose = (event) => callbacks.closed(event.code);
  return {
    send(text) {
      if (socket.readyState === WebSocket.OPEN) socket.send(text);
    },
    close: () => socket.close(1000),
  };
}

function locks(): Locks | null {
  // Only where the page is secure; over plain http in a network there are none.
  if (!("locks" in navigator)) return null;
  const asked = (options: LockOptions): Locks["hold"] => (name, signal, hold, lost) => {
    const over = () => {
      if (!signal.aborted) lost();
    };
    try {
      // One cannot steal and be called off; what is stolen is given back when `hold` is settled.
      navigator.locks.request(ownName(name), options.steal ? options : { signal }, hold).catch(over);
    } catch {
      over();
    }
  };
  return { hold: asked({}), steal: asked({ steal: true }) };
}

function openChannel(name: string, receive: (message: unknown) => void): Channel | null {
  if (!("BroadcastChannel" in globalThis)) return null;
  try {
    const channel = new BroadcastChannel(ownName(name));
    channel.onmessage = (event) => receive(event.data);
    return { post: (message) => channel.postMessage(message), close: () => channel.close() };
  } catch {
    return null;
  }
}

/**
 * The page stands still from now on: whole, for the way back, or frozen where it is. A frozen one still hears the other
 * tabs, and would answer them that it leads, but its timers and so its connection stand still. Some browsers tell both.
 */
export function onPutAway(away: () => void, back: () => void): () => void {
  let isAway = false;
  const goes = () => {
    if (isAway) return;
    isAway = true;
    away();
  };
  const comes = () => {
    if (!isAway) return;
    isAway = false;
    back();
  };
  const hidden = (event: PageTransitionEvent) => event.persisted && goes();
  addEventListener("pagehide", hidden);
  addEventListener("pageshow", comes);
  document.addEventListener("freeze", goes);
  document.addEventListener("resume", comes);
  return () => {
    removeEventListener("pagehide", hidden);
    removeEventListener("pageshow", comes);
    document.removeEventListener("freeze", goes);
    document.removeEventListener("resume", comes);
  };
}

function onWake(run: () => void): () => void {
  const looked = () => {
    if (document.visibilityState === "visible") run();
  };
  addEventListener("online", run);
  addEventListener("offline", run);
  document.addEventListener("visibilitychange", looked);
  // It was frozen, and nothing ran here meanwhile.
  document.addEventListener("resume", run);
  return () => {
    document.removeEventListener("resume", run);
    removeEventListener("online", run);
    removeEventListener("offline", run);
    document.removeEventListener("visibilitychange", looked);
  };
}

function onLook(run: () => void): () => void {
  addEventListener("focus", run);
  addEventListener("blur", run);
  document.addEventListener("visibilitychange", run);
  return () => {
    removeEventListener("focus", run);
    removeEventListener("blur", run);
    document.removeEventListener("visibilitychange", run);
  };
}
