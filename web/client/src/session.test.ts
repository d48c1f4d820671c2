/** Who is there, signing in and out, and people, with the real server, where it has been built. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { until } from "./testing/browser.ts";
import { anotherTab, begin, end, group, newcomer, server, texts } from "./testing/people.ts";
import { binary } from "./testing/server.ts";

describe.skipIf(!binary)("against the server", () => {
  beforeAll(begin);
  afterAll(end);

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
    const begin = () => alice.world.request("POST", `/api/users/${bob.id}/chat`) as Promise<{ body: { id: number } }>;
    const { id } = (await begin()).body;
    expect((await begin()).body.id).toBe(id);
    await until("alice's list", () => alice.client.chat(id).chat.value !== null);
    expect(alice.client.chat(id).chat.value).toMatchObject({ type: "private", title: "Bob the Builder", peer: person });
    await until("listed", () => bob.client.chats.value.some((one) => one.title === alice.name));
    bob.client.chat(id).setDraft("Dear Alice,");
    expect(bob.client.chats.value.find((one) => one.id === id)?.draft).toBe("Dear Alice,");
    await until("the draft is kept", () => bob.browser.shelves.drafts.get(String(id)) === "Dear Alice,");
    const first = await alice.client.createInvite({ hours: 24, uses: 1 });
    const isAdmin = alice.client.session.value.state === "signed-in" && alice.client.session.value.me.isAdmin;
    if (isAdmin) expect(first).toMatchObject({ ok: true, value: { link: expect.stringContaining("/#/invite/") as string } });
    await until("about", () => alice.client.about.value?.registration === "open");
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
});
