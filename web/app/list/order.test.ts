import { describe, expect, it } from "vitest";
import type { Chat, Person } from "@vestnik/client";
import { hitsFor } from "../dialog/switcher-hits";
import { arranged, neighbour, saidAt } from "./order";

const chat = (id: number, unread = 0, title = `chat ${id}`, peer: Person | null = null): Chat => ({
  id, type: peer === null ? "group" : "private", title, peer, role: "member", muted: false, unread, mentions: 0, last: null, activeAt: id, draft: "",
});
const person = (id: number, username: string): Person => ({ id, username, displayName: null });
const ids = (chats: readonly Chat[]) => chats.map(({ id }) => id);

describe("the list of chats", () => {
  it("shows when the last thing was said, though the chat was made later, as one that was imported", () => {
    const last = { n: 1, userId: 2, username: "bob", text: "At noon", deleted: false };
    expect(saidAt({ last: { ...last, at: 1_000 }, activeAt: 5_000 })).toBe(1_000);
    expect(saidAt({ last, activeAt: 5_000 })).toBe(5_000);
    expect(saidAt({ last: null, activeAt: 5_000 })).toBeNull();
  });

  it("is by activity, and stands still while one is about to click", () => {
    const chats = [chat(3), chat(1), chat(2)];
    expect(arranged(chats, null)).toBe(chats);
    expect(ids(arranged([chat(9), ...chats], [1, 2, 3]))).toEqual([1, 2, 3, 9]);
    expect(ids(arranged([chat(2)], [1, 2, 3]))).toEqual([2]);
  });

  it("is walked around, or from unread to unread", () => {
    const chats = [chat(1), chat(2, 1), chat(3), chat(4, 1)];
    expect(neighbour(chats, 4, 1, false)?.id).toBe(1);
    expect(neighbour(chats, 1, -1, false)?.id).toBe(4);
    expect(neighbour(chats, null, 1, false)?.id).toBe(1);
    expect(neighbour(chats, null, -1, false)?.id).toBe(4);
    expect(neighbour(chats, 2, 1, true)?.id).toBe(4);
    expect(neighbour(chats, 4, 1, true)?.id).toBe(2);
    expect(neighbour([chat(1, 3)], 1, 1, true)).toBeNull();
    expect(neighbour([], 1, 1, false)).toBeNull();
  });
});

describe("the switcher", () => {
  it("finds chats by title and people without one", () => {
    const chats = [chat(1, 0, "Release"), chat(2, 0, "Anna", person(7, "anna")), chat(3, 0, "Prerelease")];
    const found = (text: string, people: Person[]) =>
      hitsFor(text, chats, people, true).map((hit) => (hit.kind === "chat" ? hit.chat.title : `@${hit.person.username}`));
    expect(found("rel", [])).toEqual(["Release", "Prerelease"]);
    expect(found("ann", [person(7, "anna"), person(8, "hannah")])).toEqual(["Anna", "@hannah"]);
    expect(found("", [person(8, "hannah")])).toEqual(["Release", "Anna", "Prerelease"]);
  });
});
