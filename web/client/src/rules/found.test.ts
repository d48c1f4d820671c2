import { describe, expect, it } from "vitest";
import type { MessageBody } from "../protocol.ts";
import { ordered, pathOf, toFound } from "./found.ts";

const body = (content: string): MessageBody => ({
  chat_id: 7, seq: 4, n: 3, id: 31, user_id: 2, username: "anna", content, created_at: "2026-11-20T10:00:00Z",
});

describe("a search", () => {
  it("is asked for as it was typed, from the page that is wanted", () => {
    expect(pathOf({ text: 'из: "a&b" 100%' })).toBe("/api/search?q=%D0%B8%D0%B7%3A%20%22a%26b%22%20100%25&sort=newest&limit=20");
    expect(pathOf({ text: "a", sort: "best", after: "x=1&", limit: 5 })).toBe("/api/search?q=a&sort=best&limit=5&after=x%3D1%26");
    expect(pathOf({ text: "a", chat: 7 })).toContain("?q=a%20in%3A7&");
    expect(pathOf({ text: "half \ud83d" })).toContain("half%20%EF%BF%BD");
  });

  it("answers messages with what was looked for in them, and what stands around them", () => {
    const found = toFound({ results: [{ chat_id: 7, message: body("о релизе"), marks: [[2, 8]], before: body("раньше") }], next: "c1" });
    expect(found.next).toBe("c1");
    expect(found.results).toMatchObject([{ chatId: 7, message: { n: 3, text: "о релизе" }, marks: [[2, 8]], before: { text: "раньше" }, after: null }]);
    expect(toFound({ results: [] })).toEqual({ results: [], next: null, isIndexing: false });
    expect(toFound({ results: [], indexing: true }).isIndexing).toBe(true);
  });
});

describe("marks", () => {
  it("are in order, apart and within the text, whatever the answer says", () => {
    expect(ordered([[4, 6], [0, 2]], 10)).toEqual([[0, 2], [4, 6]]);
    expect(ordered([[0, 3], [2, 5], [5, 6], [3, 4]], 10)).toEqual([[0, 6]]);
    expect(ordered([[8, 20], [-3, 1], [5, 5], [7, 6]], 10)).toEqual([[0, 1], [8, 10]]);
    expect(ordered([[20, 30]], 10)).toEqual([]);
  });
});
