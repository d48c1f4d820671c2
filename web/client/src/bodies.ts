/**
 * The bodies of the server's answers, as far as this client reads them. Between here and the server others may answer in
 * its place, with pages of their own: what has not the shape of an answer is none.
 */
import type { About } from "./api.ts";
import { changesShape, countersShape, messageShape } from "./frames.ts";
import type { ChatBody, Counters, MemberBody, MessageBody, PersonBody, SearchBody, SyncBody, TokenBody, UserBody } from "./protocol.ts";
import { flag, integer, list, maybe, orNull, shape, text, time, type Shape } from "./value-checks.ts";

export const about = shape<About>({ registration: text, version: text, is_empty: maybe(flag) });

const names = { username: text, display_name: maybe(orNull(text)) };
export const person = shape<PersonBody>({ id: integer, ...names });
export const user = shape<UserBody>({ id: integer, ...names, email: maybe(orNull(text)), is_admin: flag });
export const users = shape<{ users: PersonBody[] }>({ users: list(person) });
export const member = shape<MemberBody>({ user_id: integer, ...names, role: text, deleted: maybe(flag) });
export const token = shape<TokenBody>({ id: integer, user_agent: maybe(orNull(text)), current: flag, last_used_at: time });
/** What signing in answers; the cookie is what counts. */
export const session = shape<{ token: string }>({ token: text, user_id: integer });
export const account = shape<{ id: number }>({ id: integer, username: text });

const last = shape({ n: integer, user_id: orNull(integer), username: text, content: text, deleted: flag, created_at: time });
const listed = {
  type: text,
  name: text,
  role: maybe(text),
  seq: integer,
  n: integer,
  read_n: maybe(integer),
  unread: maybe(integer),
  mentions: maybe(integer),
  muted: maybe(flag),
  peer: maybe(orNull(person)),
  last: maybe(orNull(last)),
};
export const chat = shape<ChatBody>({ id: integer, ...listed });
export const newChat = shape<{ id: number }>({ id: integer, type: text });
export const invite = shape<{ path: string }>({ code: text, path: text });
export const counters: Shape<Counters> = countersShape;
export const message: Shape<MessageBody> = messageShape;
export const messages = shape<{ messages: MessageBody[]; next?: number }>({ messages: list(message), next: maybe(orNull(integer)) });

const found = shape({
  chat_id: integer,
  message,
  marks: maybe(list(list(integer))),
  before: maybe(orNull(message)),
  after: maybe(orNull(message)),
});
export const search = shape<SearchBody>({ results: list(found), next: maybe(orNull(text)), indexing: maybe(flag) });

const states = ["unchanged", "changed", "reset"];
const recent = shape({
  chat_id: integer,
  seq: integer,
  state: (value) => states.includes(value as string),
  changes: changesShape,
});
export const synced = shape<SyncBody>({
  user_id: integer,
  epoch: text,
  now: time,
  chats: list(shape({ chat_id: integer, ...listed })),
  recent: list(recent),
});

/** That it is done, of which there is nothing to say. */
export const done: Shape<void> = (value) => value === undefined;

/** One page of a list. */
export function pageOf<T>(items: string, each: Shape<T>): Shape<Record<string, unknown>> {
  return shape({ [items]: list(each), next: maybe(orNull(integer)) });
}
