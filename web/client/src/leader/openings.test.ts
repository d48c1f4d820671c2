import { beforeEach, describe, expect, it } from "vitest";
import type { ClientFrame, OpenedFrame } from "../protocol.ts";
import { Clock } from "../testing/clock.ts";
import { createOpenings, type Openings } from "./openings.ts";

let clock: Clock;
let sent: ClientFrame[];
let openings: Openings;

const opened = (seq: number, more = false): OpenedFrame => ({
  type: "opened",
  chat_id: 7,
  seq,
  changes: [],
  ...(more ? { more } : {}),
});
const asked = () => sent.map((frame) => (frame.type === "open" ? (frame.after ?? "afresh") : frame.type));
const error = (code: string, retry: boolean) => ({ type: "error" as const, code, error: "", retry, chat_id: 7 });

beforeEach(() => {
  [clock, sent] = [new Clock(), []];
  openings = createOpenings((frame) => sent.push(frame), { now: () => clock.now, after: clock.after });
});

describe("opening", () => {
  it("tells where each step begins, and who asked", () => {
    openings.open("a", 7, 10, "e");
    expect(openings.opened(opened(15, true))).toEqual({ from: 10, tabs: ["a"] });
    expect(openings.opened(opened(20))).toEqual({ from: 15, tabs: ["a"] });
    openings.live(7, 21);
    openings.live(7, 22);
    expect(openings.opened(opened(30))).toEqual({ from: 22, tabs: [] });
  });

  it("goes on over what another process has stored, and ends with a membership", () => {
    const stored = (after: number, seq: number) => ({ type: "changes" as const, chat_id: 7, after, seq, changes: [] });
    openings.open("a", 7, 10, "e");
    openings.opened(opened(20));
    openings.stored(stored(20, 25), true);
    expect(openings.opened(opened(30))).toEqual({ from: 25, tabs: [] });
    expect(openings.isOpen(7)).toBe(true);
    openings.stored(stored(30, 31), false);
    expect(openings.isOpen(7)).toBe(false);
  });

  it("asks once at a time, for those that wait together", () => {
    openings.open("a", 7, 10, "e");
    openings.open("b", 7, 5, "e");
    openings.open("c", 7, 3, "e");
    openings.open("d", 7, null, "e");
    expect(asked()).toEqual([10]);
    openings.opened(opened(20));
    expect(asked()).toEqual([10, 3]);
    expect(openings.opened(opened(20))).toEqual({ from: 3, tabs: ["b", "c"] });
    expect(asked()).toEqual([10, 3, "afresh"]);
    expect(openings.opened({ ...opened(20), reset: true }).tabs).toEqual(["d"]);
  });

  it("closes a chat when the last tab has left it", () => {
    openings.open("a", 7, 10, "e");
    openings.opened(opened(20));
    openings.open("b", 7, 20, "e");
    openings.opened(opened(20));
    openings.close("a", 7);
    expect(openings.isOpen(7)).toBe(true);
    openings.gone("b");
    expect([openings.isOpen(7), asked()]).toEqual([false, [10, 20, "close"]]);
  });

  it("waits for an answer that is on its way before it closes, or asks again", () => {
    openings.open("a", 7, null, "e");
    openings.close("a", 7);
    openings.open("a", 7, 5, "e");
    expect(asked()).toEqual(["afresh"]);
    openings.opened({ ...opened(20), reset: true });
    expect(asked()).toEqual(["afresh", 5]);
    openings.close("a", 7);
    openings.opened(opened(20));
    expect(asked()).toEqual(["afresh", 5, "close"]);
  });

  it("tries again what was busy, and tells of what is refused", () => {
    openings.open("a", 7, 10, "e");
    expect(openings.failed({ ...error("busy", true), retry_after_ms: 300 })).toEqual([]);
    clock.advance(300);
    expect(asked()).toEqual([10, 10]);
    expect(openings.failed({ ...error("not_member", false), client_msg_id: "k" })).toBeNull();
    expect(openings.failed(error("not_member", false))).toEqual(["a"]);
    expect(openings.failed(error("not_member", false))).toBeNull();
  });

  it("notices when it is not answered", () => {
    openings.open("a", 7, 10, "e");
    clock.advance(20_000);
    expect(openings.isStuck(7, 20_000)).toBe(true);
    openings.opened(opened(20, true));
    expect(openings.isStuck(7, 20_000)).toBe(false);
  });

  it("has a chat open no more for those who waited for it when it is given up", () => {
    openings.open("a", 7, 10, "e");
    openings.open("b", 7, 5, "e");
    openings.open("c", 7, null, "e");
    clock.advance(20_000);
    expect(openings.givenUp(7)).toEqual(["a", "b", "c"]);
    expect([openings.isOpen(7), openings.isStuck(7, 20_000)]).toEqual([false, false]);
    expect(openings.givenUp(7)).toEqual([]);
    // Late answers are nobody's.
    expect(openings.opened(opened(20)).tabs).toEqual([]);
    expect(asked()).toEqual([10]);
    openings.open("a", 7, 12, "e");
    expect([openings.isOpen(7), asked()]).toEqual([true, [10, 12]]);
  });

  it("leaves a chat open for those who had it open before another was given up", () => {
    openings.open("a", 7, 10, "e");
    openings.opened(opened(20));
    openings.open("b", 7, 5, "e");
    expect(openings.givenUp(7)).toEqual(["b"]);
    expect(openings.isOpen(7)).toBe(true);
    openings.gone("a");
    expect([openings.isOpen(7), asked()]).toEqual([false, [10, 5, "close"]]);
  });
});
