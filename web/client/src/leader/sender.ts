/** Sends what is in the outbox, and keeps it on the disk until the server has it. */
import type { Result } from "../api.ts";
import type { Environment } from "../environment.ts";
import type { AckFrame, ChatBody, ClientFrame, ErrorFrame } from "../protocol.ts";
import { NO_ANSWER, NOT_THE_SERVER } from "../rest.ts";
import { hasPassed } from "../rules/clock.ts";
import { isToBe, personIn } from "../rules/meeting.ts";
import * as rules from "../rules/outbox.ts";
import type { Item, Outbox } from "../rules/outbox.ts";
import { waitOf } from "../rules/waits.ts";

/** A send without an answer by then makes one ask whether the connection lives. */
const DOUBT_AFTER = 5_000;
/** Without an answer so long after that it is given up, though it lives. */
const ANSWER_WITHIN = 15_000;
const RETRY_AFTER = 1_000;
/** A message that the server leaves without an answer so often, over so long, though it answers otherwise, is its author's to try again. */
const SILENCES = 3;
const SILENT_FOR = 30_000;

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

export function createSender(environment: Environment, callbacks: SenderCallbacks): Sender {
  let outbox: Outbox = [];
  let isReady = false;
  let cancelWake = () => {};
  const answers = new Map<string, () => void>();
  const beginning = new Set<number>();
  /** How often a message was left without an answer, and since when. */
  const silences = new Map<string, { count: number; since: number }>();

  function become(next: Outbox) {
    if (next !== outbox) {
      outbox = next;
      callbacks.changed(outbox);
    }
    flush();
  }

  function flush() {
    cancelWake();
    if (!isReady) return;
    const now = environment.now();
    for (const item of rules.due(outbox, now)) {
      if (isToBe(item.chatId)) void begin(item);
      else send(item);
    }
    const at = rules.wakeAt(outbox);
    if (at !== null && at > now) cancelWake = environment.after(at - now, flush);
  }

  /** The chat is made with what is said first in it. Asked for again, it is the same one; so nothing is said twice. */
  async function begin({ key, chatId }: Item) {
    if (beginning.has(chatId)) return;
    beginning.add(chatId);
    const answer = await callbacks.begin(personIn(chatId));
    beginning.delete(chatId);
    if (answer.ok) {
      const { id } = answer.value;
      const moved = outbox.filter((item) => item.chatId === chatId).map((item) => item.key);
      become(rules.readdressed(outbox, chatId, id));
      for (const item of outbox) if (moved.includes(item.key)) callbacks.keep(item);
      callbacks.begun(answer.value);
    } else if (FOR_NOW.includes(answer.code)) {
      become(rules.postponed(outbox, key, environment.now() + waitOf(answer.retryAfter, BEGIN_AGAIN)));
    } else {
      refuse(key, { code: answer.code, text: answer.error });
    }
  }

  function send(item: Item) {
    outbox = rules.sending(outbox, item.key);
    callbacks.changed(outbox);
    awaitAnswer(item.key);
    callbacks.send({
      type: "send",
      chat_id: item.chatId,
      content: item.text,
      client_msg_id: item.key,
      ...(item.replyTo === null ? {} : { reply_to: item.replyTo }),
    });
  }

  function awaitAnswer(key: string) {
    const doubt = () => {
      answers.set(key, environment.after(ANSWER_WITHIN, () => void (leftUnanswered(key) || callbacks.overdue())));
      callbacks.doubtful();
    };
    answers.set(key, environment.after(DOUBT_AFTER, doubt));
  }

  /** It has no answer again. Is that the end of it, as far as it goes by itself? */
  function leftUnanswered(key: string): boolean {
    const now = environment.now();
    const { count, since } = silences.get(key) ?? { count: 0, since: now };
    silences.set(key, { count: count + 1, since });
    if (count + 1 < SILENCES || !hasPassed(since, now, SILENT_FOR)) return false;
    refuse(key, { code: NO_ANSWER, text: "the server does not answer this message" });
    return true;
  }

  function refuse(key: string, error: { code: string; text: string }) {
    forgetWaiting(key);
    become(rules.refused(outbox, key, error));
    const item = outbox.find((one) => one.key === key);
    if (item) callbacks.keep(item);
  }

  function forgetWaiting(key: string) {
    answered(key);
    silences.delete(key);
  }

  function answered(key: string) {
    answers.get(key)?.();
    answers.delete(key);
  }

  function noneIsAnswered() {
    for (const key of [...answers.keys()]) answered(key);
  }

  function confirm(key: string) {
    if (!outbox.some((item) => item.key === key)) return;
    forgetWaiting(key);
    callbacks.forget(key);
    become(rules.confirmed(outbox, key));
  }

  return {
    restore(items) {
      const old = items.filter((item) => !outbox.some(({ key }) => key === item.key));
      if (old.length > 0) become([...rules.interrupted(old), ...outbox]);
    },
    items: () => outbox,
    add: (item) => become(rules.enqueued(outbox, item)),
    retry(key) {
      become(rules.retried(outbox, key));
      const item = outbox.find((one) => one.key === key);
      if (item) callbacks.keep(item);
    },
    discard(key) {
      become(rules.discarded(outbox, key));
      if (!outbox.some((item) => item.key === key)) callbacks.forget(key);
    },
    ready() {
      isReady = true;
      flush();
    },
    lost() {
      isReady = false;
      noneIsAnswered();
      become(rules.interrupted(outbox));
    },
    acked: (frame) => confirm(frame.client_msg_id),
    seen: confirm,
    failed(frame) {
      const until = environment.now() + waitOf(frame.retry_after_ms, RETRY_AFTER);
      const key = frame.client_msg_id;
      if (key === undefined) {
        // What came too fast was not even read, so it is not said which one it was.
        if (frame.code !== "too_fast") return;
        noneIsAnswered();
        become(rules.allPostponed(outbox, until));
        return;
      }
      if (!outbox.some((item) => item.key === key)) return;
      if (frame.code === NO_ANSWER) {
        answered(key);
        if (!leftUnanswered(key)) become(rules.postponed(outbox, key, until));
      } else if (frame.retry) {
        forgetWaiting(key);
        become(rules.postponed(outbox, key, until));
      } else refuse(key, { code: frame.code, text: frame.error });
    },
    stop() {
      isReady = false;
      cancelWake();
      noneIsAnswered();
    },
  };
}
