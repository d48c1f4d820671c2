/**
 * What the tabs of one browser tell each other. One of them, the leader, has the connection and the
 * outbox; the others tell it what they want and hear what it hears. The leader's own page is a tab like
 * the others.
 */
import type { ConnectionState, Draft, Person } from "./api.ts";
import type { ChangesFrame, ChatBody, MessageBody, OpenedFrame, ReadyFrame, ServerFrame, SyncBody } from "./protocol.ts";
import type { Since } from "./rules/belonging.ts";
import type { Item, Outbox } from "./rules/outbox.ts";

/** What a tab wants of the leader. */
export type Command =
  /** I am new, or you are: how do things stand? */
  | { do: "greet" }
  | { do: "open"; chatId: number; after: number | null; epoch: string | null }
  | { do: "close"; chatId: number }
  | { do: "send"; item: Item }
  | { do: "retry"; key: string }
  | { do: "discard"; key: string }
  | { do: "read"; chatId: number; n: number }
  /** What was read is to be unread again. */
  | { do: "forget-read"; chatId: number }
  | { do: "typing"; chatId: number }
  /** The chats that the user looks at. */
  | { do: "look"; chats: number[] }
  /** A chat is wanted in the list. */
  | { do: "list"; chatId: number }
  | { do: "reconnect" };

/** What the leader tells all tabs. */
export type News =
  | { is: "leading" }
  | { is: "connection"; connection: ConnectionState }
  | { is: "frame"; frame: Exclude<ServerFrame, OpenedFrame | ChangesFrame> }
  /** A step that begins behind `from`, for the tabs that asked; for none if the server took it by itself. */
  | { is: "opened"; frame: OpenedFrame; from: number; tabs: string[] }
  | { is: "unopened"; chatId: number; code: string; tabs: string[] }
  | { is: "outbox"; items: Outbox }
  /** So many bytes of the files of a message are with the server. */
  | { is: "progress"; key: string; sent: number }
  /** `asked`: the positions that were given; `since`: what has come and gone meanwhile. */
  | { is: "synced"; body: SyncBody; asked: Record<number, number>; since: Since }
  /** `since`: how much had been heard when it was asked for, where this tab itself asked. */
  | { is: "chat"; body: ChatBody; since?: number }
  | { is: "gone"; chatId: number }
  /** Newest messages of a chat in the background. */
  | { is: "newest"; chatId: number; messages: MessageBody[] }
  /** How things stand, for the tab that greeted. */
  | { is: "welcome"; connection: ConnectionState; ready: ReadyFrame | null; items: Outbox }
  /** Somebody is to be written to, in another tab. */
  | { is: "meet"; person: Person }
  /** What is half-written in a chat, in another tab. */
  | { is: "draft"; chatId: number; draft: Draft }
  /** Somebody signed in or out. */
  | { is: "session" };
