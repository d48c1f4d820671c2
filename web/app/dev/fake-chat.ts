/** One chat of the client without a server. */
import { computed, signal } from "@preact/signals-core";
import { BLANK, createDrafting, type Chat, type ChatView, type Draft, type Member, type Message, type Pending, type Person, type Result, type Timeline } from "@vestnik/client";
import { ME, PEOPLE, type Script } from "./fake-data";

export interface FakeChat extends ChatView {
  hear(userId: number, text: string): Message;
  showTyping(names: string[]): void;
}

const PAGE = 50;
let ids = 0;
const done = (): Promise<Result<void>> => Promise.resolve({ ok: true, value: undefined });
const everybody = [...PEOPLE, { id: ME.id, username: ME.username, displayName: ME.displayName }];

export function fakeChat(script: Script, isOnline: () => boolean, missing = false): FakeChat {
  const all = signal<Message[]>([]);
  const bounds = signal({ from: Infinity, to: Infinity });
  const pending = signal<Pending[]>([]);
  const reading = signal({ readN: 0, firstUnread: null as number | null, muted: script.muted ?? false });
  const title = signal(script.title);
  const writing = signal<Draft>({ ...BLANK, text: script.draft ?? "" });
  const typing = signal<Person[]>([]);
  const members = signal<Member[]>(
    script.people.flatMap((id, place) => {
      const person = everybody.find((one) => one.id === id);
      return person === undefined ? [] : [{ ...person, role: place === 0 ? "owner" : place === 1 ? "admin" : "member" } as const];
    }),
  );

  const append = (userId: number, text: string, createdAt: number, more: Partial<Message> = {}): Message => {
    const n = all.value.length + 1;
    const person = everybody.find((one) => one.id === userId);
    const message: Message = {
      id: ++ids, n, seq: n, userId, username: person?.username ?? "?", text, createdAt, editedAt: null, deleted: false,
      replyTo: null, mentions: text.includes("@") ? [ME.id] : [], mentionsAll: text.includes("@all"), reactions: [], pinned: false, ...more,
    };
    all.value = [...all.value, message];
    return message;
  };
  for (const [userId, minutesAgo, text, more] of script.said) {
    const replyTo = more?.answers === undefined ? null : (all.value.at(-more.answers)?.id ?? null);
    append(userId, text, Date.now() - minutesAgo * 60_000, { ...more, replyTo });
  }
  reading.value = { ...reading.value, readN: all.value.length - (script.unread ?? 0) };

  const timeline = computed<Timeline>(() => {
    const { from, to } = bounds.value;
    const messages = all.value.filter(({ n }) => n >= from && n <= to);
    return {
      messages, pending: pending.value, hasOlder: from > 1 && all.value.length > 0, hasNewer: to < all.value.length,
      loading: null, firstUnread: reading.value.firstUnread, readN: reading.value.readN, fromCache: false,
    };
  });
  const chat = computed<Chat | null>(() => {
    const last = all.value.at(-1);
    if (missing) return null;
    const unread = all.value.filter((one) => one.n > reading.value.readN && one.userId !== ME.id);
    return {
      id: script.id, type: script.type, title: title.value, role: script.role ?? "owner", muted: reading.value.muted,
      peer: script.type === "private" ? (PEOPLE.find((one) => script.people.includes(one.id)) ?? null) : null,
      unread: unread.length, mentions: unread.filter((one) => one.mentions.length > 0).length,
      last: last === undefined ? null : { username: last.username, userId: last.userId, text: last.text, deleted: last.deleted },
      activeAt: last?.createdAt ?? Date.now(), draft: writing.value.text.slice(0, 80),
    };
  });
  const change = (id: number, to: Partial<Message>): Promise<Result<void>> => {
    all.value = all.value.map((one) => (one.id === id ? { ...one, ...to } : one));
    return done();
  };
  const wait = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));
  const deliver = async (key: string): Promise<void> => {
    while (!isOnline()) await wait(200);
    await wait(400);
    const one = pending.value.find((waiting) => waiting.key === key);
    if (one === undefined || one.state === "failed") return;
    pending.value = pending.value.filter((waiting) => waiting.key !== key);
    const message = append(ME.id, one.text, Date.now(), { replyTo: one.replyTo });
    reading.value = { ...reading.value, readN: message.n };
  };

  function send(text: string, replyTo?: number): string {
    const key = `k${++ids}`;
    const isRefused = text.includes("/fail");
    const error = isRefused ? { code: "read_only", text: "guests do not write" } : null;
    const state = isRefused ? "failed" : isOnline() ? "sending" : "queued";
    pending.value = [...pending.value, { key, text, replyTo: replyTo ?? null, createdAt: Date.now(), state, error }];
    void deliver(key);
    return key;
  }
  const edit = (id: number, text: string) => change(id, { text, editedAt: Date.now() });

  return {
    ...createDrafting({ writing, set: (draft) => (writing.value = draft), send, save: edit }),
    id: script.id, chat, ended: signal(null), timeline, typing, members,
    online: signal(new Set(script.people.filter((id) => id % 3 !== 1))),
    pins: computed(() => all.value.filter((one) => one.pinned)),
    open() {
      const { readN } = reading.value;
      const firstUnread = all.value.find((one) => one.n > readN && one.userId !== ME.id)?.n ?? null;
      reading.value = { ...reading.value, firstUnread };
      bounds.value = { from: Math.max(1, Math.min(firstUnread ?? Infinity, all.value.length - PAGE) - 20), to: Infinity };
      return Promise.resolve();
    },
    close: () => undefined,
    async loadOlder() {
      await wait(120);
      bounds.value = { ...bounds.value, from: Math.max(1, bounds.value.from - PAGE) };
    },
    async loadNewer() {
      await wait(120);
      const to = bounds.value.to + PAGE;
      bounds.value = { ...bounds.value, to: to >= all.value.length ? Infinity : to };
    },
    async showAround(n) {
      await wait(60);
      const to = n + 25;
      bounds.value = { from: Math.max(1, n - 25), to: to >= all.value.length ? Infinity : to };
    },
    async showLatest() {
      await wait(60);
      bounds.value = { from: Math.max(1, all.value.length - PAGE), to: Infinity };
    },
    message: (id) => Promise.resolve(all.value.find((one) => one.id === id) ?? null),
    loadMembers: () => Promise.resolve(),
    loadPins: () => Promise.resolve(),
    send,
    retry(key) {
      pending.value = pending.value.map((one) => (one.key === key ? { ...one, state: "sending", error: null } : one));
      void deliver(key);
    },
    discard(key) {
      const text = pending.value.find((one) => one.key === key)?.text ?? null;
      pending.value = pending.value.filter((one) => one.key !== key);
      return text;
    },
    edit,
    remove: (id) => change(id, { text: "", deleted: true, reactions: [], pinned: false }),
    react(id, emoji, on) {
      const reactions = all.value.find((one) => one.id === id)?.reactions ?? [];
      const others = reactions.map((one) => (one.emoji === emoji ? { emoji, userIds: one.userIds.filter((user) => user !== ME.id) } : one));
      if (on && !others.some((one) => one.emoji === emoji)) others.push({ emoji, userIds: [] });
      const next = others.map((one) => (on && one.emoji === emoji ? { emoji, userIds: [...one.userIds, ME.id] } : one));
      return change(id, { reactions: next.filter((one) => one.userIds.length > 0) });
    },
    pin: (id, on) => change(id, { pinned: on }),
    markRead: (n) => (reading.value = { ...reading.value, readN: Math.max(n, reading.value.readN) }),
    markUnread(n) {
      reading.value = { ...reading.value, readN: n - 1, firstUnread: n };
      return done();
    },
    mute(muted) {
      reading.value = { ...reading.value, muted };
      return done();
    },
    isTyping: () => undefined,
    rename(name) {
      title.value = name;
      return done();
    },
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
    leave: done,
    hide: () => Promise.resolve({ ok: false, code: "forbidden", error: "no" }),
    destroy: () => Promise.resolve({ ok: false, code: "forbidden", error: "no" }),
    hear: (userId, text) => append(userId, text, Date.now()),
    showTyping: (names) => (typing.value = members.value.filter(({ username }) => names.includes(username))),
  };
}
