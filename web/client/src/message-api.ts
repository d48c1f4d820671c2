/** What the view sees of messages: those that are there, those on their way, and those that a search finds. */

export type SendState =
  /** Waits for a connection. */
  | "queued"
  /** Its files are on their way. */
  | "uploading"
  /** On its way. */
  | "sending"
  /** Refused: `error` says why. It can be retried, edited or dropped. */
  | "failed";

export interface Reaction {
  emoji: string;
  userIds: number[];
}

/** Bytes that can be read in parts, such as a `Blob`. */
export interface FileBytes {
  readonly size: number;
  slice(from: number, to: number): FileBytes;
}

/** A file that is to be sent. */
export interface FileInput {
  name: string;
  /** A media type, as far as it is known. */
  type: string;
  bytes: FileBytes;
}

/** A file of a message that is on its way; `client.bytesOf` has its bytes. */
export interface PendingFile {
  key: string;
  name: string;
  type: string;
  size: number;
}

/** A file of a message. */
export interface Attachment {
  id: number;
  name: string;
  size: number;
  /** A media type, by its first bytes. */
  type: string;
  /** Of a picture, as it is shown, in pixels. */
  width: number | null;
  height: number | null;
  /** What to show until a picture is there: a ThumbHash in base64. */
  thumbhash: string | null;
}

export interface Message {
  id: number;
  n: number;
  seq: number;
  userId: number | null;
  username: string;
  /** Empty once deleted. */
  text: string;
  createdAt: number;
  editedAt: number | null;
  deleted: boolean;
  replyTo: number | null;
  mentions: number[];
  mentionsAll: boolean;
  reactions: Reaction[];
  pinned: boolean;
  attachments: readonly Attachment[];
}

/** Of a message, what is shown where one answers or changes it. */
export type Quoted = Pick<Message, "id" | "n" | "userId" | "username" | "text">;

export interface Edit {
  message: Quoted;
  wording: string;
}

/** What is half-written in a chat. */
export interface Draft {
  /** What is to be said next. */
  text: string;
  /** What that answers. */
  reply: Quoted | null;
  /** What is being changed in the field; what is to be said waits meanwhile. */
  edit: Edit | null;
  /** Other changes that were begun, or could not be saved. */
  aside: readonly Edit[];
  /** Those that are on their way to the server. */
  saving: readonly Edit[];
}

/** A message of one's own that the server has not confirmed yet. */
export interface Pending {
  key: string;
  text: string;
  replyTo: number | null;
  createdAt: number;
  files: readonly PendingFile[];
  /** Bytes of the files that the server has. */
  sent: number;
  state: SendState;
  error: { code: string; text: string } | null;
}

export interface Timeline {
  /** By `n`, without holes. */
  messages: readonly Message[];
  /** After them, in the order in which they were written. */
  pending: readonly Pending[];
  hasOlder: boolean;
  /** Does it end before the newest message, since it was opened somewhere in the past? */
  hasNewer: boolean;
  loading: "older" | "newer" | "first" | null;
  /** The `n` of the first message that was unread when the chat was opened; null if there is none. */
  firstUnread: number | null;
  /** The last `n` that the user has read. */
  readN: number;
  /** Was it painted from the cache and not checked against the server yet? */
  fromCache: boolean;
}

/** What a search asks for. `text` is in the language of searches that docs/protocol.md describes. */
export interface Search {
  text: string;
  /** Only there. */
  chat?: number;
  /** The newest first unless it says so. */
  sort?: "newest" | "best";
  /** The `next` of the page before. */
  after?: string;
  limit?: number;
}

/** A message that a search has found. */
export interface FoundMessage {
  chatId: number;
  message: Message;
  /** Which parts of its text were looked for: from and to, in UTF-16 units, in order and apart. */
  marks: readonly (readonly [from: number, to: number])[];
  /** Those before and after it in its chat. */
  before: Message | null;
  after: Message | null;
}

export interface FoundMessages {
  results: readonly FoundMessage[];
  /** Where the next page begins; null if there is none. */
  next: string | null;
  /** The server makes its index anew: older messages may be missing. */
  isIndexing: boolean;
}
