import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parseFrame } from "./frames.ts";

/** Conversations with the server that its own tests play, too. */
const TRANSCRIPTS = resolve(import.meta.dirname, "../../../tests/transcripts");
const files = existsSync(TRANSCRIPTS) ? readdirSync(TRANSCRIPTS).filter((name) => name.endsWith(".jsonl")) : [];

/** Puts something in the place of what varies. */
function filled(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(filled);
  if (typeof value === "object" && value !== null) {
    return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, filled(inner)]));
  }
  if (value === "$time") return "2026-11-22T07:52:39.721846Z";
  if (value === "$online") return [1, 2];
  if (value === "$chats") return [];
  return typeof value === "string" && /^\$(id|ms)\d*$/.test(value) ? 1043 : value;
}

describe("a frame", () => {
  it.each(files)("is understood as the server sends it: %s", (file) => {
    const lines = readFileSync(join(TRANSCRIPTS, file), "utf8").split("\n").filter(Boolean);
    const heard = lines.map((line) => (JSON.parse(line) as { recv?: unknown }).recv).filter(Boolean);
    expect(heard.length).toBeGreaterThan(0);
    for (const frame of heard) {
      const text = JSON.stringify(filled(frame));
      expect(parseFrame(text), text).toEqual(JSON.parse(text));
    }
  });

  it.each([
    `{"type":"message","chat_id":2,"seq":4,"n":2,"id":2,"user_id":1,"username":"alice","content":"hi","client_msg_id":"k1","created_at":"2026-11-22T07:52:39.721846Z"}`,
    `{"type":"message","chat_id":1,"seq":4,"n":2,"id":2,"user_id":null,"username":"anonymous","content":"hi","sequence":7,"created_at":"2026-11-22T07:52:39Z"}`,
    `{"type":"opened","chat_id":2,"seq":7,"changes":[{"type":"of tomorrow","seq":7}]}`,
    `{"type":"changes","chat_id":2,"after":4,"seq":7,"changes":[{"type":"of tomorrow","seq":7}]}`,
    `{"type":"goaway","reason":"restart","after_ms":4200}`,
    `{"type":"unread","chat_id":2,"seq":9,"n":5,"read_n":4,"unread":1}`,
  ])("is taken with what it may lack and may have beside: %s", (text) => {
    expect(parseFrame(text)).toEqual(JSON.parse(text));
  });

  it.each([
    "",
    "null",
    "[]",
    `{"type":"message"}`,
    `{"type":"of tomorrow","seq":1}`,
    `{"type":"unread","chat_id":"2","seq":9,"n":5,"read_n":4,"unread":1}`,
    `{"type":"opened","chat_id":2,"seq":7,"changes":[{"type":"message"}]}`,
    `{"type":"changes","chat_id":2,"seq":7,"changes":[]}`,
    `{"type":"ready","user_id":2,"epoch":"e","now":"soon","chats":[]}`,
    `{"type":"toString"}`,
    `{"type":"__proto__"}`,
    `{"type":["pong"]}`,
    `{"type":"Message","chat_id":2,"seq":4,"n":2,"id":2,"user_id":1,"username":"alice","content":"hi","created_at":"2026-11-22T07:52:39Z"}`,
    `{"type":"Change"}`,
    `{"type":"goaway","reason":"restart","after_ms":-1}`,
    `{"type":"goaway","reason":"restart","after_ms":1e400}`,
    `{"type":"presence","chat_id":1,"online":{"length":1,"0":7}}`,
    `{"type":"opened","chat_id":2,"seq":7,"changes":[null]}`,
    `{"type":"opened","chat_id":2,"seq":7,"changes":[[]]}`,
    `{"type":"opened","chat_id":2,"seq":7,"changes":{"0":{"type":"of tomorrow","seq":7}}}`,
    `{"type":"edited","chat_id":2,"seq":4,"n":2,"id":2,"user_id":1,"username":"a","content":"","created_at":"2026-11-22T07:52:39Z","reactions":[{"emoji":"👍"}]}`,
  ])("is none if it is not whole or not known: %s", (text) => {
    expect(parseFrame(text)).toBeNull();
  });

  it("never makes the reader fail", () => {
    fc.assert(
      fc.property(fc.json(), (text) => {
        parseFrame(text);
      }),
    );
  });
});
