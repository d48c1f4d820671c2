/**
 * What the core needs of the world: a clock, chance, the server, a store on the disk and the other
 * tabs. The browser's is `browser/environment.ts`; tests bring their own.
 */

import type { FileBytes } from "./message-api.ts";

export interface Environment {
  /** Milliseconds since 1970. */
  now(): number;
  /** From 0 up to but not including 1. */
  random(): number;
  /** Unique for ever, at most 64 visible ASCII characters; later ones sort later. */
  newKey(): string;
  /** Calls once after so many milliseconds; answers what cancels it. */
  after(milliseconds: number, run: () => void): () => void;
  /** Asks the server; a path is one of the server's own, below where the page is. Rejects if there is no answer; follows no redirect. */
  request(method: string, path: string, body?: unknown, file?: FileRequest): Promise<Answer>;
  /** Opens a socket to `/ws`. */
  connect(callbacks: SocketCallbacks): Socket;
  /** Asks for server-sent events at a path of the server's. */
  stream(path: string, callbacks: StreamCallbacks): Stream;
  /** What survives the page, or null where nothing does. */
  openDisk(): Promise<Disk | null>;
  /** Locks between the tabs, or null: then each tab is on its own. */
  locks: Locks | null;
  /** Speaks with the other tabs, or null. */
  openChannel(name: string, receive: (message: unknown) => void): Channel | null;
  /** Calls when the network comes or goes, or the page is looked at again. */
  onWake(run: () => void): () => void;
  /** Calls when the browser freezes the page or puts it away whole, to bring it back perhaps as it was; and when it does. */
  onPutAway(away: () => void, back: () => void): () => void;
  /** Does the user look at the page? */
  isLookedAt(): boolean;
  /** Calls when they begin or cease to. */
  onLook(run: () => void): () => void;
  /** Where the page is, with a slash at the end, for links. */
  place: string;
}

/** `body` is the parsed JSON; undefined if there is none, and `NOT_JSON` if it is something else, also one that is cut off. */
export interface Answer {
  status: number;
  body: unknown;
  /** Of the answer to a part of a file: the headers Location, Upload-Offset and Tus-Max-Size. */
  location?: string | null;
  offset?: number | null;
  mostBytes?: number | null;
}

/** What a request has that carries a part of a file, in place of a body of JSON. */
export interface FileRequest {
  headers: Record<string, string>;
  bytes?: FileBytes;
  /** Gives it up. */
  signal?: AbortSignal;
}

export const NOT_JSON = Symbol("not JSON");
/** The `status` of an answer that sends one elsewhere. The server's own never do. */
export const ELSEWHERE = 0;

export interface SocketCallbacks {
  opened(): void;
  text(text: string): void;
  /** It is over, or never began; called once. */
  closed(code: number): void;
}

/** What carries frames: a WebSocket, or what stands in for one. */
export interface Socket {
  /** Does nothing if it is not open. */
  send(text: string): void;
  close(): void;
}

export interface StreamCallbacks {
  /** Events will come. */
  opened(): void;
  event(name: string, data: string): void;
  /** Something came, if only a sign of life. */
  alive(): void;
  /** It is over, or never began; called once, unless one closes it oneself. The status is of the server's refusal, if it refused. */
  closed(status: number | null): void;
}

export interface Stream {
  close(): void;
}

/** Named values in a few shelves. */
export interface Disk {
  all(shelf: Shelf): Promise<[string, unknown][]>;
  put(shelf: Shelf, name: string, value: unknown): Promise<void>;
  remove(shelf: Shelf, name: string): Promise<void>;
  clear(shelf: Shelf): Promise<void>;
  /** Changes a shelf at one stroke, over all tabs: what is decided is done before anyone else sees it. */
  change(shelf: Shelf, decide: (all: [string, unknown][]) => ShelfChange): Promise<void>;
}

export interface ShelfChange {
  put: [string, unknown][];
  remove: string[];
}

export const SHELVES = ["state", "timelines", "outbox", "drafts", "files"] as const;
export type Shelf = (typeof SHELVES)[number];

export interface Locks {
  /**
   * Waits for the lock and keeps it until what `hold` answers is settled; the abort ends the wait. `lost` is called if somebody
   * takes it away, or if there are no locks to be had here, without `hold` having been called.
   */
  hold(name: string, signal: AbortSignal, hold: () => Promise<void>, lost: () => void): void;
  /** The same, but takes it from whoever has it. */
  steal(name: string, signal: AbortSignal, hold: () => Promise<void>, lost: () => void): void;
}

export interface Channel {
  post(message: unknown): void;
  close(): void;
}
