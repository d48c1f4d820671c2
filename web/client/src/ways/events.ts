/**
 * Stands in for a WebSocket where none gets through: what the server tells comes as server-sent events, and what one
 * says goes out in single requests, whose answers become the frames that a socket would have brought. When other chats
 * are to be open the stream is asked for anew, from where it was. That one is typing is not told.
 */
import * as bodies from "../bodies.ts";
import type { Environment, Socket, SocketCallbacks } from "../environment.ts";
import { parseFrame } from "../frames.ts";
import type { ClientFrame, ErrorFrame, ServerFrame } from "../protocol.ts";
import { resultOf } from "../rest.ts";
import { answerToSend, wanted } from "./frames-of-answers.ts";
import { createEventStream } from "./event-stream.ts";
import { createOpens, type Opens } from "./stream-positions.ts";
import { createReadRequests } from "./read-requests.ts";
import { createReady, seqOfGeneral, type Ready } from "./later-ready.ts";

/** When to try again to have a chat open where there are too many. */
const LATER = 5_000;
const SIGNED_OUT = 4501;
const BROKEN = 1006;
const OTHER_HISTORY = 4000;

type SendFrame = Extract<ClientFrame, { type: "send" }>;

export function connectByEvents(environment: Environment, callbacks: SocketCallbacks): Socket {
  const [opens, ready] = [createOpens(), createReady()];
  let isOver = false;
  const stream = createEventStream(environment, {
    path: () => opens.path(ready.epoch()),
    opened: () => callbacks.opened(),
    event(name, data) {
      const heard = name === "close" ? codeOf(data) : framesOf(data, opens, ready);
      if (typeof heard === "number") over(heard);
      else heard.forEach(tell);
    },
    over: (status) => over(status === 401 ? SIGNED_OUT : BROKEN),
  });
  const reads = createReadRequests(environment, { request, tell, isOver: () => isOver });

  function over(code: number) {
    if (isOver) return;
    end();
    callbacks.closed(code);
  }

  function end() {
    isOver = true;
    stream.end();
  }

  function tell(frame: ServerFrame) {
    if (!isOver) callbacks.text(JSON.stringify(frame));
  }

  async function request(method: string, path: string, body: unknown) {
    const answer = await environment.request(method, path, body).catch(() => null);
    const result = answer && resultOf(answer, bodies.done);
    // Proxies have a 401 of their own.
    if (result && !result.ok && result.code === "unauthenticated") over(SIGNED_OUT);
    return answer;
  }

  async function send(frame: SendFrame) {
    const { chat_id: chatId, content, client_msg_id, reply_to, uploads } = frame;
    tell(answerToSend(frame, await request("POST", `/api/chats/${chatId}/messages`, { content, client_msg_id, reply_to, uploads })));
  }

  function open(chatId: number, after: number | null) {
    if (opens.open(chatId, after)) stream.askAgain();
    else environment.after(0, () => tell(tooMany(chatId)));
  }

  stream.ask();
  return {
    send(text) {
      if (isOver) return;
      const frame = JSON.parse(text) as ClientFrame;
      if (frame.type === "send") void send(frame);
      else if (frame.type === "read") reads.read(frame.chat_id, frame.n);
      else if (frame.type === "open") open(frame.chat_id, wanted(frame, ready.epoch()));
      // No request is a ping: to have read nothing does no harm, and is answered.
      else if (frame.type === "ping") reads.read(1, 0);
      else if (frame.type === "close" && opens.close(frame.chat_id)) stream.askAgain();
    },
    close: end,
  };
}

/** What there is to tell of an event, or the code with which it ends the connection. */
function framesOf(data: string, opens: Opens, ready: Ready): ServerFrame[] | number {
  const frame = parseFrame(data);
  if (frame === null) return [];
  switch (frame.type) {
    case "ready": {
      const news = ready.begins(frame);
      if (news) opens.begins(seqOfGeneral(frame));
      return news ?? OTHER_HISTORY;
    }
    case "opened": {
      const what = opens.opened(frame);
      return Array.isArray(what) ? what : [what];
    }
    case "unread":
    case "muted":
      ready.told(frame);
      return [frame];
    default:
      return "seq" in frame && frame.type !== "ack" && !opens.live(frame) ? [] : [frame];
  }
}

function tooMany(chatId: number): ErrorFrame {
  const error = "this connection has all the chats open that it can";
  return { type: "error", code: "busy", error, retry: true, retry_after_ms: LATER, chat_id: chatId };
}

function codeOf(data: string): number {
  try {
    const { code } = JSON.parse(data) as { code?: unknown };
    return typeof code === "number" ? code : BROKEN;
  } catch {
    return BROKEN;
  }
}
