import { describe, expect, it } from "vitest";
import type { Chat, Person } from "@vestnik/client";
import { choicesFor, dateAgo, type Known } from "./choices";
import { filterAt } from "./query";

const person = (id: number, username: string, displayName: string | null): Person => ({ id, username, displayName });
const chat = (id: number, title: string, peer: Person | null = null) => ({ id, type: peer === null ? "group" : "private", title, peer }) as Chat;

const known: Known = {
  people: [person(1, "anna", "Anna Berg"), person(2, "andrei", null)],
  chats: [chat(7, "Release"), chat(8, "Big Release"), chat(9, "Анна", person(3, "anna.k", "Анна"))],
  titleOf: ({ title }) => title,
  nameOf: ({ displayName, username }) => displayName ?? username,
  now: new Date(2026, 2, 1, 0, 30).getTime(),
  daysAgo: (days) => `${days} days ago`,
  meaning: (value) => `means ${value}`,
};

const offered = (text: string) => {
  const token = filterAt(text, text.length);
  return token === null ? [] : choicesFor(token, known).map(({ value, label }) => `${value} ${label}`);
};

describe("what is offered behind a filter", () => {
  it.each([
    ["from:an", ["anna Anna Berg", "andrei andrei"]],
    ["in:rel", ["Release Release", "Big Release Big Release"]],
    ["in:", ["Release Release", "Big Release Big Release", "@anna.k Анна"]],
    ["in:@ann", ["@anna.k Анна"]],
    ["before:", ["2026-03-01 0 days ago", "2026-02-28 1 days ago", "2026-02-22 7 days ago", "2026-01-30 30 days ago"]],
    ["after:2026-02", ["2026-02-28 1 days ago", "2026-02-22 7 days ago"]],
    ["has:", ["link means link", "file means file"]],
    ["is:PIN", ["pinned means pinned"]],
    ["mentions:", ["me means me"]],
    ["word", []],
  ])("fits what stands there (%s)", (text, expected) => {
    expect(offered(text)).toEqual(expected);
  });

  it("counts days by the user's calendar", () => {
    expect(dateAgo(new Date(2026, 2, 1, 23, 59).getTime(), 1)).toBe("2026-02-28");
    expect(dateAgo(new Date(2026, 0, 1).getTime(), 1)).toBe("2025-12-31");
  });
});
