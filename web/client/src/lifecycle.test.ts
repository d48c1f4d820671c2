/** The life of a tab, beyond open and closed, with the real server. The table is in web/README.md. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createClient } from "./client.ts";
import type { Client } from "./api.ts";
import { createBrowser, until, type BrowserOptions, type DiskMode } from "./testing/browser.ts";
import { anotherTab, begin, end, newcomer, opened, server, texts } from "./testing/people.ts";
import { Clock, pass } from "./testing/clock.ts";
import { binary, worldOf } from "./testing/server.ts";
import { ME, SlowServer } from "./testing/slow-server.ts";

/** Browsers whose tabs cannot agree on one that leads. */
const LONELY: [string, BrowserOptions][] = [
  ["refuses locks", { refusesLocks: true }],
  ["has no way to speak among tabs", { channels: false }],
  ["has neither", { locks: false, channels: false }],
  ["never gives a lock", { withholdsLocks: true }],
  ["loses what tabs tell each other", { losesMessages: true }],
];

let people = 0;

/** Somebody with a browser of some kind, signed up in its first tab. */
async function loner(options: BrowserOptions, disk: DiskMode = "fine", tabs = 1, isFast = false) {
  const [browser, world] = [createBrowser(options), worldOf(server)];
  const { after } = world;
  // What tabs wait for each other passes faster.
  if (isFast) world.after = (milliseconds, run) => after([10_000, 30_000].includes(milliseconds) ? milliseconds / 10 : milliseconds, run);
  browser.disk = disk;
  const all = Array.from({ length: tabs }, () => browser.tab(world));
  const clients = all.map((tab) => createClient(tab.environment));
  opened.push(...clients);
  await Promise.all(clients.map((client) => client.start()));
  const [first] = clients as [Client];
  const account = { username: `loner${(people += 1)}`, email: `loner${people}@example.com`, password: "correct horse" };
  expect(await first.signUp(account)).toMatchObject({ ok: true });
  const isOn = (client: Client) => ["online", "shared"].includes(client.connection.value.state);
  await until("on", () => clients.every(isOn), 25_000);
  return { browser, world, clients, first, tabs: all };
}

async function say(from: Client, text: string, to: Client[]) {
  from.chat(1).send(text);
  await until(text, () => to.every((client) => texts(client, 1).includes(text)), 20_000);
  await until("none waits", () => from.waiting.value === 0);
}

describe.skipIf(!binary)("against the server, a tab", { timeout: 90_000 }, () => {
  beforeAll(begin);
  afterAll(end);

  it.concurrent("that was put away whole lets another lead, and is back with what was said meanwhile", async () => {
    const alice = await newcomer();
    const second = await anotherTab(alice);
    for (const { client } of [alice, second]) await client.chat(1).open();
    alice.tab.putAway();
    await until("the second leads", () => second.client.connection.value.state === "online");
    await say(second.client, "while one was away", [second.client]);
    alice.tab.bringBack();
    await until("shared", () => alice.client.connection.value.state === "shared");
    await until("caught up", () => texts(alice.client, 1).includes("while one was away"));
    await say(second.client, "to the one who is back", [alice.client]);
    await say(alice.client, "by the one who is back", [second.client]);
    second.tab.kill();
    await until("leads again", () => alice.client.connection.value.state === "online");
    await say(alice.client, "alone again", [alice.client]);
  });

  it.concurrent("that was put away, alone, leads when it is back", async () => {
    const alice = await newcomer();
    await alice.client.chat(1).open();
    alice.tab.putAway();
    alice.tab.bringBack();
    await until("online", () => alice.client.connection.value.state === "online");
    await say(alice.client, "back", [alice.client]);
  });

  it.concurrent("that is brought back shows nothing of one who signed out meanwhile", async () => {
    const alice = await newcomer();
    const second = await anotherTab(alice);
    await alice.client.chat(1).open();
    alice.client.chat(1).setDraft("secret");
    alice.tab.putAway();
    await until("the second leads", () => second.client.connection.value.state === "online");
    await second.client.signOut();
    await until("dropped", () => alice.browser.shelves.state.size === 0);
    let isAnswering = false;
    const real = alice.world.request;
    alice.world.request = async (...question) => {
      await until("answers", () => isAnswering);
      return real(...question);
    };
    alice.tab.bringBack();
    await until("hidden", () => alice.client.session.value.state === "checking");
    expect([alice.client.chats.value, alice.client.chat(1).draft.value]).toEqual([[], ""]);
    isAnswering = true;
    await until("out", () => alice.client.session.value.state === "signed-out");
  });

  it.concurrent("whose locks are taken away joins again, and one leads", async () => {
    const alice = await newcomer();
    const second = await anotherTab(alice);
    for (const { client } of [alice, second]) await client.chat(1).open();
    const thief = alice.browser.tab(alice.world);
    const stolen = new AbortController();
    const until_ = new Promise<void>((resolve) => stolen.signal.addEventListener("abort", () => resolve()));
    thief.environment.locks?.steal("vestnik-leader", stolen.signal, () => until_, () => {});
    await until("nobody leads", () => alice.client.connection.value.state !== "online");
    stolen.abort();
    const states = () => [alice, second].map(({ client }) => client.connection.value.state).sort().join();
    await until("one leads", () => states() === "online,shared", 20_000);
    await say(alice.client, "one", [second.client]);
    await say(second.client, "two", [alice.client]);
  });

  it.concurrent("that leads and is frozen is led when it thaws, and holds up nobody", async () => {
    const alice = await newcomer();
    // What tabs wait for each other passes faster.
    const { after } = alice.world;
    alice.world.after = (milliseconds, run) => after([10_000, 30_000].includes(milliseconds) ? milliseconds / 10 : milliseconds, run);
    const second = await anotherTab(alice);
    for (const { client } of [alice, second]) await client.chat(1).open();
    alice.tab.freeze();
    second.client.chat(1).send("into the ice");
    await until("taken over", () => second.client.connection.value.state === "online", 50_000);
    await until("sent", () => texts(second.client, 1).includes("into the ice"));
    alice.tab.thaw();
    await until("led", () => alice.client.connection.value.state === "shared", 20_000);
    await until("caught up", () => texts(alice.client, 1).includes("into the ice"), 20_000);
    await say(alice.client, "thawed", [second.client]);
    expect(texts(second.client, 1).filter((text) => text === "into the ice")).toHaveLength(1);
  });

  it.concurrent.each(LONELY)("of a browser that %s leads itself", async (_, options) => {
    const tabs = await loner(options, "fine", 1, true);
    await tabs.first.chat(1).open();
    await say(tabs.first, `hello ${_}`, tabs.clients);
    // Another one in the same browser does, too.
    const second = createClient(tabs.browser.tab(tabs.world).environment);
    opened.push(second);
    await second.start();
    await until("the second", () => second.connection.value.state === "online", 25_000);
    await second.chat(1).open();
    await until("the first", () => tabs.first.connection.value.state === "online", 25_000);
    await say(tabs.first, `once ${_}`, [tabs.first, second]);
    await say(second, `twice ${_}`, [tabs.first, second]);
  });

  it.concurrent.each<[DiskMode]>([["none"], ["shut"], ["deaf"], ["full"], ["evicted"]])("whose disk is %s works, and says what would be lost", async (disk) => {
    const { first, world } = await loner({}, disk);
    await first.chat(1).open();
    await say(first, `on a disk that is ${disk}`, [first]);
    world.sockets = "refuse";
    world.cutAll();
    first.chat(1).send(`kept nowhere: ${disk}`);
    await until("said", () => !first.isKept.value, 20_000);
    world.sockets = "pass";
    first.reconnect();
    await until("sent", () => texts(first, 1).includes(`kept nowhere: ${disk}`), 20_000);
    expect((await first.signOut()).ok).toBe(true);
  });

  it.concurrent.each<[DiskMode, boolean]>([["deaf", false], ["full", false], ["evicted", false], ["crowded", true]])(
    "whose disk becomes %s goes on, and knows what is kept",
    async (disk, isKept) => {
      const { first, browser, world } = await loner({});
      await first.chat(1).open();
      await say(first, `before it was ${disk}`, [first]);
      await until("kept", () => browser.shelves.timelines.size > 0);
      browser.disk = disk;
      world.sockets = "refuse";
      world.cutAll();
      first.chat(1).send(`since it is ${disk}`);
      if (isKept) await until("kept", () => browser.shelves.outbox.size > 0 || first.waiting.value === 0);
      else await until("said", () => !first.isKept.value, 20_000);
      world.sockets = "pass";
      first.reconnect();
      await until("sent", () => texts(first, 1).includes(`since it is ${disk}`), 20_000);
      browser.disk = "fine";
      expect(first.isKept.value).toBe(isKept);
      await until("answers again", () => {
        first.chat(1).send("one more");
        return first.isKept.value;
      });
    },
  );
});

describe("tabs that cannot agree on one that leads", () => {
  it.each(LONELY)("lead themselves and do not take it from each other for ever, in a browser that %s", async (_, options) => {
    const clock = new Clock();
    const slow = new SlowServer(clock, () => 20);
    slow.found(7, [ME, 2]);
    const browser = createBrowser(options);
    const clients = [1, 2].map(() => createClient(browser.tab(slow.world()).environment));
    const started = Promise.all(clients.map((client) => client.start()));
    await pass(clock, 120_000);
    await started;
    let losses = 0;
    for (const client of clients) client.connection.subscribe(({ state }) => void (losses += Number(state !== "online")));
    await pass(clock, 600_000);
    expect([clients.map((client) => client.connection.value.state), losses]).toEqual([["online", "online"], 0]);
    for (const client of clients) client.stop();
  });
});
