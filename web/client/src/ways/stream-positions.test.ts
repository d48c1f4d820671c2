import { beforeEach, describe, expect, it } from "vitest";
import type { Change, OpenedFrame } from "../protocol.ts";
import { createOpens, MOST_OPEN, type Opens } from "./stream-positions.ts";

const change = (chat_id: number, seq: number): Change => ({ type: "chat", chat_id, seq, change: "renamed", name: "x", created_at: "" });
const message = (chat_id: number, seq: number): Change => ({
  type: "message", chat_id, seq, n: seq, id: seq, user_id: 1, username: "ada", content: "x", created_at: "",
});
const opened = (chat_id: number, seqs: number[], more: Partial<OpenedFrame> = {}): OpenedFrame => ({
  type: "opened", chat_id, seq: seqs.at(-1) ?? 0, changes: seqs.map((seq) => change(chat_id, seq)), ...more,
});
const query = (opens: Opens, epoch: string | null) => Object.fromEntries(new URLSearchParams(opens.path(epoch).split("?")[1] ?? ""));

let opens: Opens;

beforeEach(() => {
  opens = createOpens();
});

describe("what a stream has open", () => {
  it("is General alone at first, from now on", () => {
    expect(opens.path(null)).toBe("/api/events");
    opens.begins(40);
    opens.begins(12);
    expect(query(opens, "e")).toEqual({ last_event_id: "e;1:40" });
  });

  it("is asked for from where it stands, and what was never seen from its end", () => {
    opens.begins(40);
    opens.open(7, 2_950);
    opens.open(8, null);
    expect(query(opens, "e")).toEqual({ open: "7,8", last_event_id: "e;1:40,7:2950" });
    opens.opened(opened(7, [2_950]));
    opens.opened(opened(8, [3], { reset: true }));
    opens.live(change(7, 2_951));
    expect(query(opens, "e")).toEqual({ open: "7,8", last_event_id: "e;1:40,7:2951,8:3" });
    expect([opens.close(7), opens.close(7)]).toEqual([true, false]);
    expect(query(opens, "e")).toEqual({ open: "8", last_event_id: "e;1:40,8:3" });
  });

  it("keeps to General's place when that is closed, and opens it from another when asked", () => {
    opens.begins(40);
    opens.open(1, 30);
    expect(opens.opened(opened(1, [39]))).toEqual([]);
    expect(query(opens, "e")).toEqual({ last_event_id: "e;1:30" });
    opens.opened(opened(1, [38, 41]));
    opens.close(1);
    expect(query(opens, "e")).toEqual({ last_event_id: "e;1:41" });
  });

  it("has a bound", () => {
    const all = Array.from({ length: MOST_OPEN + 1 }, (_, place) => opens.open(place + 2, 0));
    expect(all).toEqual([...Array<boolean>(MOST_OPEN).fill(true), false]);
    expect([opens.open(2, 5), opens.open(1, 5)]).toEqual([true, true]);
    opens.close(2);
    expect(opens.open(99, 0)).toBe(true);
  });
});

describe("what a stream tells", () => {
  it("is each change once", () => {
    opens.begins(40);
    expect([40, 41, 41, 42].map((seq) => opens.live(change(1, seq)))).toEqual([false, true, false, true]);
  });

  it("takes nothing from the answer to who asked while that is on its way", () => {
    opens.begins(40);
    opens.open(1, 30);
    // The stream before still tells what goes on; a message would be told a second time by the answer.
    expect(opens.live(change(1, 41))).toBe(true);
    expect(opens.live(message(1, 42))).toBe(false);
    expect(query(opens, "e")).toEqual({ last_event_id: "e;1:30" });
    const [first, last] = [opened(1, [31, 32], { more: true }), opened(1, [33, 42])];
    expect([opens.opened(first), opens.opened(last)]).toEqual([first, last]);
    expect([42, 43].map((seq) => opens.live(message(1, seq)))).toEqual([false, true]);
    expect(query(opens, "e")).toEqual({ last_event_id: "e;1:43" });
  });

  it("keeps to the end what is asked for from its newest messages", () => {
    opens.open(7, null);
    opens.live(change(7, 5));
    expect(query(opens, "e")).toEqual({ open: "7", last_event_id: "e;" });
  });

  it("is an answer to who asked, in all its steps", () => {
    opens.open(7, 10);
    opens.path("e");
    const steps = [opened(7, [11, 12], { more: true }), opened(7, [15])];
    for (const step of steps) expect(opens.opened(step)).toBe(step);
    // Asked for anew with others, it is no answer any more: what is new in it comes as if it were live.
    expect(opens.opened(opened(7, [16, 17]))).toEqual([change(7, 16), change(7, 17)]);
    expect(opens.opened(opened(7, [], { seq: 17 }))).toEqual([]);
    const leavesOut = opened(7, [19, 20]);
    expect(opens.opened(leavesOut)).toBe(leavesOut);
  });

  it("is of General what is new", () => {
    opens.begins(40);
    expect(opens.opened(opened(1, [41]))).toEqual([change(1, 41)]);
    expect(opens.opened(opened(1, [50], { reset: true }))).toEqual([]);
  });
});
