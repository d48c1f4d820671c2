/** From text to frames: what is not one of those that are known, whole, is none. */
import type { Change, Counters, MessageBody, ServerFrame } from "./protocol.ts";
import { flag, integer, isRecord, list, maybe, orNull, shape, text, time, type Shape } from "./shapes.ts";

function checkOf(checks: Record<string, Shape<unknown>>, frame: Record<string, unknown>): Shape<unknown> | undefined {
  const type = String(frame["type"]);
  return Object.hasOwn(checks, type) ? checks[type] : undefined;
}

const message = {
  chat_id: integer,
  seq: integer,
  n: integer,
  id: integer,
  user_id: orNull(integer),
  username: text,
  content: text,
  client_msg_id: maybe(text),
  reply_to: maybe(integer),
  mentions: maybe(list(integer)),
  mentions_all: maybe(flag),
  created_at: time,
  edited_at: maybe(time),
  deleted_at: maybe(time),
  reactions: maybe(list(shape({ emoji: text, user_ids: list(integer) }))),
  pinned: maybe(flag),
};
const mark = {
  chat_id: integer,
  seq: integer,
  id: integer,
  n: integer,
  username: text,
  on: flag,
  created_at: time,
};
const place = { chat_id: integer, seq: integer, created_at: time };
const counters = {
  chat_id: integer,
  seq: integer,
  n: integer,
  read_n: integer,
  unread: integer,
  mentions: maybe(integer),
};

/** The changes, without what follows from them being in a list. */
const changes: Record<string, Shape<unknown>> = {
  message: shape(message),
  edited: shape(message),
  deleted: shape(message),
  reaction: shape({ ...mark, user_id: integer, emoji: text }),
  pin: shape({ ...mark, user_id: orNull(integer) }),
  member: shape({ ...place, change: text, user_id: integer, username: text, role: maybe(text) }),
  chat: shape({ ...place, change: text, name: maybe(text) }),
};

export const messageShape = shape<MessageBody>(message);
export const countersShape = shape<Counters>(counters);
/** Changes of a kind that is not known take their seq and change nothing here. */
export const changesShape = list<Change>((value) => isRecord(value) && (checkOf(changes, value)?.(value) ?? true));

const frames: Record<string, Shape<unknown>> = {
  ...changes,
  opened: shape({
    chat_id: integer,
    seq: integer,
    reset: maybe(flag),
    more: maybe(flag),
    changes: changesShape,
    online: maybe(list(integer)),
  }),
  changes: shape({ chat_id: integer, after: integer, seq: integer, changes: changesShape }),
  ready: shape({
    user_id: orNull(integer),
    epoch: text,
    now: time,
    chats: list(shape({ ...counters, muted: maybe(flag) })),
  }),
  unread: shape(counters),
  muted: shape({ chat_id: integer, muted: flag }),
  hidden: shape({ chat_id: integer }),
  gone: shape({ chat_id: integer, change: text }),
  ack: shape({
    chat_id: integer,
    client_msg_id: text,
    id: maybe(integer),
    seq: integer,
    n: maybe(integer),
    created_at: maybe(time),
    dup: flag,
  }),
  error: shape({
    code: text,
    error: text,
    retry: flag,
    retry_after_ms: maybe(integer),
    chat_id: maybe(integer),
    client_msg_id: maybe(text),
  }),
  typing: shape({ chat_id: integer, user_id: integer, username: text }),
  presence: shape({ chat_id: integer, online: list(integer) }),
  pong: shape({}),
  goaway: shape({ reason: text, after_ms: integer }),
};

/** The frame in a text; null if it is none, or of a kind that is not known yet. */
export function parseFrame(text: string): ServerFrame | null {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return null;
  }
  if (!isRecord(value)) return null;
  return checkOf(frames, value)?.(value) ? (value as unknown as ServerFrame) : null;
}
