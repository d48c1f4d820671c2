/** Numbers of a server that is wrong, or of something that answers in its place: none becomes a wait without an end, or a storm. */
import fc from "fast-check";
import { signal } from "@preact/signals-core";
import { describe, expect, it } from "vitest";
import type { Answer, Environment, SocketCallbacks } from "./environment.ts";
import { createConnection } from "./connection.ts";
import { parseFrame } from "./frames.ts";
import { createOpenings } from "./leader/openings.ts";
import { createReads } from "./leader/reads.ts";
import { createSender } from "./leader/sender.ts";
import type { ClientFrame, ErrorFrame } from "./protocol.ts";
import { pages, resultOf, type Rest } from "./rest.ts";
import type { Core } from "./core.ts";
import { EMPTY, replayed } from "./rules/log.ts";
import { LONGEST_TIMER, LONGEST_WAIT, waitIn, waitOf } from "./rules/server-waits.ts";
import { written } from "./rules/outbox.ts";
import { integer, shape } from "./value-checks.ts";
import { Clock } from "./testing/clock.ts";
import { createPaging } from "./view/paging.ts";
import { answerToRead, answerToSend } from "./ways/frames-of-answers.ts";
import { connectByEvents } from "./ways/events.ts";

/** Some that JSON can say: `1e999` is read as infinity. */
const WRONG = ["0", "0.3", "2147483648", "9007199254740991", "1e300", "1e999", "-1"];
const DAY = 86_400_000;
const READY = `{"type":"ready","user_id":1,"epoch":"e","now":"2026-11-22T09:06:58Z","chats":[]}`;

/** Whatever says that it is too much now, as often as it is asked: how often is that in a second, and does it come in a day? */
interface Asked {
  clock: Clock;
  count(): number;
}

/** The frame that says it, if it is one at all. */
const busy = (after: string, more: object): ErrorFrame | null =>
  parseFrame(JSON.stringify({ type: "error", code: "busy", error: "", retry: true, ...more, retry_after_ms: 0 }).replace(/0}$/, `${after}}`)) as ErrorFrame | null;

function openings(after: string): Asked {
  const [clock, sent] = [new Clock(), [] as ClientFrame[]];
  const frame = busy(after, { chat_id: 7 });
  const made = createOpenings((one) => {
    sent.push(one);
    clock.after(1, () => frame && made.failed(frame));
  }, { now: () => clock.now, after: clock.after });
  made.open("a", 7, 1, "e");
  return { clock, count: () => sent.length };
}

function reads(after: string): Asked {
  const [clock, sent] = [new Clock(), [] as ClientFrame[]];
  const frame = busy(after, { chat_id: 7 });
  const made = createReads((one) => {
    sent.push(one);
    clock.after(1, () => frame && made.failed(frame));
  }, { after: clock.after });
  made.read(7, 3);
  return { clock, count: () => sent.length };
}

function sender(after: string): Asked {
  const [clock, sent] = [new Clock(), [] as ClientFrame[]];
  const frame = busy(after, { chat_id: 7, client_msg_id: "k" });
  const made = createSender({ now: () => clock.now, after: clock.after } as Environment, {
    begin: () => new Promise<never>(() => {}), begun: () => {}, upload: () => new Promise<never>(() => {}), forgetFiles: () => {},
    changed: () => {}, keep: () => {}, forget: () => {}, doubtful: () => {}, overdue: () => {},
    send(one) {
      sent.push(one);
      clock.after(1, () => frame && made.failed(frame));
    },
  });
  made.ready();
  made.add(written({ key: "k", chatId: 7, text: "x", replyTo: null, createdAt: 0 }));
  return { clock, count: () => sent.length };
}

function connection(after: string): Asked {
  const clock = new Clock();
  let sockets: SocketCallbacks[] = [];
  const connect = (callbacks: SocketCallbacks) => {
    sockets = [...sockets, callbacks];
    clock.after(1, () => {
      callbacks.opened();
      callbacks.text(READY);
      callbacks.text(`{"type":"goaway","reason":"restart","after_ms":${after}}`);
      callbacks.closed(1012);
    });
    return { send: () => {}, close: () => {} };
  };
  const environment = { now: () => clock.now, random: () => 0.5, after: clock.after, connect, stream: () => ({ close: () => {} }) };
  const callbacks = { frame: () => {}, changed: () => {}, lost: () => {}, turnedAway: () => {}, signedOut: () => {} };
  createConnection(environment as unknown as Environment, callbacks).start();
  return { clock, count: () => sockets.length };
}

describe.each(Object.entries({ openings, reads, sender, connection }))("%s", (_, begin) => {
  it.each(WRONG)("neither wait for ever nor storm when the server says %s ms", (after) => {
    const { clock, count } = begin(after);
    clock.advance(1_000);
    expect(count()).toBeLessThanOrEqual(25);
    // What has no such number is no frame, and none is answered then.
    if (!busy(after, {})) return;
    const before = count();
    clock.advance(LONGEST_WAIT + 1_000);
    expect(count()).toBeGreaterThan(before);
  });
});

describe("answers in requests", () => {
  const refused = (after: string): Answer => ({ status: 429, body: JSON.parse(`{"code":"too_fast","error":"slower","retry_after_ms":${after}}`) });

  it.each(WRONG)("have a time that can be waited for and shown, of %s ms", (after) => {
    const result = resultOf(refused(after), shape({ id: integer }));
    const wait = result.ok ? null : result.retryAfter;
    expect(wait === undefined || (Number.isSafeInteger(wait) && (wait ?? 0) <= LONGEST_TIMER)).toBe(true);
    const { retryAfter } = answerToRead(refused(after));
    expect(retryAfter === null || Number.isSafeInteger(retryAfter)).toBe(true);
    const frame = answerToSend({ type: "send", chat_id: 7, content: "x", client_msg_id: "k" }, refused(after));
    // It goes on as a text, as one of a socket does.
    expect(parseFrame(JSON.stringify(frame))).toEqual(frame);
  });

  it.each(WRONG)("make no storm of marks, of %s ms", async (after) => {
    const clock = new Clock();
    let count = 0;
    const request = () => Promise.resolve((count += 1, refused(after)));
    const environment = { now: () => clock.now, after: clock.after, request, stream: () => ({ close: () => {} }) };
    const socket = connectByEvents(environment as unknown as Environment, { opened: () => {}, text: () => {}, closed: () => {} });
    socket.send(JSON.stringify({ type: "read", chat_id: 7, n: 3 }));
    for (let step = 0; step < 1_000; step += 1) {
      clock.advance(1);
      for (let turn = 0; turn < 4; turn += 1) await Promise.resolve();
    }
    expect(count).toBeLessThanOrEqual(25);
    socket.close();
  });

  it("are not asked for page after page where there is nothing on them", async () => {
    let count = 0;
    const rest = (() => Promise.resolve({ ok: (count += 1) < 50, value: { tokens: [], next: count } })) as unknown as Rest;
    expect([await pages(rest, "/api/tokens", "tokens", integer, 100), count]).toEqual([{ ok: true, value: [] }, 1]);
  });
});

describe("a message that is looked up", () => {
  const message = { chat_id: 7, seq: 1, n: 1, id: 11, user_id: 1, username: "a", content: "x", created_at: "2026-11-22T09:06:58Z" };

  it("is not asked for again and again where the answer is another one", async () => {
    const edited = { ...message, type: "edited" as const, edited_at: message.created_at };
    const log = signal(replayed(EMPTY, { seq: 1, changes: [edited], reset: true }, 0)[0]);
    let count = 0;
    const rest = () => Promise.resolve((count += 1) < 50 ? { ok: true, value: { ...message, id: 12 } } : { ok: false });
    const core = { state: { log: () => log }, rest } as unknown as Core;
    const paging = createPaging(core, 7, { loading: signal(null), isShown: () => true, checked: () => Promise.resolve() });
    await paging.complete();
    for (let turn = 0; turn < 200; turn += 1) await Promise.resolve();
    expect([log.value.rows.map(({ id, isBare }) => [id, isBare]), count]).toEqual([[[11, true]], 1]);
  });
});

describe("a wait", () => {
  it("is within bounds, whatever it is made of", () => {
    const any = fc.oneof(fc.double(), fc.integer(), fc.constantFrom(undefined, null, NaN, Infinity, -Infinity, DAY, -0));
    fc.assert(
      fc.property(any, (asked) => {
        const wait = waitOf(asked, 1_000);
        expect(wait >= 50 && wait <= LONGEST_WAIT && Number.isSafeInteger(wait)).toBe(true);
        if (Number.isSafeInteger(asked) && (asked ?? 0) >= 50 && (asked ?? 0) <= LONGEST_WAIT) expect(wait).toBe(asked);
      }),
    );
    expect([waitOf(undefined, 2_000), waitOf(-1, 2_000), waitOf(NaN, 2_000)]).toEqual([2_000, 2_000, 2_000]);
  });

  it("is none where a body names none", () => {
    expect([undefined, null, "5", -1, NaN, {}].map(waitIn)).toEqual([null, null, null, null, null, null]);
    expect([waitIn(0), waitIn(0.5), waitIn(Infinity)]).toEqual([0, 1, LONGEST_TIMER]);
  });
});
