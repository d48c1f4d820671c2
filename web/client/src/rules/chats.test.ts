import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { ChatBody, Counters, MessageBody } from "../protocol.ts";
import { changed, counted, listed, read, shown, stood, totals, type Listed } from "./chats.ts";
import { isNotable } from "./notice.ts";

const ME = 1;
const AT = "2026-01-02T03:04:05.000006Z";

const body = (fields: Partial<ChatBody> = {}): ChatBody => ({
  id: 7,
  type: "group",
  name: "Lunch",
  created_at: AT,
  role: "member",
  seq: 1,
  n: 0,
  read_n: 0,
  unread: 0,
  mentions: 0,
  muted: false,
  ...fields,
});

const said = (fields: Partial<MessageBody>): { type: "message" } & MessageBody => ({
  type: "message",
  chat_id: 7,
  seq: 2,
  n: 1,
  id: 10,
  user_id: 2,
  username: "bob",
  content: "hi",
  created_at: AT,
  ...fields,
});

/** What the server counts, naively: all messages, and which of them were read. */
class Counted {
  messages: { user: number; isMention: boolean }[] = [];
  readN = 0;
  seq = 1;
  get counters(): Counters {
    const news = this.messages.slice(this.readN);
    return {
      chat_id: 7,
      seq: this.seq,
      n: this.messages.length,
      read_n: this.readN,
      unread: news.length,
      mentions: news.filter((one) => one.isMention).length,
    };
  }
  say(user: number, isMention: boolean) {
    this.messages.push({ user, isMention });
    this.seq += 1;
    if (user === ME) this.readN = this.messages.length;
    return said({
      seq: this.seq,
      n: this.messages.length,
      user_id: user,
      ...(isMention ? { mentions: [ME] } : {}),
    });
  }
}

const happening = fc.record({
  what: fc.constantFrom("said", "said", "said-away", "read", "unread", "counters", "ready"),
  user: fc.integer({ min: 1, max: 3 }),
  flag: fc.boolean(),
  n: fc.nat(30),
});

describe("the list", () => {
  it("counts as the server does, whether it hears messages or counters", () => {
    fc.assert(
      fc.property(fc.array(happening, { maxLength: 80 }), (happenings) => {
        const server = new Counted();
        let chat = listed(body(), undefined);
        let isMissing = false;
        for (const { what, user, flag, n } of happenings) {
          if (what === "said") {
            const next = changed(chat, server.say(user, flag && user !== ME), ME);
            chat = next as Listed;
          } else if (what === "said-away") {
            server.say(user, flag && user !== ME);
            isMissing = true;
          } else if (what === "read") {
            // Both know; what was not heard of here is not read here.
            const upto = Math.min(n, chat.n);
            server.readN = Math.max(server.readN, upto);
            chat = read(chat, upto);
          } else if (what === "unread") {
            server.readN = Math.min(server.readN, Math.max(0, n - 1));
            chat = counted(chat, server.counters, null);
            isMissing = false;
          } else {
            const { counters } = server;
            chat = what === "ready" ? stood(chat, counters) : counted(chat, counters, 1);
            isMissing = false;
          }
          if (isMissing) continue;
          const { unread, n: head, read_n } = server.counters;
          expect([chat.unread, chat.n, chat.readN]).toEqual([unread, head, read_n]);
        }
        chat = counted(chat, server.counters, 1);
        expect(chat.mentions).toBe(server.counters.mentions);
        expect(chat.unread).toBe(server.counters.unread);
      }),
      { numRuns: 2_000 },
    );
  });

  it("sums up", () => {
    const chats = fc.array(fc.record({ unread: fc.nat(99), mentions: fc.nat(9) }));
    fc.assert(
      fc.property(chats, (all) => {
        const listing = new Map(all.map((one, id) => [id, listed(body({ id, n: one.unread, ...one }), undefined)]));
        const sums = totals(shown(listing, new Map()));
        expect(sums.unread).toBe(all.reduce((sum, one) => sum + one.unread, 0));
        expect(sums.mentions).toBe(all.reduce((sum, one) => sum + one.mentions, 0));
      }),
    );
  });

  it("keeps what was said though an older count comes late", () => {
    const server = new Counted();
    let chat = listed(body(), undefined);
    server.say(2, false);
    const old = server.counters;
    chat = changed(changed(chat, said({ n: 1 }), ME) as Listed, said({ n: 2, seq: 3, id: 20 }), ME) as Listed;
    chat = counted(chat, old, null);
    expect([chat.n, chat.unread]).toEqual([2, 2]);
    // What is being read is not shown as unread again by a count from before.
    expect(counted(read(chat, 2), old, null, 2)).toMatchObject({ readN: 2, unread: 0, mentions: 0 });
  });

  it("shows the last message, its edit and its deletion, and no older one", () => {
    let chat = listed(body(), undefined);
    const hear = (change: Parameters<typeof changed>[1]) => (chat = changed(chat, change, ME) as Listed);
    hear(said({ n: 2, content: "two" }));
    hear({ ...said({ n: 2, content: "deux", seq: 3 }), type: "edited" });
    expect(chat.last?.text).toBe("deux");
    hear({ ...said({ n: 1, content: "uno", seq: 4 }), type: "edited" });
    expect(chat.last?.text).toBe("deux");
    hear({ ...said({ n: 2, content: "", seq: 5, deleted_at: AT }), type: "deleted" });
    expect(chat.last).toMatchObject({ text: "", deleted: true });
    hear(said({ n: 3, seq: 6, content: "🙂".repeat(300) }));
    expect(Array.from(chat.last?.text ?? "")).toHaveLength(200);
  });

  it("follows names, roles and ends", () => {
    const chat = listed(body(), undefined);
    const place = { chat_id: 7, seq: 9, created_at: AT };
    const member = { type: "member" as const, ...place, username: "x" };
    expect(changed(chat, { type: "chat", ...place, change: "renamed", name: "Dinner" }, ME)?.name).toBe("Dinner");
    expect(changed(chat, { type: "chat", ...place, change: "deleted" }, ME)).toBeNull();
    expect(changed(chat, { ...member, change: "role", user_id: ME, role: "guest" }, ME)?.role).toBe("guest");
    expect(changed(chat, { ...member, change: "left", user_id: 2 }, ME)).not.toBeNull();
    expect(changed(chat, { ...member, change: "left", user_id: ME }, ME)).toBeNull();
  });

  it("calls a private chat after the other, and puts the latest first", () => {
    const peer = { id: 2, username: "bob", display_name: null };
    const last = { n: 1, user_id: 2, username: "bob", content: "hi", deleted: false };
    const listing = new Map([
      [1, listed(body({ id: 1, name: "" }), undefined)],
      [2, listed(body({ id: 2, type: "private", name: "", peer }), undefined)],
      [3, listed(body({ id: 3, last: { ...last, created_at: "2027-01-01T00:00:00Z" } }), undefined)],
    ]);
    const chats = shown(listing, new Map([[2, "well,"]]));
    expect(chats.map((chat) => [chat.id, chat.title, chat.draft])).toEqual([
      [3, "Lunch", ""],
      [2, "bob", "well,"],
      [1, "#1", ""],
    ]);
    expect(shown(listing, new Map())[0]).toBe(chats[0]);
  });

  it("takes a chat without messages for as old as it is", () => {
    const old = listed(body({ id: 1, last: { n: 1, user_id: 2, username: "bob", content: "hi", deleted: false, created_at: AT } }), undefined);
    // First without its time, as an older server or cache has it.
    const untold = body({ id: 2 });
    delete untold.created_at;
    const empty = listed(untold, undefined);
    expect(empty.activeAt).toBe(0);
    const dated = listed(body({ id: 2, created_at: "2026-01-03T00:00:00Z" }), empty);
    expect(shown(new Map([[1, old], [2, dated]]), new Map()).map(({ id }) => id)).toEqual([2, 1]);
  });

  it("tells of what concerns the user", () => {
    const chat = listed(body({ n: 5, unread: 0 }), undefined);
    const muted = { ...chat, muted: true };
    const notable = (of: Listed, fields: Partial<MessageBody>) => isNotable(of, said({ n: 6, ...fields }), ME);
    expect(notable(chat, {})).toBe(true);
    expect(notable(chat, { user_id: ME })).toBe(false);
    expect(notable(chat, { n: 5 })).toBe(false);
    expect(notable(chat, { deleted_at: AT })).toBe(false);
    expect(notable(muted, { mentions_all: true })).toBe(false);
    expect(notable(muted, { mentions: [ME] })).toBe(true);
  });
});
