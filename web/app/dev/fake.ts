/** A client without a server, for work on the view: `npm run dev`, then open /?fake. Not in the build. */
import { computed, signal } from "@preact/signals-core";
import type { Chat, Client, ConnectionState, Device, Message, Person, Result, SessionState } from "@vestnik/client";
import { fakeChat, type FakeChat } from "./fake-chat";
import { ME, PEOPLE, SCRIPT } from "./fake-data";

const done = { ok: true, value: undefined } as const;
const found = <T>(value: T): Promise<Result<T>> => Promise.resolve({ ok: true, value });

export function createFake(): Client {
  const session = signal<SessionState>({ state: "signed-in", me: ME });
  const connection = signal<ConnectionState>({ state: "online", by: "socket" });
  const views = signal<ReadonlyMap<number, FakeChat>>(new Map());
  const hearers = new Set<(notice: { chat: Chat; message: Message }) => void>();
  const devices: Device[] = [
    { id: 1, userAgent: "Mozilla/5.0 (X11; Linux x86_64) Chrome/148.0", lastUsedAt: Date.now(), current: true },
    { id: 2, userAgent: "Mozilla/5.0 (iPhone; CPU iPhone OS 19_0) Safari", lastUsedAt: Date.now() - 7e6, current: false },
  ];
  const add = (view: FakeChat) => (views.value = new Map(views.value).set(view.id, view));
  const isOnline = () => connection.value.state === "online";
  for (const script of SCRIPT) add(fakeChat(script, isOnline));
  const chats = computed(() =>
    [...views.value.values()].flatMap((view) => view.chat.value ?? []).sort((a, b) => b.activeAt - a.activeAt),
  );

  const client: Client = {
    session,
    connection,
    about: signal({ registration: "open", version: "0.1.0" }),
    isForeign: signal(false),
    isKept: signal(true),
    chats,
    totals: computed(() => ({
      unread: chats.value.reduce((sum, chat) => sum + chat.unread, 0),
      mentions: chats.value.reduce((sum, chat) => sum + chat.mentions, 0),
    })),
    waiting: computed(() => [...views.value.values()].reduce((sum, view) => sum + view.timeline.value.pending.length, 0)),
    onNotice(hear) {
      hearers.add(hear);
      return () => hearers.delete(hear);
    },
    onEnded: () => () => undefined,
    start: () => Promise.resolve(),
    stop: () => undefined,
    chat: (id) => views.value.get(id) ?? fakeChat({ id, type: "group", title: "", people: [], said: [] }, isOnline, true),
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
    findPeople: (text) => found(PEOPLE.filter((one) => `${one.username} ${one.displayName}`.toLowerCase().includes(text.toLowerCase()))),
    meet: (person) => privateWith(person),
    createGroup: (name, ids) => found({ id: made(name, ids), refused: [] }),
    createInvite: () => found({ link: new URL("#/invite/k3v9-x2mq", document.baseURI).href }),
    reconnect: () => (connection.value = { state: "online", by: "socket" }),
  };

  function made(title: string, ids: number[]): number {
    const id = Math.max(...views.value.keys()) + 1;
    add(fakeChat({ id, type: "group", title, people: [ME.id, ...ids], said: [] }, isOnline));
    return id;
  }

  function privateWith(person: Person): number {
    const known = chats.value.find((chat) => chat.peer?.id === person.id);
    if (known !== undefined) return known.id;
    const id = Math.max(...views.value.keys()) + 1;
    add(fakeChat({ id, type: "private", title: person.displayName ?? person.username, people: [ME.id, person.id], said: [] }, isOnline));
    return id;
  }

  // For scripts that look at the page: say something as somebody, go offline and back.
  Object.assign(globalThis, {
    fake: {
      say(chat: number, userId: number, text: string) {
        const view = views.value.get(chat);
        const message = view?.hear(userId, text);
        if (view?.chat.value && message) hearers.forEach((hear) => hear({ chat: view.chat.value as Chat, message }));
      },
      type: (chat: number, names: string[]) => views.value.get(chat)?.showTyping(names),
      connection: (state: ConnectionState) => (connection.value = state),
      session: (state: SessionState) => (session.value = state),
    },
  });
  return client;
}
