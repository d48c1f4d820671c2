/** One chat of the client without a server. */
import { computed, signal, type ReadonlySignal } from "@preact/signals-core";
import {
  createDrafting,
  type Attachment, type Chat, type ChatView, type FileBytes, type FileInput, type Message, type Pending, type PendingFile, type Result, type Timeline,
} from "@vestnik/client";
import { ME, PEOPLE, type Script } from "./fake-data";
import { append, createFakeOf, nextId, type Fake } from "./fake-state";

export interface FakeChat extends ChatView {
  hear(userId: number, text: string): Message;
  showTyping(names: string[]): void;
}

const PAGE = 50;
const done = (): Promise<Result<void>> => Promise.resolve({ ok: true, value: undefined });
const no = (): Promise<Result<void>> => Promise.resolve({ ok: false, code: "forbidden", error: "no" });
const wait = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

export function fakeChat(script: Script, isOnline: () => boolean, missing = false): FakeChat {
  const fake = createFakeOf(script, isOnline);
  const { messages, writing, typing, members, title } = fake;
  const send = (text: string, replyTo?: number, _key?: string, files: readonly FileInput[] = []) => sendIn(fake, text, replyTo, files);
  const edit = (id: number, text: string) => change(fake, id, { text, editedAt: Date.now() });
  return {
    ...createDrafting({ writing, set: (draft) => (writing.value = draft), send: (text, replyTo, files) => void send(text, replyTo, undefined, files), save: edit }),
    ...paging(fake),
    ...changing(fake),
    ...sending(fake),
    ...membering(fake),
    id: script.id, chat: chatOf(fake, missing), ended: signal(null), timeline: timelineOf(fake), typing, members,
    online: signal(new Set(script.people.filter((id) => id % 3 !== 1))),
    pins: computed(() => messages.value.filter((one) => one.pinned)),
    message: (id) => Promise.resolve(messages.value.find((one) => one.id === id) ?? null),
    loadMembers: () => Promise.resolve(),
    loadPins: () => Promise.resolve(),
    send,
    edit,
    isTyping: () => undefined,
    rename(name) {
      title.value = name;
      return done();
    },
    leave: done,
    hide: no,
    destroy: no,
    hear: (userId, text) => append(fake, userId, text, Date.now()),
    showTyping: (names) => (typing.value = members.value.filter(({ username }) => names.includes(username))),
  };
}

function timelineOf({ bounds, messages: all, pending, reading }: Fake): ReadonlySignal<Timeline> {
  return computed(() => {
    const { from, to } = bounds.value;
    const messages = all.value.filter(({ n }) => n >= from && n <= to);
    return {
      messages, pending: pending.value, hasOlder: from > 1 && all.value.length > 0, hasNewer: to < all.value.length,
      loading: null, firstUnread: reading.value.firstUnread, readN: reading.value.readN, fromCache: false,
    };
  });
}

function chatOf({ messages, reading, script, title, writing }: Fake, missing: boolean): ReadonlySignal<Chat | null> {
  return computed(() => {
    const last = messages.value.at(-1);
    if (missing) return null;
    const unread = messages.value.filter((one) => one.n > reading.value.readN && one.userId !== ME.id);
    return {
      id: script.id, type: script.type, title: title.value, role: script.role ?? "owner", muted: reading.value.muted,
      peer: script.type === "private" ? (PEOPLE.find((one) => script.people.includes(one.id)) ?? null) : null,
      unread: unread.length, mentions: unread.filter((one) => one.mentions.length > 0).length,
      last: last === undefined ? null : { username: last.username, userId: last.userId, text: last.text, deleted: last.deleted },
      activeAt: last?.createdAt ?? Date.now(), draft: writing.value.text.slice(0, 80),
    };
  });
}

function paging({ bounds, messages, reading }: Fake): Pick<ChatView, "open" | "close" | "loadOlder" | "loadNewer" | "showAround" | "showLatest"> {
  const upTo = (to: number) => (to >= messages.value.length ? Infinity : to);
  return {
    open() {
      const { readN } = reading.value;
      const firstUnread = messages.value.find((one) => one.n > readN && one.userId !== ME.id)?.n ?? null;
      reading.value = { ...reading.value, firstUnread };
      bounds.value = { from: Math.max(1, Math.min(firstUnread ?? Infinity, messages.value.length - PAGE) - 20), to: Infinity };
      return Promise.resolve();
    },
    close: () => undefined,
    async loadOlder() {
      await wait(120);
      bounds.value = { ...bounds.value, from: Math.max(1, bounds.value.from - PAGE) };
    },
    async loadNewer() {
      await wait(120);
      bounds.value = { ...bounds.value, to: upTo(bounds.value.to + PAGE) };
    },
    async showAround(n) {
      await wait(60);
      bounds.value = { from: Math.max(1, n - 25), to: upTo(n + 25) };
    },
    async showLatest() {
      await wait(60);
      bounds.value = { from: Math.max(1, messages.value.length - PAGE), to: Infinity };
    },
  };
}

function change({ messages }: Fake, id: number, to: Partial<Message>): Promise<Result<void>> {
  messages.value = messages.value.map((one) => (one.id === id ? { ...one, ...to } : one));
  return done();
}

function changing(fake: Fake): Pick<ChatView, "remove" | "react" | "pin" | "markRead" | "markUnread" | "mute"> {
  const { messages, reading } = fake;
  return {
    remove: (id) => change(fake, id, { text: "", deleted: true, reactions: [], pinned: false }),
    react(id, emoji, on) {
      const reactions = messages.value.find((one) => one.id === id)?.reactions ?? [];
      const others = reactions.map((one) => (one.emoji === emoji ? { emoji, userIds: one.userIds.filter((user) => user !== ME.id) } : one));
      if (on && !others.some((one) => one.emoji === emoji)) others.push({ emoji, userIds: [] });
      const next = others.map((one) => (on && one.emoji === emoji ? { emoji, userIds: [...one.userIds, ME.id] } : one));
      return change(fake, id, { reactions: next.filter((one) => one.userIds.length > 0) });
    },
    pin: (id, on) => change(fake, id, { pinned: on }),
    markRead: (n) => (reading.value = { ...reading.value, readN: Math.max(n, reading.value.readN) }),
    markUnread(n) {
      reading.value = { ...reading.value, readN: n - 1, firstUnread: n };
      return done();
    },
    mute(muted) {
      reading.value = { ...reading.value, muted };
      return done();
    },
  };
}

/** The bytes of what was sent, by the key or the number of a file. */
export const fakeBytes = new Map<string, FileBytes>();

function sendIn(fake: Fake, text: string, replyTo: number | undefined, inputs: readonly FileInput[]): string {
  const key = `k${nextId()}`;
  const files = inputs.map(({ name, type, bytes }, place) => ({ key: `${key}-${place}`, name, type, size: bytes.size }));
  inputs.forEach(({ bytes }, place) => fakeBytes.set(`${key}-${place}`, bytes));
  const isRefused = text.includes("/fail");
  const error = isRefused ? { code: "read_only", text: "guests do not write" } : null;
  const state = isRefused ? "failed" : fake.isOnline() ? "sending" : "queued";
  fake.pending.value = [...fake.pending.value, { key, text, replyTo: replyTo ?? null, createdAt: Date.now(), files, sent: 0, state, error }];
  void deliver(fake, key);
  return key;
}

async function deliver(fake: Fake, key: string): Promise<void> {
  const { pending, reading } = fake;
  while (!fake.isOnline()) await wait(200);
  await wait(400);
  for (let part = 1; part <= 4; part += 1) {
    const sum = (files: readonly { size: number }[]) => files.reduce((all, { size }) => all + size, 0);
    const isIt = (waiting: Pending) => waiting.key === key && waiting.files.length > 0 && waiting.state !== "failed";
    if (!pending.value.some(isIt)) break;
    pending.value = pending.value.map((waiting) => (isIt(waiting) ? { ...waiting, state: "uploading", sent: (sum(waiting.files) * part) / 4 } : waiting));
    await wait(400);
  }
  const one = pending.value.find((waiting) => waiting.key === key);
  if (one === undefined || one.state === "failed") return;
  pending.value = pending.value.filter((waiting) => waiting.key !== key);
  const message = append(fake, ME.id, one.text, Date.now(), { replyTo: one.replyTo, attachments: one.files.map(attached) });
  reading.value = { ...reading.value, readN: message.n };
}

function attached({ name, type, size }: PendingFile): Attachment {
  const isPicture = type.startsWith("image/");
  return { id: nextId(), name, type, size, width: isPicture ? 800 : null, height: isPicture ? 600 : null, thumbhash: isPicture ? "3OcRJYB4d3h/iIeHeEh3eIhw+j3A" : null };
}

function sending(fake: Fake): Pick<ChatView, "retry" | "discard"> {
  const { pending } = fake;
  return {
    retry(key) {
      pending.value = pending.value.map((one) => (one.key === key ? { ...one, state: "sending", error: null } : one));
      void deliver(fake, key);
    },
    discard(key) {
      const text = pending.value.find((one) => one.key === key)?.text ?? null;
      pending.value = pending.value.filter((one) => one.key !== key);
      return text;
    },
  };
}

function membering({ members }: Fake): Pick<ChatView, "addMember" | "setRole" | "removeMember"> {
  return {
    addMember(userId, role) {
      const person = PEOPLE.find((one) => one.id === userId);
      if (person !== undefined) members.value = [...members.value, { ...person, role }];
      return done();
    },
    setRole(userId, role) {
      members.value = members.value.map((one) => (one.id === userId ? { ...one, role } : one));
      return done();
    },
    removeMember(userId) {
      members.value = members.value.filter((one) => one.id !== userId);
      return done();
    },
  };
}
