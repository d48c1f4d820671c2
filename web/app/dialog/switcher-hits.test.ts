import { describe, expect, it } from "vitest";
import type { Chat, FoundMessage } from "@vestnik/client";
import { hitsFor, withMessages } from "./switcher-hits";

const person = (id: number, username: string, displayName: string | null = null) => ({ id, username, displayName });
const chat = (id: number, title: string, peer: Chat["peer"] = null): Chat => ({
  id, type: peer === null ? "group" : "private", title, peer, role: "member", muted: false, unread: 0, mentions: 0, last: null, activeAt: id, draft: "",
});
const names = (text: string, chats: Chat[], people: ReturnType<typeof person>[], isAnswered = true) =>
  hitsFor(text, chats, people, isAnswered).map((hit) => (hit.kind === "chat" ? hit.chat.title : hit.person.username));

describe("the switcher", () => {
  const lukasz = person(2, "lukasz", "Łukasz Żółć");
  const chats = [chat(1, "General"), chat(7, "Привет всем"), chat(8, lukasz.displayName ?? "", lukasz)];

  it("finds chats as people are found", () => {
    expect([names("lukasz zolc", chats, []), names("zolc", chats, [lukasz]), names("ПРИВЕТ", chats, [])]).toEqual([["Łukasz Żółć"], ["Łukasz Żółć"], ["Привет всем"]]);
  });

  it("finds what was typed on the wrong keyboard, once nobody has what was typed", () => {
    expect(names("ghbdtn", chats, [])).toEqual(["Привет всем"]);
    expect(names("ghbdtn", chats, [], false)).toEqual([]);
    expect(names("Пут", chats, [])).toEqual(["General"]);
    expect(names("ghb", chats, [person(3, "ghbert")])).toEqual(["ghbert"]);
  });

  it("puts messages behind chats and people, and only once those are known", () => {
    const found = [{ chatId: 1, message: { id: 5 } } as FoundMessage];
    const kinds = (text: string, isAnswered: boolean) => withMessages(hitsFor(text, chats, [], isAnswered), found, isAnswered).map(({ kind }) => kind);
    expect(kinds("general", true)).toEqual(["chat", "message", "all"]);
    expect(kinds("general", false)).toEqual(["chat"]);
    expect(kinds("nowhere", true)).toEqual(["message", "all"]);
    expect(withMessages([], [], true)).toEqual([]);
  });
});
