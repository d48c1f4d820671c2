/** The frames and bodies of the server, exactly as docs/protocol.md has them. */
import type {
  Change, ClientClose, ClientOpen, ClientPing, ClientRead, ClientSend, ClientTyping, Message, Role,
} from "./frames.generated.ts";

export type {
  Change,
  Counters,
  Message as MessageBody,
  ServerAck as AckFrame,
  ServerChanges as ChangesFrame,
  ServerError as ErrorFrame,
  ServerFrame,
  ServerMember as MemberFrame,
  ServerOpened as OpenedFrame,
  ServerReady as ReadyFrame,
  ReadyChat,
} from "./frames.generated.ts";

export type ChatType = "private" | "group" | "general";

/** What this client sends. It always says where, and with which key. */
export type ClientFrame =
  | (ClientSend & { chat_id: number; client_msg_id: string; content: string; uploads?: string[] })
  | ClientOpen
  | ClientClose
  | ClientRead
  | ClientTyping
  | ClientPing;

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
  role?: Role;
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

/** A message that a search has found. */
export interface FoundBody {
  chat_id: number;
  message: Message;
  marks?: number[][];
  before?: Message | null;
  after?: Message | null;
}

export interface SearchBody {
  results: FoundBody[];
  next?: string | null;
  indexing?: boolean;
}

export interface MemberBody {
  user_id: number;
  username: string;
  display_name?: string | null;
  role: Role;
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
