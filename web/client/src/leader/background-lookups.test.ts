import { describe, expect, it } from "vitest";
import type { Rest } from "../rest.ts";
import { Clock } from "../testing/clock.ts";
import { createBelonging } from "../rules/belonging.ts";
import { createBackgroundLookups } from "./background-lookups.ts";

describe("a chat in the background", () => {
  it("that is new to the list, or back in it, is listed, and what is unread there is news", async () => {
    const clock = new Clock();
    const asked: string[] = [];
    const told: unknown[] = [];
    const rest = ((_: string, path: string) => {
      asked.push(path);
      const messages = [4, 5, 6].map((n) => ({ n }));
      return Promise.resolve({ ok: true, value: path.includes("messages") ? { messages } : { id: 7, n: path.endsWith("7") ? 6 : 0 } });
    }) as unknown as Rest;
    const lookups = createBackgroundLookups({ now: () => clock.now, random: () => 0.5, after: clock.after } as never, rest, createBelonging(), {
      chat: (body) => told.push(body),
      gone: () => told.push("gone"),
      messages: (chatId, messages) => told.push([chatId, messages.map(({ n }) => n)]),
    });
    lookups.counted({ chat_id: 7, seq: 9, n: 6, read_n: 4, unread: 2 }, undefined);
    for (let step = 0; step < 20; step += 1) await Promise.resolve();
    expect(asked).toEqual(["/api/chats/7", "/api/chats/7/messages?limit=2"]);
    expect(told).toEqual([{ id: 7, n: 6 }, [7, [5, 6]]]);
    lookups.counted({ chat_id: 8, seq: 1, n: 0, read_n: 0, unread: 0 }, undefined);
    for (let step = 0; step < 20; step += 1) await Promise.resolve();
    expect(asked.slice(2)).toEqual(["/api/chats/8"]);
  });

  it("that was hidden is not brought back by counts that are no news", () => {
    const asked: string[] = [];
    const rest = ((_: string, path: string) => {
      asked.push(path);
      return new Promise(() => {});
    }) as unknown as Rest;
    const callbacks = { chat: () => {}, gone: () => {}, messages: () => {} };
    const clock = new Clock();
    const lookups = createBackgroundLookups({ now: () => clock.now, random: () => 0.5, after: clock.after } as never, rest, createBelonging(), callbacks);
    for (const [chat_id, at] of [[7, 6], [8, null]] as const) {
      const counters = (n: number, unread: number) => ({ chat_id, seq: n, n, read_n: n - unread, unread });
      lookups.hid(chat_id, at);
      lookups.counted(counters(6, 0), undefined);
      expect(asked).toEqual([]);
      lookups.counted(counters(7, 1), undefined);
      expect(asked.splice(0)).toEqual([`/api/chats/${chat_id}`]);
    }
  });

  it("that has moved on while it was being looked up is looked up again, once", async () => {
    const answers: ((seq: number) => void)[] = [];
    const told: number[] = [];
    const rest = (() => new Promise((resolve) => {
      answers.push((seq) => resolve({ ok: true, value: { id: 7, seq, n: 0 } }));
    })) as unknown as Rest;
    const callbacks = { chat: ({ seq }: { seq: number }) => told.push(seq), gone: () => {}, messages: () => {} };
    const clock = new Clock();
    const lookups = createBackgroundLookups({ now: () => clock.now, random: () => 0.5, after: clock.after } as never, rest, createBelonging(), callbacks);
    const counters = (seq: number) => ({ chat_id: 7, seq, n: 0, read_n: 0, unread: 0 });
    const settle = async () => { for (let step = 0; step < 20; step += 1) await Promise.resolve(); };
    lookups.counted(counters(1), undefined);
    // The other one of a private chat joins, and nobody has the chat in a list yet.
    lookups.counted(counters(2), undefined);
    expect(answers.length).toBe(1);
    answers[0]?.(1);
    await settle();
    expect([told, answers.length]).toEqual([[1], 2]);
    answers[1]?.(1);
    await settle();
    expect([told, answers.length]).toEqual([[1, 1], 2]);
  });

  it("that is private and without the other one is looked up soon when it moves on", () => {
    const asked: string[] = [];
    const rest = ((_: string, path: string) => {
      asked.push(path);
      return new Promise(() => {});
    }) as unknown as Rest;
    const clock = new Clock();
    const callbacks = { chat: () => {}, gone: () => {}, messages: () => {} };
    const lookups = createBackgroundLookups({ now: () => clock.now, random: () => 0.5, after: clock.after } as never, rest, createBelonging(), callbacks);
    const known = { id: 7, type: "private", peer: null, seq: 1, n: 0, mentions: 0 } as never;
    lookups.counted({ chat_id: 7, seq: 2, n: 0, read_n: 0, unread: 0 }, known);
    clock.advance(1_000);
    expect(asked).toEqual(["/api/chats/7"]);
  });
});
