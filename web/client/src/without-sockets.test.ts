/** Whole clients before the real server where no WebSocket gets through: everything works that works by one. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { until } from "./testing/browser.ts";
import { anotherTab, begin, end, group, newcomer, texts, type Person } from "./testing/people.ts";
import { binary } from "./testing/server.ts";

const listed = (person: Person, chat: number) => person.client.chats.value.find((one) => one.id === chat);

/** Two people in a group; one of them, whose sockets are refused or swallowed, goes by events. */
async function pair(): Promise<{ alice: Person; bob: Person; chat: number }> {
  const [alice, bob] = [await newcomer("refuse"), await newcomer()];
  const chat = await group(bob, alice);
  await until("alice's list", () => listed(alice, chat) !== undefined);
  return { alice, bob, chat };
}

describe.skipIf(!binary)("against the server, without sockets", () => {
  beforeAll(begin);
  afterAll(end);

  it("says and hears, in order and once", async () => {
    const { alice, bob, chat } = await pair();
    expect(alice.client.connection.value).toEqual({ state: "online", by: "events" });
    expect(bob.client.connection.value).toEqual({ state: "online", by: "socket" });
    await Promise.all([alice.client.chat(chat).open(), bob.client.chat(chat).open()]);
    const all = Array.from({ length: 12 }, (_, place) => `message ${place + 1}`);
    for (const text of all) alice.client.chat(chat).send(text);
    await until("bob has them", () => texts(bob.client, chat).length >= all.length);
    await until("alice has them", () => texts(alice.client, chat).length >= all.length);
    bob.client.chat(chat).send("and back");
    await until("alice hears bob", () => texts(alice.client, chat).includes("and back"));
    for (const { client } of [alice, bob]) expect(texts(client, chat)).toEqual([...all, "and back"]);
    expect(alice.client.waiting.value).toBe(0);
    expect(alice.client.chat(chat).timeline.value.pending).toEqual([]);
  });

  it("counts what is said in the background, and what is read", async () => {
    const { alice, bob, chat } = await pair();
    const other = await group(bob, alice);
    await alice.client.chat(other).open();
    bob.client.chat(chat).send(`Now, @${alice.name}`);
    await until("counted", () => listed(alice, chat)?.unread === 1 && listed(alice, chat)?.mentions === 1);
    await until("listed", () => listed(alice, chat)?.last?.text === `Now, @${alice.name}`);
    await alice.client.chat(chat).open();
    alice.client.chat(chat).markRead(1);
    const { client } = await anotherTab(alice);
    expect(client.connection.value).toEqual({ state: "shared", by: "events" });
    let counts: unknown;
    while (JSON.stringify(counts) !== "[0,1]") {
      const { body } = await alice.world.request("GET", `/api/chats/${chat}`);
      counts = [(body as { unread: number }).unread, (body as { read_n: number }).read_n];
    }
    await until("read elsewhere", () => client.chats.value.some((one) => one.id === chat && one.unread === 0));
    expect((await alice.client.chat(chat).markUnread(1)).ok).toBe(true);
    await until("unread again", () => listed(alice, chat)?.unread === 1);
    expect((await alice.client.chat(chat).mute(true)).ok).toBe(true);
    await until("muted", () => listed(alice, chat)?.muted === true);
  });

  it("edits, deletes and reacts, and sees others do so", async () => {
    const { alice, bob, chat } = await pair();
    const [hers, his] = [alice.client.chat(chat), bob.client.chat(chat)];
    await Promise.all([hers.open(), his.open()]);
    hers.send("Suop?");
    his.send("Hm");
    await until("both have both", () => texts(alice.client, chat).length === 2 && texts(bob.client, chat).length === 2);
    const id = (text: string) => hers.timeline.value.messages.find((one) => one.text === text)?.id ?? 0;
    expect((await hers.edit(id("Suop?"), "Soup?")).ok).toBe(true);
    expect((await hers.react(id("Hm"), "👍", true)).ok).toBe(true);
    await until("bob sees", () => texts(bob.client, chat).includes("Soup?") && his.timeline.value.messages.some((one) => one.reactions.length > 0));
    expect((await his.edit(id("Hm"), "Yes")).ok).toBe(true);
    await until("alice sees", () => texts(alice.client, chat).includes("Yes"));
    expect((await his.remove(id("Yes"))).ok).toBe(true);
    await until("alice sees it go", () => hers.timeline.value.messages.some((one) => one.deleted));
  });

  it("opens one chat after the other, and misses nothing of either", async () => {
    const { alice, bob, chat } = await pair();
    const other = await group(bob, alice);
    await until("listed", () => listed(alice, other) !== undefined);
    for (let round = 1; round <= 6; round += 1) {
      const [now, then] = round % 2 === 0 ? [chat, other] : [other, chat];
      alice.client.chat(then).close();
      const isOpen = alice.client.chat(now).open();
      bob.client.chat(now).send(`round ${round}`);
      bob.client.chat(then).send(`behind ${round}`);
      await isOpen;
      await until(`round ${round}`, () => texts(alice.client, now).includes(`round ${round}`));
    }
    await alice.client.chat(chat).open();
    const expected = [1, 2, 3, 4, 5, 6].map((round) => (round % 2 === 0 ? `round ${round}` : `behind ${round}`));
    await until("all of it", () => texts(alice.client, chat).length === 6);
    expect(texts(alice.client, chat)).toEqual(expected);
  });

  it("takes a broken connection's messages up again, and turns to a socket that gets through", async () => {
    const { alice, bob, chat } = await pair();
    await Promise.all([alice.client.chat(chat).open(), bob.client.chat(chat).open()]);
    const all = Array.from({ length: 20 }, (_, place) => `message ${place + 1}`);
    let there = 0;
    for (const [place, text] of all.entries()) {
      alice.client.chat(chat).send(text);
      if (place === 12) alice.world.sockets = "pass";
      if (place % 6 !== 5) continue;
      // Some have gone this way, and others are on theirs.
      await until("some more are there", () => texts(bob.client, chat).length > there);
      there = texts(bob.client, chat).length;
      alice.world.cutAll();
    }
    await until("a socket", () => {
      alice.tab.wake();
      const connection = alice.client.connection.value;
      return connection.state === "online" && connection.by === "socket";
    });
    await until("all are sent", () => alice.client.waiting.value === 0);
    for (const { client } of [alice, bob]) {
      await until("all are there", () => texts(client, chat).length >= all.length);
      expect(texts(client, chat)).toEqual(all);
    }
  });

  it("misses nothing that is said in General while it is away", async () => {
    const { alice, bob } = await pair();
    await Promise.all([alice.client.chat(1).open(), bob.client.chat(1).open()]);
    const all = Array.from({ length: 12 }, (_, place) => `away ${place + 1}`);
    for (const [place, text] of all.entries()) {
      if (place % 2 === 0) alice.world.cutAll();
      bob.client.chat(1).send(text);
      await until("it is said", () => texts(bob.client, 1).includes(text));
      if (place % 2 === 1) await until("back", () => alice.client.connection.value.state === "online");
    }
    await until("the last is there", () => texts(alice.client, 1).includes("away 12"));
    expect(texts(alice.client, 1)).toEqual(all);
  });

  it("tells a hidden tab's user of what is said", async () => {
    const { alice, bob, chat } = await pair();
    const told: string[] = [];
    alice.client.onNotice(({ message }) => told.push(message.text));
    alice.tab.look(false);
    await alice.client.chat(chat).open();
    bob.client.chat(chat).send("Are you there?");
    await until("told", () => told.includes("Are you there?"));
  });

  it("is signed out when its device is", async () => {
    const { alice } = await pair();
    const devices = await alice.world.request("GET", "/api/tokens");
    const [token] = (devices.body as { tokens: { id: number }[] }).tokens;
    await alice.world.request("DELETE", `/api/tokens/${token?.id}`);
    await until("signed out", () => alice.client.session.value.state === "signed-out");
  });

  it("begins where sockets are swallowed", async () => {
    const alice = await newcomer("swallow");
    expect(alice.client.connection.value).toEqual({ state: "online", by: "events" });
  });
});
