/** A client without a server, for work on the view: `npm run dev`, then open /?fake. Not in the build. */
import { computed, signal, type ReadonlySignal, type Signal } from "@preact/signals-core";
import type { Chat, Client, ConnectionState, Device, FoundMessage, Message, Result, SessionState } from "@vestnik/client";
import { fakeBytes, fakeChat, type FakeChat } from "./fake-chat";
import { ME, PEOPLE, SCRIPT, type Script } from "./fake-data";

const done = { ok: true, value: undefined } as const;
const found = <T>(value: T): Promise<Result<T>> => Promise.resolve({ ok: true, value });

interface Fake {
  session: Signal<SessionState>;
  connection: Signal<ConnectionState>;
  views: Signal<ReadonlyMap<number, FakeChat>>;
  chats: ReadonlySignal<readonly Chat[]>;
  hearers: Set<(notice: { chat: Chat; message: Message }) => void>;
  isOnline(): boolean;
}

export function createFake(): Client {
  const connection = signal<ConnectionState>({ state: "online", by: "socket" });
  const views = signal<ReadonlyMap<number, FakeChat>>(new Map());
  const chats = computed(() =>
    [...views.value.values()].flatMap((view) => view.chat.value ?? []).sort((a, b) => b.activeAt - a.activeAt),
  );
  const fake: Fake = {
    session: signal<SessionState>({ state: "signed-in", me: ME }),
    connection, views, chats,
    hearers: new Set(),
    isOnline: () => connection.value.state === "online",
  };
  for (const script of SCRIPT) add(fake, script);
  Object.assign(globalThis, { fake: forScripts(fake) });
  return { ...state(fake), ...account(fake), ...people(fake) };
}

function add({ views, isOnline }: Fake, script: Script): number {
  views.value = new Map(views.value).set(script.id, fakeChat(script, isOnline));
  return script.id;
}

type Account = "signUp" | "signIn" | "signOut" | "updateMe" | "devices" | "revoke" | "createInvite";
type People = "findPeople" | "search" | "bytesOf" | "mostFileBytes" | "meet" | "createGroup";

function state({ session, connection, chats, views, hearers, isOnline }: Fake): Omit<Client, Account | People> {
  const sum = (counter: "unread" | "mentions") => chats.value.reduce((all, chat) => all + chat[counter], 0);
  return {
    session, connection, chats,
    about: signal({ registration: "open", version: "0.1.0" }),
    isForeign: signal(false),
    isKept: signal(true),
    totals: computed(() => ({ unread: sum("unread"), mentions: sum("mentions") })),
    waiting: computed(() => [...views.value.values()].reduce((all, view) => all + view.timeline.value.pending.length, 0)),
    onNotice(hear) {
      hearers.add(hear);
      return () => hearers.delete(hear);
    },
    onEnded: () => () => undefined,
    start: () => Promise.resolve(),
    stop: () => undefined,
    chat: (id) => views.value.get(id) ?? fakeChat({ id, type: "group", title: "", people: [], said: [] }, isOnline, true),
    reconnect: () => (connection.value = { state: "online", by: "socket" }),
  };
}

function account({ session }: Fake): Pick<Client, Account> {
  const devices: Device[] = [
    { id: 1, userAgent: "Mozilla/5.0 (X11; Linux x86_64) Chrome/148.0", lastUsedAt: Date.now(), current: true },
    { id: 2, userAgent: "Mozilla/5.0 (iPhone; CPU iPhone OS 19_0) Safari", lastUsedAt: Date.now() - 7e6, current: false },
  ];
  return {
    signUp: () => Promise.resolve(done),
    signIn(username) {
      if (username === "wrong") return Promise.resolve({ ok: false, code: "wrong_credentials", error: "no" });
      session.value = { state: "signed-in", me: ME };
      return Promise.resolve(done);
    },
    signOut() {
      session.value = { state: "signed-out" };
      return Promise.resolve(done);
    },
    updateMe(change) {
      session.value = { state: "signed-in", me: { ...ME, ...change } };
      return Promise.resolve(done);
    },
    devices: () => found(devices),
    revoke(id) {
      devices.splice(devices.findIndex((device) => device.id === id), 1);
      return Promise.resolve(done);
    },
    createInvite: () => found({ link: new URL("#/invite/k3v9-x2mq", document.baseURI).href }),
  };
}

function people(fake: Fake): Pick<Client, People> {
  const nextId = () => Math.max(...fake.views.value.keys()) + 1;
  return {
    findPeople: (text) => found(PEOPLE.filter((one) => `${one.username} ${one.displayName}`.toLowerCase().includes(text.toLowerCase()))),
    mostFileBytes: () => Promise.resolve(100 * 1024 * 1024),
    bytesOf: (key) => Promise.resolve(fakeBytes.get(key) ?? null),
    async search({ text, chat }) {
      await new Promise((resolve) => setTimeout(resolve, 200));
      if (!fake.isOnline()) return { ok: false, code: "no_answer", error: "no" };
      const word = text.toLowerCase().replace(/\S+:\S+|["“”]/g, "").trim();
      const all = fake.chats.value.filter(({ id }) => chat === undefined || id === chat).flatMap(({ id }) => foundIn(fake, id, word));
      return { ok: true, value: { results: all.slice(0, 20), next: null, isIndexing: false } };
    },
    meet(person) {
      const known = fake.chats.value.find((chat) => chat.peer?.id === person.id);
      const title = person.displayName ?? person.username;
      return known?.id ?? add(fake, { id: nextId(), type: "private", title, people: [ME.id, person.id], said: [] });
    },
    createGroup(title, ids) {
      return found({ id: add(fake, { id: nextId(), type: "group", title, people: [ME.id, ...ids], said: [] }), refused: [] });
    },
  };
}

function foundIn(fake: Fake, chatId: number, word: string): FoundMessage[] {
  const messages = fake.views.value.get(chatId)?.timeline.value.messages ?? [];
  return messages.flatMap((message, at): FoundMessage[] => {
    const from = message.text.toLowerCase().indexOf(word);
    if (word === "" || from < 0) return [];
    return [{ chatId, message, marks: [[from, from + word.length]], before: messages[at - 1] ?? null, after: messages[at + 1] ?? null }];
  }).reverse();
}

/** For scripts that look at the page: say something as somebody, go offline and back. */
function forScripts({ session, connection, views, hearers }: Fake) {
  return {
    say(chat: number, userId: number, text: string) {
      const view = views.value.get(chat);
      const message = view?.hear(userId, text);
      if (view?.chat.value && message) hearers.forEach((hear) => hear({ chat: view.chat.value as Chat, message }));
    },
    type: (chat: number, names: string[]) => views.value.get(chat)?.showTyping(names),
    connection: (next: ConnectionState) => (connection.value = next),
    session: (next: SessionState) => (session.value = next),
  };
}
