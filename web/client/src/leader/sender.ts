/** Sends what is in the outbox, and keeps it on the disk until the server has it. */
import type { Result } from "../api.ts";
import type { Environment } from "../environment.ts";
import type { AckFrame, ErrorFrame } from "../protocol.ts";
import { FOR_NOW, NO_ANSWER } from "../rest.ts";
import { isToBe, personIn } from "../rules/chat-to-be.ts";
import * as rules from "../rules/outbox.ts";
import type { Item, Outbox, OutboxFile } from "../rules/outbox.ts";
import { waitOf } from "../rules/server-waits.ts";
import { createAwaitedAnswers, type AwaitedAnswers } from "./awaited-answers.ts";
import type { SenderCallbacks } from "./sender-callbacks.ts";
import { createUploads, type Uploads } from "./uploads.ts";

/** When to send again what was too much, unless the server says. */
const RETRY_AFTER = 1_000;
/** So long after a chat could not be begun it is tried again, if it was for one of these reasons. */
const BEGIN_AGAIN = 3_000;

export interface Sender {
  /** What the last session left; what was added meanwhile comes behind it. */
  restore(items: Outbox): void;
  items(): Outbox;
  add(item: Item): void;
  retry(key: string): void;
  discard(key: string): void;
  ready(): void;
  lost(): void;
  acked(frame: AckFrame): void;
  failed(frame: ErrorFrame): void;
  /** Of a file of this message. */
  uploadKnown(key: string, fileKey: string, known: Pick<OutboxFile, "uploadId" | "isWhole">): void;
  /** A message of one's own with this key is stored. */
  seen(key: string): void;
  stop(): void;
}

interface SenderContext {
  environment: Pick<Environment, "now" | "after">;
  callbacks: SenderCallbacks;
  answers: AwaitedAnswers;
  outbox: Outbox;
  isReady: boolean;
  /** The chats that are to be, and are being begun. */
  beginning: Set<number>;
  uploads: Uploads;
  cancelWake(): void;
}

export function createSender(environment: SenderContext["environment"], callbacks: SenderCallbacks): Sender {
  const answers = createAwaitedAnswers(environment, {
    doubtful: callbacks.doubtful,
    overdue: (key) => void (leftUnanswered(context, key) || callbacks.overdue()),
  });
  const uploads = createUploads(callbacks.upload, (key, answer) => uploadEnded(context, key, answer));
  const context: SenderContext = { environment, callbacks, answers, outbox: [], isReady: false, beginning: new Set(), uploads, cancelWake: () => {} };
  return {
    restore(items) {
      const old = items.filter((item) => !isIn(context.outbox, item.key));
      if (old.length > 0) become(context, [...rules.interrupted(old), ...context.outbox]);
    },
    items: () => context.outbox,
    add: (item) => become(context, rules.enqueued(context.outbox, item)),
    retry(key) {
      become(context, rules.retried(context.outbox, key));
      keep(context, key);
    },
    discard(key) {
      const item = context.outbox.find((one) => one.key === key);
      become(context, rules.discarded(context.outbox, key));
      if (!item || isIn(context.outbox, key)) return;
      uploads.stop(key);
      callbacks.forget(key);
      callbacks.forgetFiles(item.files, false);
    },
    uploadKnown(key, fileKey, known) {
      become(context, rules.withFile(context.outbox, key, fileKey, known));
      keep(context, key);
    },
    ready() {
      context.isReady = true;
      flush(context);
    },
    lost() {
      context.isReady = false;
      answers.stopAll();
      become(context, rules.interrupted(context.outbox));
    },
    acked: (frame) => confirm(context, frame.client_msg_id),
    seen: (key) => confirm(context, key),
    failed: (frame) => failed(context, frame),
    stop() {
      context.isReady = false;
      uploads.stopAll();
      context.cancelWake();
      answers.stopAll();
    },
  };
}

const isIn = (outbox: Outbox, key: string) => outbox.some((item) => item.key === key);

function become(context: SenderContext, next: Outbox) {
  if (next !== context.outbox) {
    context.outbox = next;
    context.callbacks.changed(next);
  }
  flush(context);
}

function keep({ outbox, callbacks }: SenderContext, key: string) {
  const item = outbox.find((one) => one.key === key);
  if (item) callbacks.keep(item);
}

function flush(context: SenderContext) {
  context.cancelWake();
  if (!context.isReady) return;
  const now = context.environment.now();
  for (const item of rules.due(context.outbox, now)) {
    if (isToBe(item.chatId)) void begin(context, item);
    else if (rules.isUploaded(item)) send(context, item);
    else upload(context, item);
  }
  const at = rules.wakeAt(context.outbox);
  if (at !== null && at > now) context.cancelWake = context.environment.after(at - now, () => flush(context));
}

/** The chat is made with what is said first in it. Asked for again, it is the same one; so nothing is said twice. */
async function begin(context: SenderContext, { key, chatId }: Item) {
  const { beginning, callbacks, environment } = context;
  if (beginning.has(chatId)) return;
  beginning.add(chatId);
  const answer = await callbacks.begin(personIn(chatId));
  beginning.delete(chatId);
  if (answer.ok) {
    const moved = context.outbox.filter((item) => item.chatId === chatId).map((item) => item.key);
    become(context, rules.readdressed(context.outbox, chatId, answer.value.id));
    for (const one of moved) keep(context, one);
    callbacks.begun(answer.value);
  } else if (FOR_NOW.includes(answer.code)) {
    become(context, rules.postponed(context.outbox, key, environment.now() + waitOf(answer.retryAfter, BEGIN_AGAIN)));
  } else {
    refuse(context, key, { code: answer.code, text: answer.error });
  }
}

/** Its files first. They go on while the connection is away and back: they do not go over it. */
function upload(context: SenderContext, item: Item) {
  context.callbacks.changed((context.outbox = rules.uploading(context.outbox, item.key)));
  context.uploads.begin(item);
}

function uploadEnded(context: SenderContext, key: string, answer: Result<void>) {
  if (!isIn(context.outbox, key)) return;
  if (answer.ok) become(context, rules.uploaded(context.outbox, key));
  else if (FOR_NOW.includes(answer.code)) become(context, rules.postponed(context.outbox, key, context.environment.now() + waitOf(answer.retryAfter, BEGIN_AGAIN)));
  else refuse(context, key, { code: answer.code, text: answer.error });
}

/** The server does not have the files of a message any more: they are sent again, a few times. */
function isUploadedAgain(context: SenderContext, key: string, code: string): boolean {
  const item = context.outbox.find((one) => one.key === key);
  if (!item || !context.uploads.mayRepeat(item, code)) return false;
  context.answers.forget(key);
  become(context, rules.postponed(rules.withoutUploads(context.outbox, key), key, 0));
  keep(context, key);
  return true;
}

function send(context: SenderContext, item: Item) {
  const { answers, callbacks } = context;
  callbacks.changed((context.outbox = rules.sending(context.outbox, item.key)));
  answers.expect(item.key);
  callbacks.send({
    type: "send",
    chat_id: item.chatId,
    content: item.text,
    client_msg_id: item.key,
    ...(item.files.length === 0 ? {} : { uploads: item.files.map(({ uploadId }) => uploadId ?? "") }),
    ...(item.replyTo === null ? {} : { reply_to: item.replyTo }),
  });
}

/** Whether it is its author's to try again, from now on. */
function leftUnanswered(context: SenderContext, key: string): boolean {
  if (!context.answers.leftUnanswered(key)) return false;
  refuse(context, key, { code: NO_ANSWER, text: "the server does not answer this message" });
  return true;
}

function refuse(context: SenderContext, key: string, error: { code: string; text: string }) {
  context.answers.forget(key);
  become(context, rules.refused(context.outbox, key, error));
  keep(context, key);
}

function confirm(context: SenderContext, key: string) {
  const item = context.outbox.find((one) => one.key === key);
  if (!item) return;
  context.uploads.stop(key);
  context.callbacks.forgetFiles(item.files, true);
  context.answers.forget(key);
  context.callbacks.forget(key);
  become(context, rules.confirmed(context.outbox, key));
}

function failed(context: SenderContext, frame: ErrorFrame) {
  const { answers, environment, outbox } = context;
  const until = environment.now() + waitOf(frame.retry_after_ms, RETRY_AFTER);
  const key = frame.client_msg_id;
  if (key === undefined) {
    // What came too fast was not even read, so it is not said which one it was.
    if (frame.code !== "too_fast") return;
    answers.stopAll();
    become(context, rules.allPostponed(outbox, until));
    return;
  }
  if (!isIn(outbox, key)) return;
  if (frame.code === NO_ANSWER) {
    answers.stop(key);
    if (!leftUnanswered(context, key)) become(context, rules.postponed(outbox, key, until));
  } else if (frame.retry) {
    answers.forget(key);
    become(context, rules.postponed(outbox, key, until));
  } else if (!isUploadedAgain(context, key, frame.code)) {
    refuse(context, key, { code: frame.code, text: frame.error });
  }
}
