import { beforeEach, describe, expect, it } from "vitest";
import type { ClientFrame } from "../protocol.ts";
import { Clock } from "../testing/clock.ts";
import { createReads, type Reads } from "./reads.ts";

let clock: Clock;
let sent: ClientFrame[];
let reads: Reads;

const error = (code: string, retry: boolean) => ({ type: "error" as const, code, error: "", retry, chat_id: 7 });
const said = () => sent.map((frame) => (frame.type === "read" ? `${frame.chat_id}:${frame.n}` : frame.type));

beforeEach(() => {
  [clock, sent] = [new Clock(), []];
  reads = createReads((frame) => sent.push(frame), { after: clock.after });
});

describe("marks of what was read", () => {
  it("go forward only, and are said again on a new connection", () => {
    reads.read(7, 3);
    reads.read(7, 2);
    reads.read(8, 1);
    reads.counted({ chat_id: 8, seq: 1, n: 1, read_n: 1, unread: 0 });
    reads.ready();
    expect(said()).toEqual(["7:3", "8:1", "7:3"]);
  });

  it("that came too fast are said again, as they are by then", () => {
    reads.read(7, 3);
    reads.failed({ ...error("too_fast", true), retry_after_ms: 500 });
    reads.read(7, 4);
    clock.advance(499);
    expect(said()).toEqual(["7:3", "7:4"]);
    clock.advance(1);
    expect(said()).toEqual(["7:3", "7:4", "7:4"]);
  });

  it("that are counted meanwhile, or refused, are not", () => {
    reads.read(7, 3);
    reads.failed(error("not_member", false));
    reads.failed(error("too_fast", true));
    reads.counted({ chat_id: 7, seq: 3, n: 3, read_n: 3, unread: 0 });
    reads.failed(error("too_fast", true));
    clock.advance(60_000);
    expect(said()).toEqual(["7:3"]);
  });
});
