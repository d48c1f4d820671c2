/**
 * What the view sees of the core. The core knows the protocol, the cache, the outbox and the clock;
 * the view knows none of them: it reads signals and calls these functions.
 *
 * Nothing here throws for what a user can cause: a function that can fail answers a `Result`, with the
 * server's stable `code` and its text. Times are milliseconds since 1970.
 */
import type { ReadonlySignal } from "@preact/signals-core";
import type { Draft, FileBytes, FileInput, FoundMessages, Message, Search, Timeline } from "./message-api.ts";

export type * from "./message-api.ts";

/** `retryAfter` is how many milliseconds the server wants to be left alone. */
export type Result<T> = { ok: true; value: T } | { ok: false; code: string; error: string; retryAfter?: number };

export interface Me {
  id: number;
  username: string;
  displayName: string | null;
  email: string;
  isAdmin: boolean;
}

export type SessionState =
  /** The cookie has not been tried yet; a cache may be shown already. */
  | { state: "checking"; me: Me | null }
  | { state: "signed-out" }
  | { state: "signed-in"; me: Me };

export type ConnectionState =
  | { state: "online"; by: Way }
  | { state: "connecting" }
  /** Not connected; the next try is at `retryAt`. */
  | { state: "offline"; retryAt: number }
  /** The server said that it restarts; it is back at about `retryAt`. */
  | { state: "restarting"; retryAt: number }
  /** Another tab holds the connection, and shares it. */
  | { state: "shared"; by: Way };

/** How it goes to the server and back: by a socket, or by events and single requests where no socket gets through. */
export type Way = "socket" | "events";

export type Role = "owner" | "admin" | "member" | "guest";

export interface Person {
  id: number;
  username: string;
  displayName: string | null;
}

export interface Chat {
  id: number;
  type: "private" | "group" | "general";
  /** What to show: the chat's name, or in a private chat the other person's. */
  title: string;
  /** The other one, in a private chat. */
  peer: Person | null;
  role: Role;
  muted: boolean;
  unread: number;
  mentions: number;
  /** The last message as far as it is known here, shortened; and when it was said, unless an older page kept it. */
  last: { username: string; userId: number | null; text: string; deleted: boolean; at?: number } | null;
  /** When something was last said here, as far as it is known. */
  activeAt: number;
  /** The beginning of what was typed and not sent. */
  draft: string;
}

export interface Member extends Person {
  role: Role;
}

/** A chat that is not the user's any more: they left it or were removed, or it was deleted. */
export interface Ended {
  id: number;
  title: string;
  how: "left" | "deleted";
}

/** One chat. The same object for as long as the client lives. */
export interface ChatView {
  readonly id: number;
  readonly chat: ReadonlySignal<Chat | null>;
  /** How it ended for the user, if it did while they were here. */
  readonly ended: ReadonlySignal<Ended | null>;
  readonly timeline: ReadonlySignal<Timeline>;
  readonly members: ReadonlySignal<readonly Member[]>;
  /** Those who are writing now, without oneself. */
  readonly typing: ReadonlySignal<readonly Person[]>;
  /** Ids of the members who are there; null where that is not told. */
  readonly online: ReadonlySignal<ReadonlySet<number> | null>;
  readonly pins: ReadonlySignal<readonly Message[]>;
  /** What is to be said next, as far as it has been typed; `Chat.draft` is the beginning of what is half-written. */
  readonly draft: ReadonlySignal<string>;
  /** All that is half-written here. It outlives the page, and is the same in all tabs. */
  readonly writing: ReadonlySignal<Draft>;

  /** Shows it: paints from the cache at once, then checks and goes live. */
  open(): Promise<void>;
  /** Shows it no longer: active becomes background. */
  close(): void;
  loadOlder(): Promise<void>;
  loadNewer(): Promise<void>;
  /** Makes the timeline the neighbourhood of a message, by its `n`. */
  showAround(n: number): Promise<void>;
  showLatest(): Promise<void>;
  /** A message by its id, from the timeline or the server; for replies. */
  message(id: number): Promise<Message | null>;
  loadMembers(): Promise<void>;
  loadPins(): Promise<void>;

  /**
   * Never fails: it waits in the outbox until it is sent, also over a closed tab. It is stored once under its key, which is
   * answered; whoever must not say a thing twice, even after a crash, gives it a key of its own. Beside files the text may be
   * empty.
   */
  send(text: string, replyTo?: number, key?: string, files?: readonly FileInput[]): string;
  retry(key: string): void;
  /** Drops a failed or queued one; its text, to be edited. */
  discard(key: string): string | null;
  edit(id: number, text: string): Promise<Result<void>>;
  remove(id: number): Promise<Result<void>>;
  react(id: number, emoji: string, on: boolean): Promise<Result<void>>;
  pin(id: number, on: boolean): Promise<Result<void>>;

  markRead(n: number): void;
  markUnread(n: number): Promise<Result<void>>;
  mute(muted: boolean): Promise<Result<void>>;
  /** The user is typing; throttled here. */
  isTyping(): void;
  setDraft(text: string): void;
  /** What the field says now: of what is to be said, or of the change that is being written. */
  write(text: string): void;
  answer(message: Message): void;
  /** Takes a message of one's own into the field, to be changed. */
  change(message: Message): void;
  /** Gives up the change, or what is answered. */
  cancelWriting(): void;
  /** The user comes to the field: a change that waits may have it. */
  resumeWriting(): void;
  /** Says or saves what is in the field. What cannot be saved is half-written again. */
  submit(files?: readonly FileInput[]): Promise<Result<void>>;

  rename(name: string): Promise<Result<void>>;
  addMember(userId: number, role: Role): Promise<Result<void>>;
  setRole(userId: number, role: Role): Promise<Result<void>>;
  removeMember(userId: number): Promise<Result<void>>;
  leave(): Promise<Result<void>>;
  destroy(): Promise<Result<void>>;
  /** Out of the list until something is said in it; for private chats. */
  hide(): Promise<Result<void>>;
}

export interface Device {
  id: number;
  userAgent: string | null;
  lastUsedAt: number;
  current: boolean;
}

export interface About {
  registration: "open" | "invite" | "closed";
  version: string;
  /** Has nobody an account yet? Whoever makes the first one is the administrator. */
  is_empty?: boolean;
}

export interface Client {
  readonly session: ReadonlySignal<SessionState>;
  readonly connection: ReadonlySignal<ConnectionState>;
  readonly about: ReadonlySignal<About | null>;
  /** Something else answers in the server's place: a network that wants to be signed in to, or a proxy. */
  readonly isForeign: ReadonlySignal<boolean>;
  /** By activity, the latest first. */
  readonly chats: ReadonlySignal<readonly Chat[]>;
  readonly totals: ReadonlySignal<{ unread: number; mentions: number }>;
  /** Messages of one's own that wait, over all chats. */
  readonly waiting: ReadonlySignal<number>;
  /** Do those survive the page, if it is closed before they are sent? */
  readonly isKept: ReadonlySignal<boolean>;
  /** A message came that the user may want to be notified of. */
  onNotice(listener: (notice: { chat: Chat; message: Message }) => void): () => void;

  /** A chat of the user's has ended, and not by them in this tab. */
  onEnded(listener: (ended: Ended) => void): () => void;

  start(): Promise<void>;
  stop(): void;
  chat(id: number): ChatView;

  signUp(input: {
    username: string;
    email: string;
    password: string;
    invite?: string;
  }): Promise<Result<void>>;
  signIn(username: string, password: string): Promise<Result<void>>;
  /** Fails without a connection: the server must forget this device. */
  signOut(): Promise<Result<void>>;
  updateMe(change: {
    username?: string;
    displayName?: string;
    email?: string;
    password?: string;
    /** The one of now, which a new password or address takes. */
    currentPassword?: string;
  }): Promise<Result<void>>;
  devices(): Promise<Result<Device[]>>;
  revoke(deviceId: number): Promise<Result<void>>;

  /** People whose name begins with or contains this. */
  findPeople(text: string): Promise<Result<Person[]>>;
  /** The bytes of a file that waits to be sent; null if they are not here any more. */
  bytesOf(fileKey: string): Promise<FileBytes | null>;
  /** So many bytes a file may have; null where that is not known. */
  mostFileBytes(): Promise<number | null>;
  /** Messages of one's chats. `invalid_query` says what is wrong in the text. */
  search(wanted: Search): Promise<Result<FoundMessages>>;
  /**
   * The private chat with somebody, by its number here. Where there is none, the other one hears of it with the first
   * message; it has another number then.
   */
  meet(person: Person): number;
  /** The group, and whom it could not take in. */
  createGroup(name: string, userIds: number[]): Promise<Result<{ id: number; refused: number[] }>>;
  createInvite(input: { hours: number; uses: number }): Promise<Result<{ link: string }>>;
  /** Try to connect now. */
  reconnect(): void;
}
