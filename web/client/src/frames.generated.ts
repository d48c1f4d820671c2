/**
 * The frames of the server, and those for it: made by `npm run frames` of docs/asyncapi.json, which the server writes.
 */
/* eslint-disable max-lines */

/** A file of a message. `GET /api/files/{id}` has its bytes. */
export interface Attachment {
  /** Of a picture, as it is shown, in pixels. */
  height?: number;
  id: number;
  name: string;
  /** Its bytes. */
  size: number;
  /** What to show until a picture is there: a ThumbHash in base64. */
  thumbhash?: string;
  /** A media type, by its first bytes. */
  type: string;
  /** Of a picture, as it is shown, in pixels. */
  width?: number;
}

/** What happened to a chat; each has taken one seq. */
export type Change = ServerMessage | ServerEdited | ServerDeleted | ServerReaction | ServerPin | ServerMember | ServerChat;

/** Changes as they are in an `opened`, in a `changes`, and in an answer over REST. */
export type Changes = Change[];

/** Puts a chat into the background. */
export interface ClientClose {
  chat_id: number;
  type: "close";
}

/** Deletes a message. */
export interface ClientDelete {
  /** Where the message is; may be left away. */
  chat_id?: number;
  /** With it the change is acknowledged. */
  client_msg_id?: string;
  /** Of the message. */
  id: number;
  type: "delete";
}

/** Lets one's own message say something else. */
export interface ClientEdit {
  /** Where the message is; may be left away. */
  chat_id?: number;
  /** With it the change is acknowledged. */
  client_msg_id?: string;
  /** 1 to 16,384 bytes, without U+0000. */
  content: string;
  /** Of the message. */
  id: number;
  type: "edit";
}

/** Makes a chat active: it is replayed from a position, and then live. */
export interface ClientOpen {
  /** The last `seq` that the client has; left away, it begins afresh. */
  after?: number;
  chat_id: number;
  /** Of the `ready` that was current when the client got there. */
  epoch?: string;
  type: "open";
}

/** Pins a message, or unpins it. */
export interface ClientPin {
  /** Where the message is; may be left away. */
  chat_id?: number;
  /** With it the change is acknowledged. */
  client_msg_id?: string;
  /** Of the message. */
  id: number;
  /** Is it to be pinned? */
  on?: boolean;
  type: "pin";
}

/** Asks whether the server is there, for those who cannot send the control frame; it answers `pong`. */
export interface ClientPing {
  type: "ping";
}

/** Adds a reaction to a message, or takes it back. */
export interface ClientReact {
  /** Where the message is; may be left away. */
  chat_id?: number;
  /** With it the change is acknowledged. */
  client_msg_id?: string;
  /** One emoji, at most 64 bytes. */
  emoji: string;
  /** Of the message. */
  id: number;
  /** Is it to be there? */
  on?: boolean;
  type: "react";
}

/** Everything up to message `n` has been read. Never goes back. */
export interface ClientRead {
  chat_id: number;
  n: number;
  type: "read";
}

/** Says something. The frame that needs no `type`. */
export interface ClientSend {
  /** Where; left away, the chat of the URL, or General if that has none. */
  chat_id?: number;
  /** With it the send may be repeated for ever, and is acknowledged. */
  client_msg_id?: string;
  /** 1 to 16,384 bytes, without U+0000; beside `uploads` it may be empty or left away. */
  content: string;
  /** The id of the message of the same chat that it answers. */
  reply_to?: number;
  type: "send";
  /** The files that it carries, at most 10: the `upload_id` of each. */
  uploads?: string[];
}

/** The user is writing. */
export interface ClientTyping {
  chat_id: number;
  type: "typing";
}

/** Message `n` is the first that has not been read. */
export interface ClientUnread {
  chat_id: number;
  n: number;
  type: "unread";
}

/** Where a user stands in a chat: absolute values, so that they cannot drift. */
export interface Counters {
  /** Which chat. */
  chat_id: number;
  /** Those among them that mention the user, the last thousand at most. */
  mentions?: number;
  /** The last message. */
  n: number;
  /** The last message that they have read. */
  read_n: number;
  /** The last change. */
  seq: number;
  /** Messages after that. */
  unread: number;
}

/** What a program acts on. There may be more; `retry` says enough then. */
export type ErrorCode = string;

/** A message. What hangs on it (`reactions`, `pinned`) is said in answers to a question, in a replay, and when it is edited; not when it is new or deleted, as there is nothing then. */
export interface Message {
  /** The files that it carries. */
  attachments?: Attachment[];
  /** The chat that it is in. */
  chat_id: number;
  /** The sender's key. */
  client_msg_id?: string;
  /** Empty once it is deleted. */
  content: string;
  created_at: string;
  deleted_at?: string;
  edited_at?: string;
  id: number;
  /** The ids of those whom it mentions. */
  mentions?: number[];
  /** Does it mention everybody? */
  mentions_all?: boolean;
  /** Its number among the messages of the chat. */
  n: number;
  pinned?: boolean;
  reactions?: Reactions[];
  /** The id of the message of the same chat that it answers. */
  reply_to?: number;
  /** Of its last change, among all changes of the chat. */
  seq: number;
  /** Chat Gopher's own number. */
  sequence?: number;
  /** The same as `content`, beside a `sequence`: where a client of Chat Gopher looks for it. */
  text?: string;
  /** `null` for nobody in particular. */
  user_id: number | null;
  username: string;
}

/** Who reacted with one emoji. */
export interface Reactions {
  emoji: string;
  /** In the order in which they did. */
  user_ids: number[];
}

/** A chat as the first frame tells of it. */
export type ReadyChat = Counters & {
  /** No notifications? */
  muted?: boolean;
};

/** A member's role. The order is the rank: `Guest < Member < Admin < Owner`. */
export type Role = "guest" | "member" | "admin" | "owner";

/** A send, or a change of a message, that carried a `client_msg_id` is stored. */
export interface ServerAck {
  chat_id: number;
  client_msg_id: string;
  created_at?: string;
  /** Nothing was stored now: a repeat, or it was so already. */
  dup: boolean;
  /** Of the message; absent if there was nothing to change. */
  id?: number;
  n?: number;
  /** Of the change; if there was nothing to change, the chat's last one. */
  seq: number;
  type: "ack";
}

/** What another process has stored in a chat that is live: everything after one position up to another. */
export interface ServerChanges {
  /** The position until now. */
  after: number;
  /** What changed, by `seq`, as in an `opened`. */
  changes: Changes;
  chat_id: number;
  /** The position reached: with this the client has everything up to here. */
  seq: number;
  type: "changes";
}

/** The chat has another name, or is gone. */
export interface ServerChat {
  /** What happened to the chat itself. */
  change: "renamed" | "deleted";
  chat_id: number;
  created_at: string;
  /** From now on; absent for a chat that is gone. */
  name?: string;
  seq: number;
  type: "chat";
}

/** A message was deleted, and its reactions and its pin with it; its number stays. */
export type ServerDeleted = Message & {
  type: "deleted";
};

/** A message says something else now. */
export type ServerEdited = Message & {
  type: "edited";
};

/** What this socket asked was refused, or is to be repeated. */
export interface ServerError {
  chat_id?: number;
  client_msg_id?: string;
  code: ErrorCode;
  /** What a person reads. */
  error: string;
  /** Of the message, if what was asked named one. */
  id?: number;
  /** May the same succeed later? */
  retry: boolean;
  /** When; with `retry` only. */
  retry_after_ms?: number;
  type: "error";
}

/** The server stops, and the socket closes in a moment. */
export interface ServerGoaway {
  /** When to come back, after the close. */
  after_ms: number;
  /** Why it stops: `restart`. */
  reason: string;
  type: "goaway";
}

/** A chat in the background is the user's no more. */
export interface ServerGone {
  /** `left` (left or removed) or `deleted`. */
  change: string;
  chat_id: number;
  type: "gone";
}

/** The user has hidden a private chat, until something is said there. */
export interface ServerHidden {
  chat_id: number;
  type: "hidden";
}

/** A member came, went, or has another role. */
export interface ServerMember {
  /** What happened to a member. */
  change: "joined" | "role" | "left";
  chat_id: number;
  created_at: string;
  /** What they want to be called, if they said so; absent for one who left. */
  display_name?: string;
  /** From now on; absent for one who left. */
  role?: Role;
  seq: number;
  type: "member";
  user_id: number;
  username: string;
}

/** Something was said. In a replay, a message that the client does not know yet, as it is now. */
export type ServerMessage = Message & {
  type: "message";
};

/** The user is notified of a chat no longer, or again. */
export interface ServerMuted {
  chat_id: number;
  muted: boolean;
  type: "muted";
}

/** A step of the answer to an `open`. */
export interface ServerOpened {
  /** What changed, by `seq`. */
  changes: Changes;
  chat_id: number;
  /** Another step follows. */
  more?: boolean;
  /** Of the members, in the last step, if that is told in this chat. */
  online?: number[];
  /** Forget what you have of this chat. */
  reset?: boolean;
  /** The position reached: after this step the client has everything up to here. */
  seq: number;
  type: "opened";
}

/** A message was pinned, or is no longer. */
export interface ServerPin {
  chat_id: number;
  created_at: string;
  /** Of the message. */
  id: number;
  /** Of the message. */
  n: number;
  /** Is it pinned now? */
  on: boolean;
  seq: number;
  type: "pin";
  /** By whom; `null` for nobody in particular. */
  user_id: number | null;
  username: string;
}

/** The answer to a `ping`. */
export interface ServerPong {
  type: "pong";
}

/** All members of a chat who are there, by id. */
export interface ServerPresence {
  chat_id: number;
  online: number[];
  type: "presence";
}

/** A reaction was added to a message, or taken back. */
export interface ServerReaction {
  chat_id: number;
  created_at: string;
  emoji: string;
  /** Of the message. */
  id: number;
  /** Of the message. */
  n: number;
  /** Is it there now? */
  on: boolean;
  seq: number;
  type: "reaction";
  /** Who has reacted. */
  user_id: number;
  username: string;
}

/** The first frame of a socket that is bound to no chat: where its user stands in each. */
export interface ServerReady {
  /** The user's chats by id, up to some 2,000. */
  chats: ReadyChat[];
  /** The history that all positions belong to; a restored database has another one. */
  epoch: string;
  /** The server's clock. */
  now: string;
  type: "ready";
  /** `null` for nobody in particular (`--trust`). */
  user_id: number | null;
}

/** A member is writing. Never the user themselves; shown for 5 seconds. */
export interface ServerTyping {
  chat_id: number;
  type: "typing";
  user_id: number;
  username: string;
}

/** Where the user stands in a chat, in absolute values. */
export type ServerUnread = Counters & {
  type: "unread";
};

export type ServerFrame =
  | ServerAck
  | ServerChanges
  | ServerChat
  | ServerDeleted
  | ServerEdited
  | ServerError
  | ServerGoaway
  | ServerGone
  | ServerHidden
  | ServerMember
  | ServerMessage
  | ServerMuted
  | ServerOpened
  | ServerPin
  | ServerPong
  | ServerPresence
  | ServerReaction
  | ServerReady
  | ServerTyping
  | ServerUnread;

export type ClientFrame =
  | ClientClose
  | ClientDelete
  | ClientEdit
  | ClientOpen
  | ClientPin
  | ClientPing
  | ClientReact
  | ClientRead
  | ClientSend
  | ClientTyping
  | ClientUnread;

/** What is in a frame of the server, by its `type`. */
export const FRAMES: Readonly<Record<string, string>> = {
  ack:
    "chat_id:int client_msg_id:text created_at?:time dup:flag id?:int n?:int seq:int",
  changes:
    "after:int changes:Change[] chat_id:int seq:int",
  chat:
    "change:text chat_id:int created_at:time name?:text seq:int",
  deleted:
    "...Message",
  edited:
    "...Message",
  error:
    "chat_id?:int client_msg_id?:text code:text error:text id?:int retry:flag retry_after_ms?:count",
  goaway:
    "after_ms:count reason:text",
  gone:
    "change:text chat_id:int",
  hidden:
    "chat_id:int",
  member:
    "change:text chat_id:int created_at:time display_name?:text role?:text seq:int user_id:int username:text",
  message:
    "...Message",
  muted:
    "chat_id:int muted:flag",
  opened:
    "changes:Change[] chat_id:int more?:flag online?:int[] reset?:flag seq:int",
  pin:
    "chat_id:int created_at:time id:int n:int on:flag seq:int user_id:int|null username:text",
  pong:
    "",
  presence:
    "chat_id:int online:int[]",
  reaction:
    "chat_id:int created_at:time emoji:text id:int n:int on:flag seq:int user_id:int username:text",
  ready:
    "chats:ReadyChat[] epoch:text now:time user_id:int|null",
  typing:
    "chat_id:int user_id:int username:text",
  unread:
    "...Counters",
};

/** What frames are made of. */
export const PARTS: Readonly<Record<string, string>> = {
  Attachment:
    "height?:int id:int name:text size:int thumbhash?:text type:text width?:int",
  Change:
    "message|edited|deleted|reaction|pin|member|chat",
  Counters:
    "chat_id:int mentions?:int n:int read_n:int seq:int unread:int",
  Message:
    "attachments?:Attachment[] chat_id:int client_msg_id?:text content:text created_at:time deleted_at?:time edited_at?:time id:int mentions?:int[] mentions_all?:flag n:int pinned?:flag reactions?:Reactions[] reply_to?:int seq:int sequence?:int text?:text user_id:int|null username:text",
  Reactions:
    "emoji:text user_ids:int[]",
  ReadyChat:
    "...Counters muted?:flag",
};
