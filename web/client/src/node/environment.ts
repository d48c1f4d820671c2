/** The world as a program under Node has it: one process that is its own only tab. */
import { readFileSync, writeFileSync } from "node:fs";
import { addressOf, socketAddressOf } from "../address.ts";
import { encoded } from "../well-formed-text.ts";
import {
  ELSEWHERE, NOT_JSON,
  type Answer, type Environment, type Socket, type SocketCallbacks, type Stream, type StreamCallbacks,
} from "../environment.ts";
import { keyOf } from "../message-keys.ts";
import { bodyOf } from "../rest.ts";
import { LONGEST_TIMER } from "../rules/server-waits.ts";
import { readStream } from "../ways/stream.ts";

/** An answer that takes longer is none. */
const REQUEST_TIMEOUT = 30_000;
/** The same for a part of a file. */
const FILE_TIMEOUT = 120_000;
/** What `ws` says of a socket that is open. */
const OPEN = 1;

/** A WebSocket as the package `ws` has it, and newer Nodes by themselves: headers can be given to it. */
export interface WebSocketLike {
  readonly readyState: number;
  onopen: unknown;
  onmessage: unknown;
  onclose: unknown;
  onerror: unknown;
  send(text: string): void;
  close(code?: number): void;
}

export type WebSocketClass = new (url: string, options: { headers: Record<string, string> }) => WebSocketLike;

export interface NodeOptions {
  /** Where the server is: `https://chat.example.com`. */
  url: string;
  /** `WebSocket` of the package `ws`, or Node's own where it has one. Without any, events come over HTTP. */
  WebSocket?: WebSocketClass | undefined;
  /** A file that keeps one signed in from one run to the next. Whoever reads it is the user. */
  sessionFile?: string;
}

export function nodeEnvironment({ url, WebSocket = globalWebSocket(), sessionFile }: NodeOptions): Environment {
  const place = url.endsWith("/") ? url : `${url}/`;
  const session = createSession(new URL(place).origin, sessionFile);
  return {
    now: () => Date.now(),
    random: () => Math.random(),
    newKey: () => keyOf(Date.now(), crypto.getRandomValues(new Uint8Array(16))),
    after(milliseconds, run) {
      const timer = setTimeout(run, Math.min(milliseconds, LONGEST_TIMER));
      return () => clearTimeout(timer);
    },
    async request(method, path, body, file) {
      const init = file ? { body: (file.bytes as Blob | undefined) ?? null } : body === undefined ? {} : { body: encoded(body) };
      const type = body === undefined ? {} : { "content-type": "application/json" };
      const headers = { ...session.headers(), ...(file?.headers ?? type) };
      const signal = AbortSignal.timeout(file ? FILE_TIMEOUT : REQUEST_TIMEOUT);
      const answer = await fetch(addressOf(path, place), { method, headers, redirect: "manual", signal, ...init });
      return answerOf(answer, session);
    },
    connect(callbacks) {
      // The connection goes on without: whoever has no sockets says so at once.
      if (!WebSocket) throw new Error("there is no WebSocket");
      return connect(new WebSocket(socketAddressOf(place).href, { headers: session.headers() }), callbacks);
    },
    stream(path, callbacks): Stream {
      return openStream(addressOf(path, place), session, callbacks);
    },
    openDisk: () => Promise.resolve(null),
    locks: null,
    openChannel: () => null,
    onWake: () => () => undefined,
    onPutAway: () => () => undefined,
    isLookedAt: () => false,
    onLook: () => () => undefined,
    place,
  };
}

function globalWebSocket(): WebSocketClass | undefined {
  return (globalThis as { WebSocket?: unknown }).WebSocket as WebSocketClass | undefined;
}

async function answerOf(answer: Response, session: NodeSession): Promise<Answer> {
  session.take(answer.headers.getSetCookie());
  const text = await answer.text();
  if (answer.status >= 300 && answer.status < 400) return { status: ELSEWHERE, body: NOT_JSON };
  const offset = answer.headers.get("upload-offset");
  const place = { location: answer.headers.get("location"), offset: offset === null ? null : Number(offset) };
  return { status: answer.status, body: bodyOf(text, answer.headers.get("content-type")), ...place };
}

function openStream(address: URL, session: NodeSession, callbacks: StreamCallbacks): Stream {
  const ask = (signal: AbortSignal) => fetch(address, { headers: session.headers(), redirect: "error", signal });
  return readStream(ask, callbacks);
}

function connect(socket: WebSocketLike, callbacks: SocketCallbacks): Socket {
  socket.onopen = () => callbacks.opened();
  socket.onmessage = (event: { data: unknown }) => callbacks.text(String(event.data));
  socket.onclose = (event: { code: number }) => callbacks.closed(event.code);
  // A failure is followed by the close.
  socket.onerror = () => undefined;
  return {
    send(text) {
      if (socket.readyState === OPEN) socket.send(text);
    },
    close: () => socket.close(1000),
  };
}

interface NodeSession {
  headers(): Record<string, string>;
  /** The cookies that an answer sets. */
  take(cookies: string[]): void;
}

/** Who one is for the server, by its cookie. */
function createSession(origin: string, file: string | undefined): NodeSession {
  let cookie = file === undefined ? "" : textIn(file);
  return {
    headers: () => ({ origin, ...(cookie === "" ? {} : { cookie }) }),
    take(cookies) {
      for (const set of cookies) {
        const [pair = ""] = set.split(";");
        cookie = pair.endsWith("=") ? "" : pair;
        if (file !== undefined) writeFileSync(file, cookie, { mode: 0o600 });
      }
    },
  };
}

/** What is in a file; nothing, if it is not there. */
function textIn(file: string): string {
  try {
    return readFileSync(file, "utf8").trim();
  } catch (failure) {
    if ((failure as { code?: unknown }).code === "ENOENT") return "";
    throw failure;
  }
}
