import { describe, expect, it } from "vitest";
import type { Message } from "@vestnik/client";
import { rows } from "./rows";

const NOON = new Date(2026, 10, 20, 12).getTime();
const message = (n: number, userId: number, minutes: number, more: Partial<Message> = {}): Message => ({
  id: n, n, seq: n, userId, username: `u${userId}`, text: "x", createdAt: NOON + minutes * 60_000, editedAt: null,
  deleted: false, replyTo: null, mentions: [], mentionsAll: false, reactions: [], pinned: false, attachments: [], ...more,
});
const sketch = (list: ReturnType<typeof rows>) =>
  list.map((row) => (row.kind === "message" || row.kind === "pending" ? `${row.key}${row.first ? "^" : ""}${row.last ? "$" : ""}` : row.kind));

describe("rows", () => {
  it("group an author's messages of five minutes", () => {
    const list = rows([message(1, 1, 0), message(2, 1, 4), message(3, 2, 5), message(4, 2, 11)], [], null, 9);
    expect(sketch(list)).toEqual(["day", "m1^", "m2$", "m3^$", "m4^$"]);
  });

  it("part days, and what is new", () => {
    const list = rows([message(1, 1, 0), message(2, 1, 1), message(3, 1, 24 * 60)], [], 2, 9);
    expect(sketch(list)).toEqual(["day", "m1^$", "new", "m2^$", "day", "m3^$"]);
  });

  it("put what is on its way behind one's own", () => {
    const pending = { key: "k", text: "y", replyTo: null, createdAt: NOON + 60_000, files: [], sent: 0, state: "queued", error: null } as const;
    expect(sketch(rows([message(1, 9, 0)], [pending], null, 9))).toEqual(["day", "m1^", "pk$"]);
  });

  it("group nobody with a deleted message", () => {
    const list = rows([message(1, 1, 0), message(2, 1, 1, { deleted: true }), message(3, 1, 2)], [], null, 9);
    expect(sketch(list)).toEqual(["day", "m1^$", "m2^$", "m3^$"]);
  });
});
