/** The list of chats. Counters are absolute: what the server says replaces what was known. */
import type { Chat, Person, Role } from "../api.ts";
import type { Change, ChatBody, ChatType, Counters, LastBody, PersonBody, ReadyChat } from "../protocol.ts";
import { lineOf } from "./attachments.ts";
import { cut } from "./cut.ts";
import { isMessage } from "./log.ts";

/** A chat as it is known here. */
export interface Listed {
  id: number;
  type: ChatType;
  name: string;
  peer: Person | null;
  role: Role;
  muted: boolean;
  seq: number;
  n: number;
  readN: number;
  unread: number;
  mentions: number;
  last: { n: number; userId: number | null; username: string; text: string; deleted: boolean; at?: number } | null;
  activeAt: number;
}

export type Listing = ReadonlyMap<number, Listed>;

/** Characters of a message that the list shows. */
const PREVIEW = 200;

export function toPerson(body: PersonBody): Person {
  return { id: body.id, username: body.username, displayName: body.display_name ?? null };
}

/** A chat as the server lists it, over what was known of it. `isCounted` says that what is known was
 * counted later than the list was made. */
export function listed(body: ChatBody, known: Listed | undefined, isCounted = false): Listed {
  const fromServer = body.last ? toLast(body.last) : null;
  const last = (known?.last?.n ?? 0) > (fromServer?.n ?? 0) ? (known?.last ?? null) : fromServer;
  const said = body.last ? Date.parse(body.last.created_at) : 0;
  const created = body.created_at === undefined ? 0 : Date.parse(body.created_at);
  const later = known && known.seq > body.seq ? known : undefined;
  const counters = {
    seq: body.seq,
    n: body.n,
    readN: body.n - (body.unread ?? 0),
    unread: body.unread ?? 0,
    mentions: body.mentions ?? 0,
    muted: body.muted ?? false,
  };
  return {
    ...((isCounted ? known : later) ?? counters),
    id: body.id,
    type: body.type,
    name: later?.name ?? body.name,
    peer: body.peer ? toPerson(body.peer) : (known?.peer ?? null),
    role: later?.role ?? body.role ?? known?.role ?? "guest",
    last,
    activeAt: Math.max(known?.activeAt ?? 0, said, created),
  };
}

function toLast(body: LastBody): Listed["last"] {
  const text = body.deleted ? "" : shorten(lineOf(body));
  return { n: body.n, userId: body.user_id, username: body.username, text, deleted: body.deleted, at: Date.parse(body.created_at) };
}

const shorten = (text: string) => cut(text, PREVIEW);

/** Where the user stands; `heardAt` is when, for what was said in the background. `readTo` is what the
 * user has read and the server may not have counted yet. */
export function counted(
  chat: Listed,
  counters: Counters,
  heardAt: number | null,
  readTo = 0,
): Listed {
  const isNews = counters.n > chat.n && heardAt !== null;
  const n = Math.max(chat.n, counters.n);
  // Messages may have been heard that were not counted yet.
  const readN = Math.min(n, Math.max(counters.n - counters.unread, readTo));
  const mentions = n === readN ? 0 : (counters.mentions ?? chat.mentions);
  return {
    ...chat,
    seq: Math.max(chat.seq, counters.seq),
    n,
    readN,
    unread: n - readN,
    mentions,
    activeAt: isNews ? Math.max(chat.activeAt, heardAt) : chat.activeAt,
  };
}

/** Where the user stands at the beginning of a connection. */
export function stood(chat: Listed, readyChat: ReadyChat, readTo = 0): Listed {
  // What was heard before may be of a connection whose end was not.
  const known = { ...chat, n: readyChat.n, seq: readyChat.seq };
  return { ...counted(known, readyChat, null, readTo), muted: readyChat.muted ?? false };
}

/** The user has read up to `n`; the server will say the same. */
export function read(chat: Listed, n: number): Listed {
  const readN = Math.min(n, chat.n);
  if (readN <= chat.readN) return chat;
  const unread = chat.n - readN;
  return { ...chat, readN, unread, mentions: unread === 0 ? 0 : chat.mentions };
}

/** A change of a chat that is open; null if it is the user's chat no longer. */
export function changed(chat: Listed, change: Change, me: number): Listed | null {
  const next = { ...chat, seq: Math.max(chat.seq, change.seq) };
  if (isMessage(change)) return withMessage(next, change, me);
  if (change.type === "chat") {
    return change.change === "deleted" ? null : { ...next, name: change.name ?? chat.name };
  }
  if (change.type === "member" && change.user_id === me) {
    return change.change === "left" ? null : { ...next, role: change.role ?? chat.role };
  }
  return next;
}

type Said = Extract<Change, { content: string }>;

function withMessage(chat: Listed, body: Said, me: number): Listed {
  const last = body.n >= (chat.last?.n ?? 0) ? lastOf(body) : chat.last;
  const activeAt = Math.max(chat.activeAt, Date.parse(body.created_at));
  if (body.n <= chat.n) return { ...chat, last, activeAt };
  const [n, isMine] = [body.n, body.user_id === me];
  // One's own message moves the mark.
  if (isMine) return { ...chat, last, activeAt, n, readN: n, unread: 0, mentions: 0 };
  const isMention = body.mentions_all === true || (body.mentions?.includes(me) ?? false);
  const mentions = chat.mentions + (isMention ? 1 : 0);
  return { ...chat, last, activeAt, n, unread: n - chat.readN, mentions };
}

function lastOf(body: Said): Listed["last"] {
  const deleted = body.deleted_at !== undefined;
  const text = deleted ? "" : shorten(lineOf(body));
  return { n: body.n, userId: body.user_id, username: body.username, text, deleted, at: Date.parse(body.created_at) };
}

/** The list as it is shown, the latest first. */
export function shown(listing: Listing, drafts: ReadonlyMap<number, string>): Chat[] {
  const chats = Array.from(listing.values(), (chat) => remembered(chat, drafts.get(chat.id) ?? ""));
  return chats.sort((a, b) => b.activeAt - a.activeAt || b.id - a.id);
}

/** The same object for the same chat, so that what shows it is drawn once. */
const memory = new WeakMap<Listed, Chat>();

function remembered(one: Listed, draft: string): Chat {
  const known = memory.get(one);
  const chat = toChat(one, draft);
  if (known?.draft === chat.draft) return known;
  memory.set(one, chat);
  return chat;
}

function toChat(chat: Listed, draft: string): Chat {
  const { id, type, peer, role, muted, unread, mentions, last, activeAt } = chat;
  const title = peer ? (peer.displayName ?? peer.username) : chat.name || `#${chat.id}`;
  return { id, type, title, peer, role, muted, unread, mentions, last, activeAt, draft: shorten(draft) };
}

export function totals(chats: readonly Chat[]): { unread: number; mentions: number } {
  const sum = (of: (chat: Chat) => number) => chats.reduce((all, chat) => all + of(chat), 0);
  return { unread: sum((chat) => chat.unread), mentions: sum((chat) => chat.mentions) };
}
