/** Saying something in a chat. */
import { computed, signal, type ReadonlySignal } from "@preact/signals-core";
import type { FileInput, Pending } from "../api.ts";
import type { Core } from "../core.ts";
import type { AckFrame } from "../protocol.ts";
import { written, type Item, type OutboxFile } from "../rules/outbox.ts";

export interface Sending {
  pending: ReadonlySignal<readonly Pending[]>;
  send(text: string, replyTo?: number, key?: string, files?: readonly FileInput[]): string;
  discard(key: string): string | null;
  acked(frame: AckFrame): void;
}

/** Own messages among the newest rows that can be the same as a pending one. */
const RECENT = 100;

export function createSending(core: Core, id: number): Sending {
  const { state } = core;
  const log = state.log(id);
  /** Stored, and told in a replay that has not come so far. */
  const ahead = signal<readonly { item: Item; seq: number }[]>([]);

  const pending = computed<readonly Pending[]>(() => {
    const { rows, seq } = log.value;
    const own = state.outbox.value.filter((item) => item.chatId === id);
    if (own.length === 0 && ahead.value.length === 0) return NONE;
    const shown = new Set(rows.slice(-RECENT).map((row) => row.key));
    const waiting = ahead.value.filter((one) => one.seq > (seq ?? 0)).map(({ item }) => item);
    const keys = new Set(waiting.map((item) => item.key));
    return [...waiting, ...own.filter((item) => !keys.has(item.key))]
      .filter((item) => !shown.has(item.key))
      .map((item) => ({ ...item, sent: state.progress.value.get(item.key) ?? 0 }));
  });

  return {
    pending,
    send(text, replyTo, key = core.environment.newKey(), files = []) {
      const createdAt = core.environment.now();
      const all = files.map(({ name, type, bytes }): OutboxFile => ({
        key: core.environment.newKey(), name, type, size: bytes.size, uploadId: null, isWhole: false,
      }));
      core.outbox.send(written({ key, chatId: id, text, replyTo: replyTo ?? null, createdAt, files: all }), files.map(({ bytes }) => bytes));
      return key;
    },
    discard: (key) => core.outbox.discard(key),
    acked(frame) {
      const item = state.outbox.peek().find((one) => one.key === frame.client_msg_id);
      const seq = log.peek().seq ?? 0;
      const still = ahead.peek().filter((one) => one.seq > seq);
      ahead.value = item && frame.seq > seq ? [...still, { item, seq: frame.seq }] : still;
    },
  };
}

const NONE: readonly Pending[] = [];
