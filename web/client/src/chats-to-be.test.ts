/** Private chats begin with what is said first in them, over the real server, where it has been built. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createClient } from "./client.ts";
import { until } from "./testing/browser.ts";
import { begin, end, newcomer, opened, texts, type Person } from "./testing/people.ts";
import { binary } from "./testing/server.ts";

const asPerson = ({ id, name }: Person) => ({ id, username: name, displayName: null });
const titles = ({ client }: Person) => client.chats.value.map((chat) => chat.title).sort();
const withWhom = ({ client }: Person, other: Person) => client.chats.value.find((chat) => chat.id > 0 && chat.peer?.id === other.id)?.id ?? 0;

describe.skipIf(!binary)("a private chat", () => {
  beforeAll(begin);
  afterAll(end);

  it("is nothing before something is said in it, and then what both have", async () => {
    const [alice, bob] = [await newcomer(), await newcomer()];
    const id = alice.client.meet(asPerson(bob));
    const view = alice.client.chat(id);
    await view.open();
    expect(view.chat.value).toMatchObject({ type: "private", title: bob.name });
    expect([view.timeline.value.messages, view.timeline.value.loading]).toEqual([[], null]);
    expect(titles(alice)).toEqual(["General"]);
    view.write("Have you");
    expect(alice.client.chats.value.find((chat) => chat.id === id)?.draft).toBe("Have you");
    view.write("Have you got a minute?");
    await view.submit();
    await until("begun", () => withWhom(alice, bob) > 0 && withWhom(bob, alice) > 0);
    const real = withWhom(alice, bob);
    expect([withWhom(bob, alice), alice.client.meet(asPerson(bob)), view.chat.value]).toEqual([real, real, null]);
    await alice.client.chat(real).open();
    await bob.client.chat(real).open();
    await until("said", () => texts(bob.client, real).length === 1 && texts(alice.client, real).length === 1);
    expect(titles(alice)).toEqual(["General", bob.name].sort());
  });

  it("begins once, however bad the connection, with all that was said in it and what is half-written", async () => {
    const [alice, bob] = [await newcomer(), await newcomer()];
    const view = alice.client.chat(alice.client.meet(asPerson(bob)));
    const pass = alice.world.request.bind(alice.world);
    let isLost = false;
    // The server begins the chat, and its answer is lost.
    alice.world.request = async (method, path, body) => {
      const answer = await pass(method, path, body);
      if (method === "POST" && path.endsWith("/chat") && !isLost) {
        isLost = true;
        throw new Error("lost");
      }
      return answer;
    };
    alice.world.cutAll();
    for (const text of ["one", "two", "three"]) view.send(text);
    view.write("four, perh");
    expect(view.timeline.value.pending.map(({ text }) => text)).toEqual(["one", "two", "three"]);
    await until("all is said", () => alice.client.waiting.value === 0 && withWhom(alice, bob) > 0, 20_000);
    const real = withWhom(alice, bob);
    expect(alice.client.chat(real).draft.value).toBe("four, perh");
    await bob.client.chat(real).open();
    await until("heard", () => texts(bob.client, real).length >= 3);
    expect([texts(bob.client, real), isLost]).toEqual([["one", "two", "three"], true]);
    expect(alice.client.chats.value.filter((chat) => chat.peer?.id === bob.id).length).toBe(1);
  });

  it("outlives the page with what was to be said, and is known in all tabs", async () => {
    const [alice, bob] = [await newcomer(), await newcomer()];
    const id = alice.client.meet(asPerson(bob));
    alice.client.chat(id).write("not yet");
    await until("kept", () => alice.browser.shelves.drafts.has(String(id)) && JSON.stringify([...alice.browser.shelves.state]).includes(`"id":${id}`));
    alice.tab.kill();
    const tab = alice.browser.tab(alice.world);
    const again = createClient(tab.environment);
    opened.push(again);
    await again.start();
    expect(again.chats.value.find((chat) => chat.id === id)).toMatchObject({ title: bob.name, draft: "not yet" });
    await until("online", () => again.connection.value.state === "online");
    expect(again.chats.value.some((chat) => chat.id === id)).toBe(true);
    // The other one is faster.
    bob.client.chat(bob.client.meet(asPerson(alice))).send("Hello");
    await until("there", () => again.chats.value.some((chat) => chat.id > 0 && chat.peer?.id === bob.id));
    const real = again.chats.value.find((chat) => chat.peer?.id === bob.id)?.id ?? 0;
    expect([real > 0, again.chat(real).draft.value, again.chat(id).chat.value]).toEqual([true, "not yet", null]);
  });
});
