/**
 * One's own messages that the server has not confirmed. Each has a key, under which it may be sent
 * again for ever and is stored once; so whenever it is not known what became of one, it is sent again.
 * In a chat one is on its way at a time, so that they are stored in the order in which they were
 * written also if one of them must wait.
 */
import type { PendingFile, SendState } from "../api.ts";
import { isBefore } from "./clock-changes.ts";
import { LONGEST_WAIT } from "./server-waits.ts";

/** A file that is to be sent with a message. */
export interface OutboxFile extends PendingFile {
  /** What the server calls its upload, once there is one. */
  uploadId: string | null;
  /** The server has all of it. */
  isWhole: boolean;
}

export interface Item {
  key: string;
  chatId: number;
  text: string;
  files: readonly OutboxFile[];
  replyTo: number | null;
  createdAt: number;
  state: SendState;
  /** The server asked not to try before. */
  notBefore: number;
  error: { code: string; text: string } | null;
}

/** In the order in which they were written. */
export type Outbox = readonly Item[];

/** Bytes of UTF-8 that the server takes. */
export const MAX_BYTES = 16_384;
/** Files of one message. */
export const MAX_FILES = 10;
/** A frame with all its escapes; the server closes at 65,536. */
const MAX_FRAME = 64_000;

export function written(input: Pick<Item, "key" | "chatId" | "text" | "replyTo" | "createdAt"> & Partial<Pick<Item, "files">>): Item {
  // Half an emoji is in no message: it is shown, kept and sent as the server has it.
  const text = input.text.toWellFormed();
  const { files = [] } = input;
  const error = refusal(text, files);
  return { ...input, text, files, state: error ? "failed" : "queued", notBefore: 0, error };
}

/** What the server would refuse anyway, and not always by an answer. */
function refusal(text: string, files: Item["files"]): Item["error"] {
  const bytes = (value: string) => new TextEncoder().encode(value).length;
  if (files.length > MAX_FILES) return { code: "too_many_attachments", text: `over ${MAX_FILES} files` };
  if (text === "" && files.length === 0) return { code: "message_empty", text: "a message without text" };
  if (text.includes("\0")) return { code: "message_invalid", text: "it contains U+0000" };
  if (bytes(text) > MAX_BYTES || bytes(JSON.stringify(text)) > MAX_FRAME) {
    return { code: "message_too_long", text: `over ${MAX_BYTES} bytes` };
  }
  return null;
}

/** Takes in one more; one that is there already stays as it is. */
export function enqueued(outbox: Outbox, item: Item): Outbox {
  return outbox.some(({ key }) => key === item.key) ? outbox : [...outbox, item];
}

/** What was to be said in a chat that has begun since goes there. */
export function readdressed(outbox: Outbox, from: number, to: number): Outbox {
  return outbox.map((item) => (item.chatId === from ? { ...item, chatId: to } : item));
}

/** Those that can be sent now: the first of each chat that is neither refused nor made to wait. */
export function due(outbox: Outbox, now: number): Item[] {
  return fronts(outbox).filter((item) => item.state === "queued" && !isBefore(now, item.notBefore, LONGEST_WAIT));
}

/** When the next one that is made to wait can be sent. */
export function wakeAt(outbox: Outbox): number | null {
  const waiting = fronts(outbox).filter((item) => item.state === "queued");
  return waiting.length === 0 ? null : Math.min(...waiting.map((item) => item.notBefore));
}

function fronts(outbox: Outbox): Item[] {
  const first = new Map<number, Item>();
  for (const item of outbox) {
    if (item.state !== "failed" && !first.has(item.chatId)) first.set(item.chatId, item);
  }
  return [...first.values()];
}

const change = (outbox: Outbox, key: string, to: (item: Item) => Item): Outbox =>
  outbox.map((item) => (item.key === key ? to(item) : item));

export function sending(outbox: Outbox, key: string): Outbox {
  return change(outbox, key, (item) => ({ ...item, state: "sending", error: null }));
}

/** Its files go first. */
export function uploading(outbox: Outbox, key: string): Outbox {
  return change(outbox, key, (item) => ({ ...item, state: "uploading", error: null }));
}

export const isUploaded = ({ files }: Pick<Item, "files">): boolean => files.every(({ isWhole }) => isWhole);

/** What is known of one of its files by now. */
export function withFile(outbox: Outbox, key: string, fileKey: string, known: Pick<OutboxFile, "uploadId" | "isWhole">): Outbox {
  return change(outbox, key, (item) => ({ ...item, files: item.files.map((file) => (file.key === fileKey ? { ...file, ...known } : file)) }));
}

/** All its files are with the server. */
export function uploaded(outbox: Outbox, key: string): Outbox {
  return change(outbox, key, (item) => (item.state === "uploading" ? { ...item, state: "queued", notBefore: 0 } : item));
}

/** The server does not have its files, or not any more. */
export function withoutUploads(outbox: Outbox, key: string): Outbox {
  return change(outbox, key, (item) => ({ ...item, files: item.files.map((file) => ({ ...file, uploadId: null, isWhole: false })) }));
}

/** As the disk has it from a version that knew of no files, too. */
export const restored = (item: Item): Item => ({ ...item, files: Array.isArray(item.files) ? item.files : [] });

/** The server has it: by its `ack` or by the message itself, whichever comes first. */
export function confirmed(outbox: Outbox, key: string): Outbox {
  return outbox.some((item) => item.key === key) ? outbox.filter((item) => item.key !== key) : outbox;
}

/** The server wants it again, a while later. */
export function postponed(outbox: Outbox, key: string, notBefore: number): Outbox {
  return change(outbox, key, (item) => ({ ...item, state: "queued", notBefore }));
}

/** All that are on their way are to be sent again: too much was sent at once. */
export function allPostponed(outbox: Outbox, notBefore: number): Outbox {
  return outbox.map((item) =>
    item.state === "sending" ? { ...item, state: "queued", notBefore } : item,
  );
}

/** The server will never store it. */
export function refused(outbox: Outbox, key: string, error: { code: string; text: string }): Outbox {
  return change(outbox, key, (item) => ({ ...item, state: "failed", error }));
}

/** The connection is lost, and with it what became of those on their way. */
export function interrupted(outbox: Outbox): Outbox {
  return outbox.map((item) =>
    item.state === "failed" ? item : { ...item, state: "queued", notBefore: 0 },
  );
}

/** The user wants it tried once more. */
export function retried(outbox: Outbox, key: string): Outbox {
  return change(outbox, key, (item) =>
    item.state === "failed" ? written(item) : { ...item, notBefore: 0 },
  );
}

/** The user does not want it any more. One on its way cannot be called back. */
export function discarded(outbox: Outbox, key: string): Outbox {
  return outbox.filter((item) => item.key !== key || item.state === "sending");
}
