import { describe, expect, it } from "vitest";
import { belongs, createBelonging, membership } from "./belonging.ts";

const place = { chat_id: 7, seq: 5, created_at: "2026-11-27T05:00:00Z" };
const member = (change: "joined" | "role" | "left", user_id = 1) => ({ ...place, type: "member" as const, change, user_id, username: "anna" });

describe("what was heard of chats that come and go", () => {
  it("is later than what was asked for before it, and earlier than what is asked for after", () => {
    const belonging = createBelonging();
    const before = belonging.now();
    belonging.heard([{ chatId: 7, isIn: false }, { chatId: 8, isIn: true }]);
    const after = belonging.now();
    expect([belonging.hasGone(7, before), belonging.hasGone(8, before), belonging.hasGone(9, before)]).toEqual([true, false, false]);
    expect(belonging.since(before)).toEqual({ come: [8], gone: [7] });
    expect(belonging.hasGone(7, after)).toBe(false);
    expect(belonging.since(after)).toEqual({ come: [], gone: [] });
  });

  it("is the last of it", () => {
    const belonging = createBelonging();
    const before = belonging.now();
    for (const isIn of [false, true, false, true]) belonging.heard([{ chatId: 7, isIn }]);
    expect([belonging.hasGone(7, before), belonging.since(before)]).toEqual([false, { come: [7], gone: [] }]);
    belonging.forget();
    expect(belonging.since(before)).toEqual({ come: [], gone: [] });
  });
});

describe("a change", () => {
  it("tells of the user's own membership, and of nobody else's", () => {
    expect(membership(member("joined"), 1)).toBe("in");
    expect(membership(member("role"), 1)).toBe("in");
    expect(membership(member("left"), 1)).toBe("left");
    expect(membership(member("left", 2), 1)).toBeNull();
    expect(membership({ ...place, type: "chat", change: "deleted" }, 1)).toBe("deleted");
    expect(membership({ ...place, type: "chat", change: "renamed", name: "Soup" }, 1)).toBeNull();
  });

  it("says whose the chat is by its last word", () => {
    const opened = (...changes: ReturnType<typeof member>[]) => belongs({ type: "opened", chat_id: 7, seq: 5, changes }, 1);
    expect(opened(member("left"), member("joined"))).toEqual([{ chatId: 7, isIn: true }]);
    expect(opened(member("joined"), member("left"))).toEqual([{ chatId: 7, isIn: false }]);
    expect(opened(member("left", 2))).toEqual([{ chatId: 7, isIn: true }]);
    expect(belongs(member("left", 2), 1)).toEqual([]);
  });
});
