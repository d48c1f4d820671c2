/** Whoever is added, removed and added again, whatever is on its way meanwhile: the page shows how it is in the end. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createClient } from "./client.ts";
import { createBrowser } from "./testing/browser.ts";
import { Clock, pass } from "./testing/clock.ts";
import { SlowServer, ME } from "./testing/slow-server.ts";

const CHATS = [7, 8, 9];

async function begin(delays: number[] = [20]) {
  const clock = new Clock();
  let at = 0;
  const server = new SlowServer(clock, () => delays[(at += 1) % delays.length] ?? 20);
  for (const id of CHATS) server.found(id, id === 9 ? [2, 3] : [ME, 2, 3]);
  const client = createClient(createBrowser().tab(server.world()).environment);
  const started = client.start();
  await pass(clock, 10_000);
  await started;
  /** As the page shows a chat. */
  const show = (id: number) => {
    const view = client.chat(id);
    void view.open().then(() => view.loadMembers());
  };
  return { clock, server, client, show };
}

type World = Awaited<ReturnType<typeof begin>>;

const listed = ({ client }: World) => client.chats.value.map(({ id }) => id).sort();
const texts = ({ client }: World, id: number) => client.chat(id).timeline.value.messages.map(({ text }) => text);

describe("one who is removed from a chat", () => {
  it("loses it at once where it is not open, with a word", async () => {
    const world = await begin();
    const told: string[] = [];
    world.client.onEnded(({ title, how }) => told.push(`${title}: ${how}`));
    world.server.leave(7, ME);
    world.server.end(8);
    await pass(world.clock, 100);
    expect(listed(world)).toEqual([]);
    expect(told).toEqual(["chat 7: left", "chat 8: deleted"]);
    expect(world.client.chat(7).ended.value).toEqual({ id: 7, title: "chat 7", how: "left" });
  });

  it("has it back when they are added again, and sees what is said there", async () => {
    const world = await begin();
    world.show(7);
    await pass(world.clock, 1_000);
    world.server.post(7, 2);
    await pass(world.clock, 100);
    world.server.leave(7, ME);
    await pass(world.clock, 100);
    expect(listed(world)).toEqual([8]);
    expect(world.client.chat(7).chat.value).toBeNull();
    world.server.join(7, ME);
    world.server.post(7, 2);
    await pass(world.clock, 1_000);
    expect(listed(world)).toEqual([7, 8]);
    expect(world.client.chat(7).ended.value).toBeNull();
    expect(texts(world, 7)).toEqual(["7/1", "7/2"]);
    world.server.post(7, 3);
    await pass(world.clock, 100);
    expect(texts(world, 7).at(-1)).toBe("7/3");
  });

  it("is shown a chat that they looked at before they were added", async () => {
    const world = await begin();
    world.show(9);
    await pass(world.clock, 1_000);
    world.server.join(9, ME);
    await pass(world.clock, 1_000);
    expect(listed(world)).toEqual([7, 8, 9]);
    world.server.post(9, 2);
    await pass(world.clock, 200);
    expect(texts(world, 9)).toEqual(["9/1"]);
  });
});

describe("one who makes a group", () => {
  it("does not have it back when they were removed while it was looked up for the list", async () => {
    const clock = new Clock();
    const server = new SlowServer(clock, () => 20);
    server.found(7, [ME, 2]);
    const world = server.world();
    const held: (() => void)[] = [];
    const isLookUp = (method: string, path: string) => method === "GET" && path === "/api/chats/8";
    const request: typeof world.request = async (method, path, body) => {
      const answer = await world.request(method, path, body);
      if (isLookUp(method, path)) await new Promise<void>((resolve) => held.push(resolve));
      return answer;
    };
    const client = createClient(createBrowser().tab({ ...world, request }).environment);
    const started = client.start();
    await pass(clock, 10_000);
    await started;
    const made = client.createGroup("a group", []);
    await pass(clock, 1_000);
    expect(held).toHaveLength(1);
    server.leave(8, ME);
    await pass(clock, 1_000);
    for (const answer of held) answer();
    expect(await made).toMatchObject({ ok: true, value: { id: 8 } });
    await pass(clock, 1_000);
    expect(client.chats.value.map(({ id }) => id)).toEqual([7]);
  });
});

describe("who is in a chat, and there", () => {
  it("is right at once after every change", async () => {
    const world = await begin();
    world.show(7);
    await pass(world.clock, 1_000);
    const participants = () => [world.client.chat(7).members.value.length, world.client.chat(7).online.value?.size];
    expect(participants()).toEqual([3, 3]);
    world.server.leave(7, 3);
    // The change alone has come; who is there is told later.
    await pass(world.clock, 100);
    expect(participants()).toEqual([2, 2]);
  });
});

describe("whatever happens, and however long it takes to be told", () => {
  const chat = fc.constantFrom(...CHATS);
  const user = fc.constantFrom(ME, ME, 2, 3, 4);
  const act = fc.oneof(
    fc.record({ do: fc.constantFrom("join" as const, "leave" as const), chat, user }),
    fc.record({ do: fc.constant("post" as const), chat, user: fc.constantFrom(2, 3) }),
    fc.record({ do: fc.constantFrom("show" as const, "hide" as const), chat, user }),
    fc.record({ do: fc.constantFrom("cut" as const, "wait" as const), chat, user }),
  );
  const history = fc.array(fc.record({ act, then: fc.constantFrom(0, 0, 50, 400, 2_500) }), { maxLength: 25 });
  const delays = fc.array(fc.constantFrom(5, 30, 200, 1_500), { minLength: 3, maxLength: 9 });

  it("the page comes to show how it is", async () => {
    await fc.assert(
      fc.asyncProperty(history, delays, async (history, delays) => {
        const world = await begin(delays);
        const { client, server, clock, show } = world;
        const shown = new Set<number>();
        for (const { act, then } of history) {
          const { chat, user } = act;
          if (act.do === "join") server.join(chat, user);
          else if (act.do === "leave") server.leave(chat, user);
          else if (act.do === "post") server.post(chat, user);
          else if (act.do === "cut") server.cut();
          else if (act.do === "show") show(shown.add(chat) && chat);
          else if (act.do === "hide" && shown.delete(chat)) client.chat(chat).close();
          await pass(clock, then);
        }
        await pass(clock, 40_000);
        expect(listed(world)).toEqual(server.mine().map(({ id }) => id).sort());
        for (const { id, n, members } of server.mine()) {
          const row = client.chats.value.find((one) => one.id === id);
          expect(row?.unread, `unread of ${id}`).toBe(n - (members.get(ME) ?? 0));
          if (!shown.has(id)) continue;
          const all = Array.from({ length: n }, (_, place) => `${id}/${place + 1}`);
          expect(texts(world, id), `messages of ${id}`).toEqual(all);
          const view = client.chat(id);
          const ids = view.members.value.map((one) => one.id);
          if (ids.length > 0) expect(ids.sort(), `members of ${id}`).toEqual([...members.keys()].sort());
          expect([...(view.online.value ?? [])].filter((one) => !members.has(one))).toEqual([]);
        }
        client.stop();
      }),
      { numRuns: Number(process.env["VESTNIK_TEST_RUNS"] ?? 150) },
    );
  });
});
