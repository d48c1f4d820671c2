import "fake-indexeddb/auto";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { openDisk } from "./browser/disk.ts";
import { createCache, type Cache } from "./cache.ts";
import type { Disk } from "./environment.ts";
import { CHATS, kept, MESSAGES, restored, type Kept } from "./rules/kept-chats.ts";
import { EMPTY, replayed, type Log } from "./rules/log.ts";
import { written } from "./rules/outbox.ts";
import { until } from "./testing/browser.ts";
import { History } from "./testing/history.ts";

async function openCache(open: () => Promise<Disk | null>, tellKept?: (isKept: boolean) => void): Promise<Cache> {
  const cache = createCache(tellKept);
  await cache.open(open);
  return cache;
}

let databases = 0;
const freshDisk = () => openDisk(`test-${(databases += 1)}`);

function logOf(messages: number): Log {
  const server = new History();
  for (let n = 1; n <= messages; n += 1) server.post(1, `${n}`);
  return replayed(EMPTY, server.reset(50), 0)[0];
}

const itemOf = (key: string) => written({ key, chatId: 7, text: "hi", replyTo: null, createdAt: 1 });

const me = { id: 1, username: "alice", displayName: null, email: "a@example.com", isAdmin: false };

describe("the cache", () => {
  it("never holds more than the last 20 messages of the last 10 chats, from any tabs", async () => {
    const visit = fc.record({ tab: fc.nat(1), chat: fc.integer({ min: 1, max: 25 }), messages: fc.integer({ min: 1, max: 45 }) });
    await fc.assert(
      fc.asyncProperty(fc.array(visit, { maxLength: 40 }), async (visits) => {
        const disk = await freshDisk();
        const tabs = [await openCache(async () => disk), await openCache(async () => disk)];
        const saves = visits.map(({ tab, chat, messages }, at) => {
          const one = kept(chat, "e", logOf(messages), at);
          return tabs[tab]?.saveTimelines("e", one ? [one] : [], []);
        });
        await Promise.all(saves);
        const held = ((await disk?.all("timelines")) ?? []).map(([, value]) => value as Kept);
        expect(held.length).toBeLessThanOrEqual(CHATS);
        for (const { rows } of held) expect(rows.length).toBeLessThanOrEqual(MESSAGES);
        const last = new Map(visits.map(({ chat }, at) => [chat, at]));
        const expected = [...last].sort(([, a], [, b]) => b - a).slice(0, CHATS).map(([chat]) => chat);
        expect(held.map((one) => one.chatId).sort()).toEqual(expected.sort());
      }),
      { numRuns: 60 },
    );
  });

  it("gives back what it was given, to the one who gave it", async () => {
    const disk = await freshDisk();
    const cache = await openCache(async () => disk);
    expect(await cache.load()).toMatchObject({ me: null, chats: [], timelines: [] });
    cache.saveMe(me);
    cache.saveChats("e", []);
    cache.saveDraft(7, "well,");
    cache.saveDraft(8, "");
    const one = kept(7, "e", logOf(30), 5) as Kept;
    await cache.saveTimelines("e", [one], []);
    const old = await cache.load();
    expect(old).toMatchObject({ me, epoch: "e", drafts: [[7, "well,"]] });
    expect(old.timelines).toEqual([one]);
    expect(restored(one).rows.map((row) => row.n)).toEqual(Array.from({ length: 20 }, (_, place) => 11 + place));
    expect(await cache.owner()).toEqual(me);
    await cache.dropAll();
    expect(await cache.owner()).toBeNull();
  });

  it("drops what is of another history", async () => {
    const disk = await freshDisk();
    const cache = await openCache(async () => disk);
    cache.saveMe(me);
    cache.saveChats("old", []);
    await cache.saveTimelines("old", [kept(7, "old", logOf(3), 5) as Kept], []);
    await cache.saveTimelines("new", [kept(8, "new", logOf(3), 6) as Kept], []);
    cache.saveChats("new", []);
    expect((await cache.load()).timelines.map((one) => one.chatId)).toEqual([8]);
  });

  it("keeps no stretch whose end is not here", () => {
    expect(kept(7, "e", { ...logOf(5), headN: 6 }, 1)).toBeNull();
    expect(kept(7, "e", EMPTY, 1)).toBeNull();
  });

  it("works without a disk, and with one that fails", async () => {
    const broken = await openCache(async () => {
      throw new Error("no");
    });
    broken.saveMe(me);
    expect(await broken.load()).toMatchObject({ me: null });
    expect(await broken.outbox()).toEqual([]);
  });

  it("makes room only on a disk that is full", async () => {
    const disk = (await freshDisk()) as Disk;
    const [first, second] = [itemOf("k-1"), itemOf("k-2")];
    let failure: Error | null = null;
    const put: Disk["put"] = async (shelf, name, value) => {
      if (failure !== null && (await disk.all("timelines")).length > 0) throw failure;
      await disk.put(shelf, name, value);
    };
    const told: boolean[] = [];
    const cache = await openCache(async () => ({ ...disk, put }), (is) => told.push(is));
    await cache.saveTimelines("e", [kept(7, "e", logOf(3), 5) as Kept], []);
    failure = new Error("the disk does not answer");
    cache.keep(first);
    await until("told", () => told.length === 1);
    expect([told, (await disk.all("timelines")).length, await cache.outbox()]).toEqual([[false], 1, []]);
    failure = new DOMException("full", "QuotaExceededError");
    cache.keep(second);
    await until("told", () => told.length === 2);
    expect([told, (await disk.all("timelines")).length, await cache.outbox()]).toEqual([[false, true], 0, [second]]);
  });
});
