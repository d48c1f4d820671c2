/** What is in a chat without a server. */
import { signal, type Signal } from "@preact/signals-core";
import { BLANK, type Draft, type Member, type Message, type Pending, type Person } from "@vestnik/client";
import { ME, PEOPLE, type Script } from "./fake-data";

export interface Fake {
  script: Script;
  isOnline(): boolean;
  messages: Signal<Message[]>;
  /** The numbers of the messages that are shown. */
  bounds: Signal<{ from: number; to: number }>;
  pending: Signal<Pending[]>;
  reading: Signal<{ readN: number; firstUnread: number | null; muted: boolean }>;
  title: Signal<string>;
  writing: Signal<Draft>;
  typing: Signal<Person[]>;
  members: Signal<Member[]>;
}

let ids = 0;
const everybody = [...PEOPLE, { id: ME.id, username: ME.username, displayName: ME.displayName }];

/** For messages and keys. */
export const nextId = () => ++ids;

export function createFakeOf(script: Script, isOnline: () => boolean): Fake {
  const fake: Fake = {
    script, isOnline,
    messages: signal<Message[]>([]),
    bounds: signal({ from: Infinity, to: Infinity }),
    pending: signal<Pending[]>([]),
    reading: signal({ readN: 0, firstUnread: null as number | null, muted: script.muted ?? false }),
    title: signal(script.title),
    writing: signal<Draft>({ ...BLANK, text: script.draft ?? "" }),
    typing: signal<Person[]>([]),
    members: signal(membersOf(script)),
  };
  const { messages, reading } = fake;
  for (const [userId, minutesAgo, text, more] of script.said) {
    const replyTo = more?.answers === undefined ? null : (messages.value.at(-more.answers)?.id ?? null);
    append(fake, userId, text, Date.now() - minutesAgo * 60_000, { ...more, replyTo });
  }
  reading.value = { ...reading.value, readN: messages.value.length - (script.unread ?? 0) };
  return fake;
}

function membersOf(script: Script): Member[] {
  return script.people.flatMap((id, place) => {
    const person = everybody.find((one) => one.id === id);
    return person === undefined ? [] : [{ ...person, role: place === 0 ? "owner" : place === 1 ? "admin" : "member" } as const];
  });
}

export function append({ messages }: Fake, userId: number, text: string, createdAt: number, more: Partial<Message> = {}): Message {
  const n = messages.value.length + 1;
  const person = everybody.find((one) => one.id === userId);
  const message: Message = {
    id: nextId(), n, seq: n, userId, username: person?.username ?? "?", text, createdAt, editedAt: null, deleted: false,
    replyTo: null, mentions: text.includes("@") ? [ME.id] : [], mentionsAll: text.includes("@all"), reactions: [], pinned: false, attachments: [], ...more,
  };
  messages.value = [...messages.value, message];
  return message;
}
