/** Tabs of a browser, and what survives them, with the real server, where it has been built. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Client } from "./api.ts";
import { createClient } from "./client.ts";
import { createBrowser, until } from "./testing/browser.ts";
import { anotherTab, begin, end, group, newcomer, opened, server, texts } from "./testing/people.ts";
import { binary, worldOf } from "./testing/server.ts";

describe.skipIf(!binary)("against the server", () => {
  beforeAll(begin);
  afterAll(end);

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
      } else if (what === 10) {
        // Some of what waits has gone, and the rest is on its way.
        const waiting = client.waiting.value;
        await until("one more is sent", () => client.waiting.value < Math.max(1, waiting));
      }
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
});
