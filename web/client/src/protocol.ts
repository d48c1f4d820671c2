/** The frames and bodies of the server, exactly as docs/protocol.md has them. */

export type WireRole = "owner" | "admin" | "member" | "guest";
export type ChatType = "private" | "group" | "general";

export interface MessageBody {
  chat_id: number;
  seq: number;
  n: number;
  id: number;
  user_id: number | null;
  username: string;
  content: string;
  client_msg_id?: string;
  reply_to?: number;
  mentions?: number[];
  mentions_all?: boolean;
  created_at: string;
  edited_at?: string;
  deleted_at?: string;
  /** Said where it is looked up; absent in what is live. */
  reactions?: { emoji: string; user_ids: number[] }[];
  pinned?: boolean;
}

export type MessageFrame = { type: "message" | "edited" | "deleted" } & MessageBody;

interface Mark {
  chat_id: number;
  seq: number;
  id: number;
  n: number;
  username: string;
  on: boolean;
  created_at: string;
}
export type ReactionFrame = { type: "reaction"; user_id: number; emoji: string } & Mark;
export type PinFrame = { type: "pin"; user_id: number | null } & Mark;

export interface MemberFrame {
  type: "member";
  chat_id: number;
  seq: number;
  change: string;
  user_id: number;
  username: string;
  role?: WireRole;
  created_at: string;
}

export interface ChatFrame {
  type: "chat";
  chat_id: number;
  seq: number;
  change: string;
  name?: string;
  created_at: string;
}

/** A durable change of a chat. */
export type Change = MessageFrame | ReactionFrame | PinFrame | MemberFrame | ChatFrame;

export interface OpenedFrame {
  type: "opened";
  chat_id: number;
  seq: number;
  reset?: boolean;
  more?: boolean;
  changes: Change[];
  online?: number[];
}

/** What another process has stored in a chat that is open: like a step of a replay, which nobody asked for. */
export interface ChangesFrame {
  type: "changes";
  chat_id: number;
  after: number;
  seq: number;
  changes: Change[];
}

/** Absolute: what is known is replaced by it. */
export interface Counters {
  chat_id: number;
  seq: number;
  n: number;
  read_n: number;
  unread: number;
  mentions?: number;
}

export type Standing = Counters & { muted?: boolean };

export interface ReadyFrame {
  type: "ready";
  user_id: number | null;
  epoch: string;
  now: string;
  chats: Standing[];
}

export interface AckFrame {
  type: "ack";
  chat_id: number;
  client_msg_id: string;
  id?: number;
  seq: number;
  n?: number;
  created_at?: string;
  dup: boolean;
}

export interface ErrorFrame {
  type: "error";
  code: string;
  error: string;
  retry: boolean;
  retry_after_ms?: number;
  chat_id?: number;
  client_msg_id?: string;
}

export type ServerFrame =
  | Change
  | OpenedFrame
  | ChangesFrame
  | ReadyFrame
  | AckFrame
  | ErrorFrame
  | ({ type: "unread" } & Counters)
  | { type: "muted"; chat_id: number; muted: boolean }
  | { type: "hidden"; chat_id: number }
  | { type: "gone"; chat_id: number; change: string }
  | { type: "typing"; chat_id: number; user_id: number; username: string }
  | { type: "presence"; chat_id: number; online: number[] }
  | { type: "pong" }
  | { type: "goaway"; reason: string; after_ms: number };

export type ClientFrame =
  | { type: "send"; chat_id: number; content: string; client_msg_id: string; reply_to?: number }
  | { type: "open"; chat_id: number; after?: number; epoch?: string }
  | { type: "close"; chat_id: number }
  | { type: "read"; chat_id: number; n: number }
  | { type: "typing"; chat_id: number }
  | { type: "ping" };

export interface PersonBody {
  id: number;
  username: string;
  display_name?: string | null;
}

export type UserBody = PersonBody & { email?: string; is_admin: boolean; created_at: string };

export interface LastBody {
  n: number;
  user_id: number | null;
  username: string;
  content: string;
  deleted: boolean;
  created_at: string;
}

/** A chat as `GET /api/chats` lists it. */
export interface ChatBody {
  id: number;
  type: ChatType;
  name: string;
  created_at?: string;
  role?: WireRole;
  seq: number;
  n: number;
  read_n?: number;
  unread?: number;
  mentions?: number;
  muted?: boolean;
  peer?: PersonBody | null;
  last?: LastBody | null;
}

export interface SyncBody {
  user_id: number;
  epoch: string;
  now: string;
  chats: (Omit<ChatBody, "id"> & { chat_id: number })[];
  recent: {
    chat_id: number;
    seq: number;
    state: "unchanged" | "changed" | "reset";
    changes: Change[];
  }[];
}

export interface MemberBody {
  user_id: number;
  username: string;
  display_name?: string | null;
  role: WireRole;
  /** Its account has ended. */
  deleted?: boolean;
}

export interface TokenBody {
  id: number;
  user_agent?: string | null;
  current: boolean;
  last_used_at: string;
}

export interface ProblemBody {
  error: string;
  code: string;
  retry_after_ms?: number;
}
