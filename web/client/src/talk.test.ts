/** Whole clients speak with each other over the real server, where it has been built. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Client } from "./api.ts";
import { createClient } from "./client.ts";
import { createBrowser, until } from "./testing/browser.ts";
import { begin, end, group, newcomer, opened, range, server, texts } from "./testing/people.ts";
import { binary, worldOf } from "./testing/server.ts";

describe.skipIf(!binary)("against the server", () => {
  beforeAll(begin);
  afterAll(end);

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
    let there = 0;
    for (let n = 1; n <= 30; n += 1) {
      alice.client.chat(chat).send(`message ${n}`);
      if (n % 7 !== 0 && n % 11 !== 0) continue;
      // Some have gone over each of the connections that are cut, and others are on their way.
      await until("some more are there", () => texts(bob.client, chat).length > there);
      there = texts(bob.client, chat).length;
      (n % 7 === 0 ? alice : bob).world.cutAll();
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

  it("loses a chat that one is removed from", async () => {
    const [alice, bob] = [await newcomer(), await newcomer()];
    const chat = await group(alice, bob);
    await until("listed", () => bob.client.chats.value.some((one) => one.id === chat));
    await bob.client.chat(chat).open();
    await alice.client.chat(chat).open();
    await alice.client.chat(chat).loadMembers();
    expect(alice.client.chat(chat).members.value.map((one) => one.username)).toEqual([alice.name, bob.name]);
    bob.client.chat(chat).isTyping();
    await until("typing", () => alice.client.chat(chat).typing.value.some((one) => one.id === bob.id));
    expect((await alice.client.chat(chat).removeMember(bob.id)).ok).toBe(true);
    await until("gone", () => bob.client.chat(chat).chat.value === null);
    await until("told", () => alice.client.chat(chat).members.value.length === 1);
    expect((await bob.client.chat(chat).edit(1, "x")).ok).toBe(false);
  });
});
