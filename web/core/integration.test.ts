/** Whole clients against the real server, where it has been built (`VESTNIK_BIN` names it elsewhere). */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Client } from "./api.ts";
import { createClient } from "./client.ts";
import { createBrowser, until, type Browser, type Tab } from "./testing/browser.ts";
import { binary, startServer, worldOf, type Server } from "./testing/server.ts";

let server: Server;
let people = 0;
const opened: Client[] = [];

interface Person {
  client: Client;
  tab: Tab;
  browser: Browser;
  world: ReturnType<typeof worldOf>;
  id: number;
  name: string;
}

async function newcomer(): Promise<Person> {
  people += 1;
  const name = `person${people}`;
  const [browser, world] = [createBrowser(), worldOf(server)];
  const tab = browser.tab(world);
  const client = createClient(tab.environment);
  opened.push(client);
  await client.start();
  expect(client.session.value.state).toBe("signed-out");
  const account = { username: name, email: `${name}@example.com`, password: "correct horse" };
  expect(await client.signUp(account)).toEqual({ ok: true, value: undefined });
  await until("online", () => client.connection.value.state === "online");
  await until("General", () => client.chats.value.some((chat) => chat.id === 1));
  const session = client.session.value;
  return { client, tab, browser, world, id: session.state === "signed-in" ? session.me.id : 0, name };
}

async function anotherTab(of: Person): Promise<{ client: Client; tab: Tab }> {
  const tab = of.browser.tab(of.world);
  const client = createClient(tab.environment);
  opened.push(client);
  await client.start();
  await until("shared", () => client.connection.value.state === "shared");
  return { client, tab };
}

const texts = (client: Client, chat: number) =>
  client.chat(chat).timeline.value.messages.map((message) => message.text);

async function group(owner: Person, ...others: Person[]): Promise<number> {
  const made = await owner.client.createGroup("Lunch", others.map((person) => person.id));
  if (!made.ok) throw new Error(made.error);
  expect(made.value.refused).toEqual([]);
  return made.value.id;
}

describe.skipIf(!binary)("against the server", () => {
  beforeAll(async () => {
    server = await startServer();
  });
  afterAll(async () => {
    for (const client of opened) client.stop();
    await server.stop();
  });

  it("shows what one says to the other, at once and once", async () => {
    const [alice, bob] = [await newcomer(), await newcomer()];
    const chat = await group(alice, bob);
    await until("bob's list", () => bob.client.chats.value.some((one) => one.id === chat));
    await Promise.all([alice.client.chat(chat).open(), bob.client.chat(chat).open()]);
    alice.client.chat(chat).send("Soup?");
    expect(alice.client.chat(chat).timeline.value.pending.map((one) => one.text)).toEqual(["Soup?"]);
    await until("bob sees it", () => texts(bob.client, chat).includes("Soup?"));
    await until("alice's is sent", () => texts(alice.client, chat).includes("Soup?"));
    expect(alice.client.chat(chat).timeline.value.pending).toEqual([]);
    await until("counted", () => bob.client.totals.value.unread > 0);
    bob.client.chat(chat).markRead(1);
    expect(bob.client.chat(chat).timeline.value.readN).toBe(1);
  });

  it("takes a dead connection's messages up again", async () => {
    const [alice, bob] = [await newcomer(), await newcomer()];
    const chat = await group(alice, bob);
    await alice.client.chat(chat).open();
    await bob.client.chat(chat).open();
    for (let n = 1; n <= 30; n += 1) {
      alice.client.chat(chat).send(`message ${n}`);
      if (n % 7 === 0) alice.world.cutAll();
      if (n % 11 === 0) bob.world.cutAll();
      await new Promise((resolve) => setTimeout(resolve, 15));
    }
    const all = Array.from({ length: 30 }, (_, place) => `message ${place + 1}`);
    await until("all are there", () => texts(bob.client, chat).length >= 30, 20_000);
    await until("all are sent", () => alice.client.waiting.value === 0, 20_000);
    expect(texts(bob.client, chat)).toEqual(all);
    await until("alice has hers", () => texts(alice.client, chat).length >= 30);
    expect(texts(alice.client, chat)).toEqual(all);
    expect(alice.client.chat(chat).timeline.value.pending).toEqual([]);
  });

  it("edits, deletes, reacts and pins", async () => {
    const alice = await newcomer();
    const chat = await group(alice);
    const view = alice.client.chat(chat);
    await view.open();
    view.send("one");
    view.send("two");
    await until("both", () => texts(alice.client, chat).length === 2);
    const [one, two] = view.timeline.value.messages;
    expect((await view.edit(one?.id ?? 0, "uno")).ok).toBe(true);
    expect((await view.react(one?.id ?? 0, "👍", true)).ok).toBe(true);
    expect((await view.pin(one?.id ?? 0, true)).ok).toBe(true);
    expect((await view.remove(two?.id ?? 0)).ok).toBe(true);
    await until("deleted", () => view.timeline.value.messages[1]?.deleted === true);
    const row = view.timeline.value.messages[0];
    expect(row).toMatchObject({ text: "uno", pinned: true, reactions: [{ emoji: "👍", userIds: [alice.id] }] });
    await view.loadPins();
    expect(view.pins.value.map((pin) => pin.id)).toEqual([one?.id]);
    expect((await view.remove(two?.id ?? 0)).ok).toBe(true);
    expect(await view.edit(999_999, "x")).toMatchObject({ ok: false, code: "message_not_found" });
  });

  it("goes back through a long history and jumps in it", async () => {
    const alice = await newcomer();
    const chat = await group(alice);
    for (let n = 1; n <= 180; n += 1) {
      await alice.world.request("POST", `/api/chats/${chat}/messages`, { content: `m${n}` });
    }
    const view = alice.client.chat(chat);
    await view.open();
    expect(view.timeline.value.messages.map((one) => one.n)).toEqual(range(131, 180));
    expect(view.timeline.value).toMatchObject({ hasOlder: true, hasNewer: false, fromCache: false });
    await view.loadOlder();
    expect(view.timeline.value.messages.map((one) => one.n)).toEqual(range(81, 180));
    await view.showAround(20);
    expect(view.timeline.value.messages.some((one) => one.n === 20)).toBe(true);
    expect(view.timeline.value.hasNewer).toBe(true);
    await alice.world.request("POST", `/api/chats/${chat}/messages`, { content: "m181" });
    while (view.timeline.value.hasNewer) await view.loadNewer();
    await until("the newest", () => view.timeline.value.messages.at(-1)?.n === 181);
    const numbers = view.timeline.value.messages.map((one) => one.n);
    expect(numbers).toEqual(range(numbers[0] ?? 0, 181));
    await view.showAround(5);
    await view.showLatest();
    expect(view.timeline.value.messages.at(-1)?.n).toBe(181);
  });

  it("counts and shows what is said in the background", async () => {
    const [alice, bob] = [await newcomer(), await newcomer()];
    const chat = await group(alice, bob);
    await until("bob's list", () => bob.client.chats.value.some((one) => one.id === chat));
    const notices: string[] = [];
    bob.client.onNotice(({ message }) => notices.push(message.text));
    await alice.client.chat(chat).open();
    alice.client.chat(chat).send(`Hello @${bob.name}`);
    const listed = () => bob.client.chats.value.find((one) => one.id === chat);
    await until("counted", () => listed()?.unread === 1 && listed()?.mentions === 1);
    await until("previewed", () => listed()?.last?.text === `Hello @${bob.name}`);
    await until("noticed", () => notices.length === 1);
    expect(bob.client.chats.value[0]?.id).toBe(chat);
    expect((await alice.client.chat(chat).setRole(bob.id, "guest")).ok).toBe(true);
    await bob.client.chat(chat).open();
    expect(bob.client.chat(chat).timeline.value.firstUnread).toBe(1);
    await until("a guest", () => listed()?.role === "guest");
  });

  it("lists what has changed in the background", async () => {
    const [alice, bob] = [await newcomer(), await newcomer()];
    const chat = await group(alice, bob);
    const listed = () => bob.client.chats.value.find((one) => one.id === chat);
    await until("bob's list", () => listed() !== undefined);
    expect((await alice.client.chat(chat).rename("Dinner")).ok).toBe(true);
    await until("renamed", () => listed()?.title === "Dinner");
    await alice.client.chat(chat).open();
    alice.client.chat(chat).send("at nine");
    await until("previewed", () => listed()?.last?.text === "at nine");
    const said = alice.client.chat(chat).timeline.value.messages[0]?.id ?? 0;
    expect((await alice.client.chat(chat).edit(said, "at eight")).ok).toBe(true);
    await until("edited", () => listed()?.last?.text === "at eight");
    expect(listed()).toMatchObject({ unread: 1, role: "member" });
  });

  it("shares one connection among tabs, and hands it over", async () => {
    const [alice, bob] = [await newcomer(), await newcomer()];
    const chat = await group(alice, bob);
    const second = await anotherTab(alice);
    await until("listed", () => second.client.chats.value.some((one) => one.id === chat));
    await second.client.chat(chat).open();
    await alice.client.chat(chat).open();
    await bob.client.chat(chat).open();
    second.client.chat(chat).send("from the second tab");
    await until("in the first", () => texts(alice.client, chat).length === 1);
    await until("in the second", () => texts(second.client, chat).length === 1);
    expect(second.client.chat(chat).timeline.value.pending).toEqual([]);
    alice.tab.kill();
    second.client.chat(chat).send("while nobody leads");
    await until("taken over", () => second.client.connection.value.state === "online");
    await until("sent", () => texts(bob.client, chat).length === 2);
    await until("shown", () => texts(second.client, chat).length === 2);
    expect(texts(second.client, chat)).toEqual(["from the second tab", "while nobody leads"]);
    expect(second.client.waiting.value).toBe(0);
  });

  it("shows the cache before it has asked, and sends what an earlier visit left", async () => {
    const alice = await newcomer();
    const chat = await group(alice);
    await alice.client.chat(chat).open();
    alice.client.chat(chat).send("kept");
    await until("stored", () => texts(alice.client, chat).length === 1);
    await server.kill();
    await until("offline", () => alice.client.connection.value.state !== "online");
    alice.client.chat(chat).send("left");
    alice.client.stop();
    alice.tab.kill();
    const tab = alice.browser.tab(alice.world);
    const client = createClient(tab.environment);
    opened.push(client);
    await client.start();
    expect(client.session.value).toMatchObject({ state: "checking", me: { username: alice.name } });
    expect(client.chats.value.map((one) => one.id)).toContain(chat);
    void client.chat(chat).open();
    expect(texts(client, chat)).toEqual(["kept"]);
    expect(client.chat(chat).timeline.value).toMatchObject({ fromCache: true });
    expect(client.chat(chat).timeline.value.pending.map((one) => one.text)).toEqual(["left"]);
    await server.restart();
    client.reconnect();
    await until("sent", () => texts(client, chat).length === 2, 20_000);
    expect(client.chat(chat).timeline.value).toMatchObject({ fromCache: false, pending: [] });
  });

  it("is signed out in all tabs, and where a device is revoked", async () => {
    const alice = await newcomer();
    const second = await anotherTab(alice);
    await second.client.signOut();
    await until("the first too", () => alice.client.session.value.state === "signed-out");
    expect(alice.browser.shelves.timelines.size).toBe(0);
    expect((await alice.client.signIn(alice.name, "correct horse")).ok).toBe(true);
    await until("the second too", () => second.client.session.value.state === "signed-in");
    await until("online", () => alice.client.chats.value.length > 0);
    const devices = await alice.client.devices();
    const current = devices.ok ? devices.value.find((device) => device.current) : undefined;
    await alice.client.revoke(current?.id ?? 0);
    await until("out", () => alice.client.session.value.state === "signed-out");
    expect(await alice.client.signIn(alice.name, "wrong horse")).toMatchObject({ code: "wrong_credentials" });
  });

  it("shows nothing of one user to the next in the same browser, and their drafts to who comes back", async () => {
    const [alice, bob] = [await newcomer(), await newcomer()];
    const second = await anotherTab(alice);
    const chat = await group(alice);
    await until("listed", () => second.client.chats.value.some(({ id }) => id === chat));
    second.client.chat(1).setDraft("between us");
    second.tab.look(false);
    await until("kept", () => alice.browser.shelves.drafts.size === 1);
    expect((await alice.client.signIn(bob.name, "correct horse")).ok).toBe(true);
    for (const client of [alice.client, second.client]) {
      await until("bob", () => client.session.value.state === "signed-in" && client.session.value.me.id === bob.id);
      await until("his chats", () => client.chats.value.length > 0);
      expect([client.chats.value.map(({ id }) => id), client.chat(1).draft.value]).toEqual([[1], ""]);
    }
    expect(alice.browser.shelves.drafts.size).toBe(0);
    second.client.chat(1).setDraft("to be said");
    second.tab.look(false);
    await until("kept", () => alice.browser.shelves.drafts.size === 1);
    const devices = await second.client.devices();
    const current = devices.ok ? devices.value.find((device) => device.current) : undefined;
    await second.client.revoke(current?.id ?? 0);
    await until("out", () => alice.client.session.value.state === "signed-out");
    expect(alice.client.chat(1).draft.value).toBe("");
    expect((await alice.client.signIn(bob.name, "correct horse")).ok).toBe(true);
    await until("the draft", () => alice.client.chat(1).draft.value === "to be said");
  });

  it("says that it could not sign out without a connection", async () => {
    const alice = await newcomer();
    await server.kill();
    expect(await alice.client.signOut()).toMatchObject({ ok: false, code: "no_answer" });
    expect(alice.client.session.value.state).toBe("signed-in");
    await server.restart();
    expect((await alice.client.signOut()).ok).toBe(true);
  });

  it("finds people, speaks with one of them, and invites others", async () => {
    const [alice, bob] = [await newcomer(), await newcomer()];
    expect((await bob.client.updateMe({ displayName: "Bob the Builder" })).ok).toBe(true);
    expect(bob.client.session.value).toMatchObject({ me: { displayName: "Bob the Builder" } });
    const found = await alice.client.findPeople(bob.name);
    const person = { id: bob.id, username: bob.name, displayName: "Bob the Builder" };
    expect(found).toEqual({ ok: true, value: [person] });
    const chat = await alice.client.startPrivate(bob.id);
    expect(await alice.client.startPrivate(bob.id)).toEqual(chat);
    const id = chat.ok ? chat.value : 0;
    expect(alice.client.chat(id).chat.value).toMatchObject({ type: "private", title: "Bob the Builder", peer: person });
    await until("listed", () => bob.client.chats.value.some((one) => one.title === alice.name));
    bob.client.chat(id).setDraft("Dear Alice,");
    expect(bob.client.chats.value.find((one) => one.id === id)?.draft).toBe("Dear Alice,");
    await until("the draft is kept", () => bob.browser.shelves.drafts.get(String(id)) === "Dear Alice,");
    const first = await alice.client.createInvite({ hours: 24, uses: 1 });
    const isAdmin = alice.client.session.value.state === "signed-in" && alice.client.session.value.me.isAdmin;
    if (isAdmin) expect(first).toMatchObject({ ok: true, value: { link: expect.stringContaining("/?invite=") as string } });
    await until("about", () => alice.client.about.value?.registration === "open");
  });

  it("keeps the last 20 messages of the last 10 chats", async () => {
    const alice = await newcomer();
    const chats: number[] = [];
    for (let count = 0; count < 13; count += 1) {
      const chat = await group(alice);
      chats.push(chat);
      for (let n = 1; n <= 22; n += 1) {
        await alice.world.request("POST", `/api/chats/${chat}/messages`, { content: `m${n}` });
      }
      await alice.client.chat(chat).open();
      alice.client.chat(chat).close();
    }
    const last = chats.slice(-10).map(String).sort();
    const { timelines } = alice.browser.shelves;
    await until("kept", () => [...timelines.keys()].sort().join() === last.join());
    for (const kept of timelines.values()) expect((kept as { rows: unknown[] }).rows).toHaveLength(20);
  });

  it("goes from unread to read and back, on all devices", async () => {
    const [alice, bob] = [await newcomer(), await newcomer()];
    const chat = await group(alice, bob);
    const device = createClient(createBrowser().tab(worldOf(server)).environment);
    opened.push(device);
    await device.start();
    expect((await device.signIn(bob.name, "correct horse")).ok).toBe(true);
    await alice.client.chat(chat).open();
    for (const text of ["one", "two", "three"]) alice.client.chat(chat).send(text);
    const unread = (client: Client) => client.chats.value.find((one) => one.id === chat)?.unread;
    await until("counted", () => unread(bob.client) === 3 && unread(device) === 3);
    await bob.client.chat(chat).open();
    bob.client.chat(chat).markRead(2);
    expect(unread(bob.client)).toBe(1);
    await until("told", () => unread(device) === 1);
    expect((await device.chat(chat).markUnread(1)).ok).toBe(true);
    await until("back", () => unread(bob.client) === 3 && unread(device) === 3);
    expect((await bob.client.chat(chat).mute(true)).ok).toBe(true);
    await until("muted", () => device.chats.value.find((one) => one.id === chat)?.muted === true);
  });

  it("tells of messages only where nobody looks", async () => {
    const [alice, bob] = [await newcomer(), await newcomer()];
    const chat = await group(alice, bob);
    await until("bob's list", () => bob.client.chats.value.some((one) => one.id === chat));
    const notices: string[] = [];
    bob.client.onNotice(({ chat, message }) => notices.push(`${chat.title}: ${message.text}`));
    await Promise.all([alice.client.chat(chat).open(), bob.client.chat(chat).open()]);
    const say = async (text: string) => {
      alice.client.chat(chat).send(text);
      await until(text, () => texts(bob.client, chat).includes(text));
    };
    await say("seen");
    bob.tab.look(false);
    await say("missed");
    await bob.client.chat(chat).mute(true);
    await say("muted");
    await say(`@${bob.name}!`);
    bob.tab.look(true);
    await say("seen again");
    expect(notices).toEqual(["Lunch: missed", `Lunch: @${bob.name}!`]);
  });

  it("works where tabs cannot share", async () => {
    const [browser, world] = [createBrowser({ locks: false }), worldOf(server)];
    const tabs = [browser.tab(world), browser.tab(world)];
    const clients = tabs.map((tab) => createClient(tab.environment));
    opened.push(...clients);
    const [one, two] = clients as [Client, Client];
    await one.start();
    await two.start();
    const account = { username: "loner", email: "loner@example.com", password: "correct horse" };
    expect((await one.signUp(account)).ok).toBe(true);
    await until("both online", () => clients.every((client) => client.connection.value.state === "online"));
    await one.chat(1).open();
    await two.chat(1).open();
    one.chat(1).send("one");
    await until("one is in both", () => clients.every((client) => texts(client, 1).includes("one")));
    two.chat(1).send("two");
    await until("two is in both", () => clients.every((client) => texts(client, 1).includes("two")));
    await until("none waits", () => clients.every((client) => client.waiting.value === 0));
  });

  it("shows the same to all, in all tabs, after much went wrong", async () => {
    const [alice, bob] = [await newcomer(), await newcomer()];
    const chat = await group(alice, bob);
    await until("bob's list", () => bob.client.chats.value.some((one) => one.id === chat));
    const second = await anotherTab(alice);
    let tabs = [alice, second, bob];
    for (const { client } of tabs) await client.chat(chat).open();
    const said: string[] = [];
    let seed = Number(process.env["SEED"] ?? 7);
    const chance = (below: number) => (seed = (seed * 1_103_515_245 + 12_345) % 2 ** 31) % below;
    for (let turn = 0; turn < 150; turn += 1) {
      const { client } = tabs[chance(tabs.length)] ?? bob;
      const rows = client.chat(chat).timeline.value.messages.filter((row) => !row.deleted);
      const row = rows[chance(Math.max(1, rows.length))];
      const what = chance(12);
      if (what < 6) {
        said.push(`turn ${turn}`);
        client.chat(chat).send(`turn ${turn}`);
      } else if (what === 6 && row) void client.chat(chat).edit(row.id, `${row.text}!`);
      else if (what === 7 && row) void client.chat(chat).react(row.id, "👍", chance(3) > 0);
      else if (what === 8) (chance(2) === 0 ? alice : bob).world.cutAll();
      else if (what === 9) {
        client.chat(chat).close();
        void client.chat(chat).open();
      } else if (what === 10) await new Promise((resolve) => setTimeout(resolve, chance(40)));
      if (turn === 60) await server.restart();
      if (turn === 100) {
        alice.tab.kill();
        tabs = [second as typeof bob, bob];
      }
    }
    await until("all is sent", () => tabs.every(({ client }) => client.waiting.value === 0), 40_000);
    const truth = await bob.world.request("GET", `/api/chats/${chat}/messages?limit=200`);
    const { messages } = truth.body as { messages: { content: string; reactions: { user_ids: number[] }[] }[] };
    const stored = messages.map((one) => one.content.replaceAll("!", ""));
    expect([...stored].sort()).toEqual([...said].sort());
    const shown = (client: Client) =>
      client.chat(chat).timeline.value.messages.map((one) => [one.text, ...one.reactions.map((two) => two.userIds.length)]);
    const expected = messages.map((one) => [one.content, ...one.reactions.map((two) => two.user_ids.length)]);
    for (const { client } of tabs) {
      client.reconnect();
      await until("the newest", () => client.chat(chat).timeline.value.messages.at(-1)?.n === messages.length, 40_000);
      while (client.chat(chat).timeline.value.hasOlder) await client.chat(chat).loadOlder();
      await until("the same", () => JSON.stringify(shown(client)) === JSON.stringify(expected), 5_000).catch(() => {});
      expect(shown(client)).toEqual(expected);
      expect(client.chat(chat).timeline.value.pending).toEqual([]);
    }
  }, 120_000);

  it("loses a chat that one is removed from", async () => {
    const [alice, bob] = [await newcomer(), await newcomer()];
    const chat = await group(alice, bob);
    await until("listed", () => bob.client.chats.value.some((one) => one.id === chat));
    await bob.client.chat(chat).open();
    await alice.client.chat(chat).open();
    await alice.client.chat(chat).loadMembers();
    expect(alice.client.chat(chat).members.value.map((one) => one.username)).toEqual([alice.name, bob.name]);
    bob.client.chat(chat).isTyping();
    await until("typing", () => alice.client.chat(chat).typing.value.includes(bob.name));
    expect((await alice.client.chat(chat).removeMember(bob.id)).ok).toBe(true);
    await until("gone", () => bob.client.chat(chat).chat.value === null);
    await until("told", () => alice.client.chat(chat).members.value.length === 1);
    expect((await bob.client.chat(chat).edit(1, "x")).ok).toBe(false);
  });
});

const range = (first: number, last: number) =>
  Array.from({ length: last - first + 1 }, (_, place) => first + place);
