/** Whole clients with something between them and the real server, which answers in its place for a while. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createClient } from "./client.ts";
import { ELSEWHERE, NOT_JSON, type Answer } from "./environment.ts";
import { until } from "./testing/browser.ts";
import { begin, end, newcomer, opened, texts } from "./testing/people.ts";
import { binary } from "./testing/server.ts";

const answers: [string, () => Promise<Answer>][] = [
  ["with a page that says all is well", async () => ({ status: 200, body: NOT_JSON })],
  ["with JSON of its own", async () => ({ status: 200, body: { status: "ok" } })],
  ["with null", async () => ({ status: 200, body: null })],
  ["with nothing", async () => ({ status: 200, body: undefined })],
  ["that it is done", async () => ({ status: 204, body: undefined })],
  ["that one must sign in elsewhere", async () => ({ status: ELSEWHERE, body: NOT_JSON })],
  ["that it does not know one", async () => ({ status: 401, body: NOT_JSON })],
  ["by breaking off", () => Promise.reject(new TypeError("failed"))],
];

describe.skipIf(!binary)("against the server, in whose place something answers", { timeout: 90_000 }, () => {
  beforeAll(begin);
  afterAll(end);

  it.concurrent.each(answers)("%s: a page that is opened meanwhile comes back by itself, and at once when it is asked to", async (_, answer) => {
    const alice = await newcomer();
    const real = alice.world.request;
    alice.client.stop();
    alice.tab.kill();
    let asked = 0;
    let isThere = true;
    alice.world.request = (...question) => {
      asked += 1;
      return isThere ? answer() : real(...question);
    };
    const client = createClient(alice.browser.tab(alice.world).environment);
    opened.push(client);
    await client.start();
    await until("asked again", () => asked > 3);
    expect(client.session.value.state).toBe("checking");
    expect(client.about.value).toBeNull();
    isThere = false;
    client.reconnect();
    await until("in", () => client.session.value.state === "signed-in", 1_500);
    await until("online", () => client.connection.value.state === "online");
    await until("about", () => client.about.value !== null);
    expect(client.isForeign.value).toBe(false);
  });

  it.concurrent.each(answers)("%s: one who is in stays in, and goes on when it is gone", async (what, answer) => {
    const alice = await newcomer("refuse");
    expect(alice.client.connection.value).toMatchObject({ by: "events" });
    await alice.client.chat(1).open();
    const real = alice.world.request;
    alice.world.request = answer;
    alice.world.cutAll();
    alice.client.chat(1).send("said to whoever answers");
    const { client } = alice;
    expect(await client.findPeople("a")).toMatchObject({ ok: false });
    expect(await client.updateMe({ displayName: "Alice" })).toMatchObject({ ok: false });
    // Of 204 nothing more can be known.
    if (what !== "that it is done") expect(await client.signOut()).toMatchObject({ ok: false });
    await client.chat(1).loadMembers();
    await until("it has been tried", () => client.connection.value.state === "online");
    expect(client.session.value.state).toBe("signed-in");
    expect(client.waiting.value).toBe(1);
    alice.world.request = real;
    await until("sent", () => texts(client, 1).includes("said to whoever answers"), 9_000);
    await until("none waits", () => client.waiting.value === 0);
  });
});
