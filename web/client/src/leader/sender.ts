/** Sends what is in the outbox, and keeps it on the disk until the server has it. */
import type { Result } from "../api.ts";
import type { Environment } from "../environment.ts";
import type { AckFrame, ChatBody, ClientFrame, ErrorFrame } from "../protocol.ts";
import { NO_ANSWER, NOT_THE_SERVER } from "../rest.ts";
import { isToBe, personIn } from "../rules/chat-to-be.ts";
import * as rules from "../rules/outbox.ts";
import type { Item, Outbox } from "../rules/outbox.ts";
import { waitOf } from "../rules/server-waits.ts";
import { createAwaitedAnswers, type AwaitedAnswers } from "./awaited-answers.ts";

/** When to send again what was too much, unless the server says. */
const RETRY_AFTER = 1_000;
/** So long after a chat could not be begun it is tried again, if it was for one of these reasons. */
const BEGIN_AGAIN = 3_000;
const FOR_NOW = [NO_ANSWER, NOT_THE_SERVER, "unavailable", "busy", "too_fast", "outcome_unknown", "going_away", "unauthenticated"];

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
  /** A message of one's own with this key is stored. */
  seen(key: string): void;
  stop(): void;
}

export interface SenderCallbacks {
  send(frame: ClientFrame): void;
  /** The outbox has changed. */
  changed(items: Outbox): void;
  keep(item: Item): void;
  forget(key: string): void;
  /** Asks for the private chat with somebody. */
  begin(userId: number): Promise<Result<ChatBody>>;
  /** It is there, and what was to be said in it is on its way. */
  begun(chat: ChatBody): void;
  /** An answer takes long. */
  doubtful(): void;
  overdue(): void;
}

interface SenderContext {
  environment: Pick<Environment, "now" | "after">;
  callbacks: SenderCallbacks;
  answers: AwaitedAnswers;
  outbox: Outbox;
  isReady: boolean;
  /** The chats that are to be, and are being begun. */
  beginning: Set<number>;
  cancelWake(): void;
}

export function createSender(environment: SenderContext["environment"], callbacks: SenderCallbacks): Sender {
  const answers = createAwaitedAnswers(environment, {
    doubtful: callbacks.doubtful,
    overdue: (key) => void (leftUnanswered(context, key) || callbacks.overdue()),
  });
  const context: SenderContext = { environment, callbacks, answers, outbox: [], isReady: false, beginning: new Set(), cancelWake: () => {} };
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
      become(context, rules.discarded(context.outbox, key));
      if (!isIn(context.outbox, key)) callbacks.forget(key);
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
    else send(context, item);
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

function send(context: SenderContext, item: Item) {
  const { answers, callbacks } = context;
  context.outbox = rules.sending(context.outbox, item.key);
  callbacks.changed(context.outbox);
  answers.expect(item.key);
  callbacks.send({
    type: "send",
    chat_id: item.chatId,
    content: item.text,
    client_msg_id: item.key,
    ...(item.replyTo === null ? {} : { reply_to: item.replyTo }),
  });
}

/** Whether it is its author's to try again, from now on. */
function leftUnanswered(context: SenderContext, key: string): boolean {
  const isEnd = context.answers.leftUnanswered(key);
  if (isEnd) refuse(context, key, { code: NO_ANSWER, text: "the server does not answer this message" });
  return isEnd;
}

function refuse(context: SenderContext, key: string, error: { code: string; text: string }) {
  context.answers.forget(key);
  become(context, rules.refused(context.outbox, key, error));
  keep(context, key);
}

function confirm(context: SenderContext, key: string) {
  if (!isIn(context.outbox, key)) return;
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
  } else {
    refuse(context, key, { code: frame.code, text: frame.error });
  }
}
