import { describe, expect, it } from "vitest";
import { answerToRead, answerToSend, wanted } from "./frames-of-answers.ts";

const send = { type: "send", chat_id: 7, content: "Soup?", client_msg_id: "k" } as const;
const message = { chat_id: 7, seq: 5, n: 3, id: 11, user_id: 1, username: "a", content: "Soup?", created_at: "2026-11-22T09:06:58Z" };

describe("the answer to a message", () => {
  it("is an ack", () => {
    const ack = { type: "ack", chat_id: 7, client_msg_id: "k", id: 11, seq: 5, n: 3, created_at: message.created_at };
    expect(answerToSend(send, { status: 201, body: message })).toEqual({ ...ack, dup: false });
    expect(answerToSend(send, { status: 200, body: { ...message, dup: true } })).toEqual({ ...ack, dup: true });
  });

  it("is a refusal, or a time to try again", () => {
    const refused = answerToSend(send, { status: 403, body: { code: "read_only", error: "guests may read" } });
    expect(refused).toEqual({ type: "error", code: "read_only", error: "guests may read", retry: false, chat_id: 7, client_msg_id: "k" });
    const fast = answerToSend(send, { status: 429, body: { code: "too_fast", error: "slower", retry_after_ms: 700 } });
    expect(fast).toMatchObject({ code: "too_fast", retry: true, retry_after_ms: 700, client_msg_id: "k" });
  });

  it.each([
    ["none", null],
    ["a gateway's", { status: 502, body: undefined }],
    ["of something in between, which says that all is well", { status: 200, body: undefined }],
    ["half of one", { status: 201, body: { id: 11 } }],
  ])("is to be asked for again if it is %s", (_, answer) => {
    expect(answerToSend(send, answer)).toMatchObject({ type: "error", retry: true, client_msg_id: "k", chat_id: 7 });
  });
});

describe("the answer to a mark", () => {
  const counts = { chat_id: 7, seq: 5, n: 3, read_n: 3, unread: 0, mentions: 0 };

  it("is the counts", () => {
    expect(answerToRead({ status: 200, body: counts })).toEqual({ frame: { type: "unread", ...counts }, retryAfter: null });
  });

  it("is a time to try again, or nothing more", () => {
    expect(answerToRead(null).retryAfter).toBeGreaterThan(0);
    expect(answerToRead({ status: 502, body: undefined }).retryAfter).toBeGreaterThan(0);
    expect(answerToRead({ status: 429, body: { code: "too_fast", retry_after_ms: 40 } })).toEqual({ frame: null, retryAfter: 40 });
    expect(answerToRead({ status: 404, body: { code: "chat_not_found" } })).toEqual({ frame: null, retryAfter: null });
  });
});

describe("a place to open a chat from", () => {
  it("is one of the same history", () => {
    const open = { type: "open", chat_id: 7 } as const;
    expect(wanted({ ...open, after: 5, epoch: "e" }, "e")).toBe(5);
    expect([wanted({ ...open, after: 5, epoch: "old" }, "e"), wanted(open, "e")]).toEqual([null, null]);
  });
});
