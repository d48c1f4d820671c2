/**
 * Stands in for a WebSocket where none gets through: what the server tells comes as server-sent events, and what one
 * says goes out in single requests, whose answers become the frames that a socket would have brought. When other chats
 * are to be open the stream is asked for anew, from where it was. That one is typing is not told.
 */
import * as bodies from "../bodies.ts";
import type { Environment, Socket, SocketCallbacks, Stream } from "../environment.ts";
import { parseFrame } from "../frames.ts";
import type { ClientFrame, ReadyFrame, ServerFrame, Standing } from "../protocol.ts";
import { resultOf } from "../rest.ts";
import { waitOf } from "../rules/waits.ts";
import { answerToRead, answerToSend, wanted } from "./answers.ts";
import { createOpens } from "./opens.ts";

/** A server says something every 25 seconds. */
const SILENCE = 60_000;
/** What is opened and closed in one stroke is asked for together. */
const TOGETHER = 20;
/** When to try again what would be too much now, unless the server says. */
const LATER = 5_000;
const SIGNED_OUT = 4501;
const BROKEN = 1006;
const OTHER_HISTORY = 4000;

export function connectByEvents(environment: Environment, callbacks: SocketCallbacks): Socket {
  const opens = createOpens();
  let stream: Stream | null = null;
  let ready: ReadyFrame | null = null;
  let standings = new Map<number, Standing>();
  let isOver = false;
  let cancelSilence = () => {};
  let cancelAgain: (() => void) | null = null;
  /** The last mark of each chat that is on its way, or waits. */
  const marks = new Map<number, number>();

  function over(code: number) {
    if (isOver) return;
    end();
    callbacks.closed(code);
  }

  function end() {
    isOver = true;
    cancelSilence();
    cancelAgain?.();
    stream?.close();
  }

  function tell(frame: ServerFrame) {
    if (!isOver) callbacks.text(JSON.stringify(frame));
  }

  function ask() {
    cancelAgain = null;
    stream?.close();
    alive();
    const own = environment.stream(opens.path(ready?.epoch ?? null), {
      opened: () => stream === own && !isOver && callbacks.opened(),
      alive: () => stream === own && alive(),
      event: (name, data) => stream === own && !isOver && event(name, data),
      closed: (status) => stream === own && over(status === 401 ? SIGNED_OUT : BROKEN),
    });
    stream = own;
  }

  function askAgain() {
    cancelAgain ??= environment.after(TOGETHER, ask);
  }

  function alive() {
    cancelSilence();
    cancelSilence = environment.after(SILENCE, () => over(BROKEN));
  }

  function event(name: string, data: string) {
    if (name === "close") return over(codeOf(data));
    const frame = parseFrame(data);
    if (frame?.type === "ready") return begins(frame);
    if (frame?.type === "opened") {
      const what = opens.opened(frame);
      return Array.isArray(what) ? what.forEach(tell) : tell(what);
    }
    const isChange = frame !== null && "seq" in frame && frame.type !== "unread" && frame.type !== "ack";
    if (isChange && !opens.live(frame)) return;
    if (frame?.type === "unread" || frame?.type === "muted") keep(frame);
    if (frame) tell(frame);
  }

  /** Only the first one is news; of a later one what has changed meanwhile is. */
  function begins(frame: ReadyFrame) {
    if (ready && frame.epoch !== ready.epoch) return over(OTHER_HISTORY);
    const general = frame.chats.find((chat) => chat.chat_id === 1);
    opens.begins(general?.seq ?? 0);
    const before = standings;
    standings = new Map(frame.chats.map((chat) => [chat.chat_id, chat]));
    if (!ready) {
      ready = frame;
      return tell(frame);
    }
    for (const { muted, ...counters } of frame.chats) {
      const { muted: wasMuted, ...known } = before.get(counters.chat_id) ?? { muted: false };
      if (JSON.stringify(known) !== JSON.stringify(counters)) tell({ type: "unread", ...counters });
      if ((muted ?? false) !== (wasMuted ?? false)) tell({ type: "muted", chat_id: counters.chat_id, muted: muted ?? false });
    }
  }

  function keep(frame: Extract<ServerFrame, { type: "unread" | "muted" }>) {
    const known = standings.get(frame.chat_id);
    const { type, ...rest } = frame;
    if (type === "unread" || known) standings.set(frame.chat_id, { ...known, ...rest } as Standing);
  }

  async function request(method: string, path: string, body: unknown) {
    const answer = await environment.request(method, path, body).catch(() => null);
    const result = answer && resultOf(answer, bodies.done);
    // Proxies have a 401 of their own.
    if (result && !result.ok && result.code === "unauthenticated") over(SIGNED_OUT);
    return answer;
  }

  async function send(frame: Extract<ClientFrame, { type: "send" }>) {
    const { chat_id: chatId, content, client_msg_id, reply_to } = frame;
    tell(answerToSend(frame, await request("POST", `/api/chats/${chatId}/messages`, { content, client_msg_id, reply_to })));
  }

  /** One mark of a chat at a time is on its way; of those that wait the last is what is meant. */
  async function read(chatId: number, n: number) {
    const isRunning = marks.has(chatId);
    marks.set(chatId, n);
    if (isRunning) return;
    const answer = await request("PUT", `/api/chats/${chatId}/read`, { n });
    const { frame, retryAfter } = answerToRead(answer);
    if (frame) tell(frame);
    const again = () => {
      const next = marks.get(chatId) ?? n;
      marks.delete(chatId);
      if (!isOver) void read(chatId, next);
    };
    if (retryAfter !== null) environment.after(waitOf(retryAfter, LATER), again);
    else if (marks.get(chatId) !== n) again();
    else marks.delete(chatId);
  }

  function open(chatId: number, after: number | null) {
    if (opens.open(chatId, after)) return askAgain();
    const error = "this connection has all the chats open that it can";
    environment.after(0, () => tell({ type: "error", code: "busy", error, retry: true, retry_after_ms: LATER, chat_id: chatId }));
  }

  ask();
  return {
    send(text) {
      if (isOver) return;
      const frame = JSON.parse(text) as ClientFrame;
      if (frame.type === "send") void send(frame);
      else if (frame.type === "read") void read(frame.chat_id, frame.n);
      else if (frame.type === "open") open(frame.chat_id, wanted(frame, ready?.epoch));
      // No request is a ping: a mark that does no harm is answered.
      else if (frame.type === "ping") void read(1, 0);
      else if (frame.type === "close" && opens.close(frame.chat_id)) askAgain();
    },
    close() {
      end();
    },
  };
}

function codeOf(data: string): number {
  try {
    const { code } = JSON.parse(data) as { code?: unknown };
    return typeof code === "number" ? code : BROKEN;
  } catch {
    return BROKEN;
  }
}
