/** Sends what is in the outbox, and keeps it on the disk until the server has it. */
import type { Environment } from "../environment.ts";
import type { AckFrame, ClientFrame, ErrorFrame } from "../protocol.ts";
import * as rules from "../rules/outbox.ts";
import type { Item, Outbox } from "../rules/outbox.ts";

/** A send without an answer by then makes one ask whether the connection lives. */
const DOUBT_AFTER = 5_000;
/** Without an answer so long after that it is given up, though it lives. */
const ANSWER_WITHIN = 15_000;
const RETRY_AFTER = 1_000;

export interface Postman {
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

export interface PostmanHears {
  send(frame: ClientFrame): void;
  /** The outbox has changed. */
  changed(items: Outbox): void;
  keep(item: Item): void;
  forget(key: string): void;
  /** An answer takes long. */
  doubtful(): void;
  overdue(): void;
}

export function createPostman(environment: Environment, hear: PostmanHears): Postman {
  let outbox: Outbox = [];
  let isReady = false;
  let cancelWake = () => {};
  const answers = new Map<string, () => void>();

  function become(next: Outbox) {
    if (next !== outbox) {
      outbox = next;
      hear.changed(outbox);
    }
    flush();
  }

  function flush() {
    cancelWake();
    if (!isReady) return;
    const now = environment.now();
    for (const item of rules.due(outbox, now)) send(item);
    const at = rules.wakeAt(outbox);
    if (at !== null && at > now) cancelWake = environment.after(at - now, flush);
  }

  function send(item: Item) {
    outbox = rules.sending(outbox, item.key);
    hear.changed(outbox);
    awaitAnswer(item.key);
    hear.send({
      type: "send",
      chat_id: item.chatId,
      content: item.text,
      client_msg_id: item.key,
      ...(item.replyTo === null ? {} : { reply_to: item.replyTo }),
    });
  }

  function awaitAnswer(key: string) {
    const doubt = () => {
      answers.set(key, environment.after(ANSWER_WITHIN, hear.overdue));
      hear.doubtful();
    };
    answers.set(key, environment.after(DOUBT_AFTER, doubt));
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
    answered(key);
    hear.forget(key);
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
      if (item) hear.keep(item);
    },
    discard(key) {
      become(rules.discarded(outbox, key));
      if (!outbox.some((item) => item.key === key)) hear.forget(key);
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
      const until = environment.now() + (frame.retry_after_ms ?? RETRY_AFTER);
      const key = frame.client_msg_id;
      if (key === undefined) {
        // What came too fast was not even read, so it is not said which one it was.
        if (frame.code !== "too_fast") return;
        noneIsAnswered();
        become(rules.allPostponed(outbox, until));
        return;
      }
      if (!outbox.some((item) => item.key === key)) return;
      answered(key);
      if (frame.retry) {
        become(rules.postponed(outbox, key, until));
        return;
      }
      become(rules.refused(outbox, key, { code: frame.code, text: frame.error }));
      const item = outbox.find((one) => one.key === key);
      if (item) hear.keep(item);
    },
    stop() {
      isReady = false;
      cancelWake();
      noneIsAnswered();
    },
  };
}
