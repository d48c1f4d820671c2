import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Result } from "../api.ts";
import type { Environment } from "../environment.ts";
import type { ChatBody, ClientFrame } from "../protocol.ts";
import { written, type Item } from "../rules/outbox.ts";
import { Clock } from "../testing/clock.ts";
import { createSender, type Sender } from "./sender.ts";

type Send = Extract<ClientFrame, { type: "send" }>;
type Reply = { kind: "ack" | "message" | "busy" | "unknown" | "refused" | "too-fast"; key: string; seq: number };

const KINDS = [
  "write", "write", "write", "write-bad",
  "store", "store", "store", "message-only", "busy", "store-unknown", "too-fast",
  "hear", "hear", "hear", "hear",
  "cut", "connect", "connect", "wait", "restart", "retry", "discard",
] as const;
const happening = fc.record({ what: fc.constantFrom(...KINDS), a: fc.nat(1_000) });

/** With whom no chat begins here. */
const NOBODY = { begin: () => new Promise<never>(() => {}), begun: () => {}, upload: async () => ({ ok: true, value: undefined }) as const, forgetFiles: () => {} };

/** A server that knows keys, a connection that may end anywhere, and a disk. */
class Run {
  clock = new Clock();
  disk = new Map<string, Item>();
  stored: Send[] = [];
  texts: string[] = [];
  dropped = new Set<string>();
  /** Those that the server left without an answer too often. */
  unanswered = new Set<string>();
  private toServer: Send[] = [];
  private toClient: Reply[] = [];
  private isConnected = false;
  sender: Sender = this.start();

  private start(): Sender {
    const environment = { now: () => this.clock.now, after: this.clock.after } as Environment;
    return createSender(environment, {
      ...NOBODY,
      send: (frame) => {
        if (this.isConnected && frame.type === "send") this.toServer.push(frame);
      },
      changed: (items) => items.forEach(({ key, error }) => error?.code === "no_answer" && this.unanswered.add(key)),
      keep: (item) => this.disk.set(item.key, item),
      forget: (key) => this.disk.delete(key),
      doubtful: () => {},
      overdue: () => this.cut(),
    });
  }

  do(what: (typeof KINDS)[number], a: number) {
    switch (what) {
      case "write":
        return this.write(a, `text ${this.texts.length}`);
      case "write-bad":
        return this.write(a, `bad ${this.texts.length}`);
      case "store":
        return this.serve("ack");
      case "message-only":
        return this.serve("message");
      case "store-unknown":
        return this.serve("unknown");
      case "busy":
      case "too-fast":
        return this.serve(what);
      case "hear":
        return this.hear();
      case "cut":
        return this.cut();
      case "connect":
        return this.connect();
      case "wait":
        return this.clock.advance(a * 10);
      case "restart":
        return this.restart();
      case "retry":
        return this.sender.items().filter((item) => item.state === "failed").forEach((item) => this.sender.retry(item.key));
      case "discard": {
        const item = this.sender.items()[a % Math.max(1, this.sender.items().length)];
        if (item?.state !== "failed") return;
        this.sender.discard(item.key);
        this.dropped.add(item.key);
      }
    }
  }

  private write(a: number, text: string) {
    const key = `k${this.texts.length}`;
    this.texts.push(text);
    const item = written({ key, chatId: a % 2, text, replyTo: null, createdAt: this.clock.now });
    this.disk.set(key, item);
    this.sender.add(item);
  }

  /** The server takes the next frame. */
  private serve(how: Reply["kind"]) {
    const frame = this.toServer.shift();
    if (!frame) return;
    const { client_msg_id: key } = frame;
    const known = this.stored.findIndex((send) => send.client_msg_id === key);
    // Too fast is said before the frame is looked at; a known key has its first answer.
    if (how === "too-fast" || how === "busy") return void this.toClient.push({ kind: how, key, seq: 0 });
    if (frame.content.startsWith("bad")) return void this.toClient.push({ kind: "refused", key, seq: 0 });
    if (known < 0) this.stored.push(frame);
    this.toClient.push({ kind: known < 0 ? how : "ack", key, seq: 1 });
    // Behind the message comes the ack, unless the connection ends between them.
    if (how === "message") this.toClient.push({ kind: "ack", key, seq: 1 });
  }

  private hear() {
    const reply = this.toClient.shift();
    if (!reply) return;
    const { kind, key, seq } = reply;
    const problem = { type: "error" as const, error: kind, client_msg_id: key };
    if (kind === "ack") this.sender.acked({ type: "ack", chat_id: 1, client_msg_id: key, seq, dup: false });
    else if (kind === "message") this.sender.seen(key);
    else if (kind === "busy") this.sender.failed({ ...problem, code: "busy", retry: true, retry_after_ms: 300 });
    else if (kind === "unknown") this.sender.failed({ ...problem, code: "outcome_unknown", retry: true });
    else if (kind === "refused") this.sender.failed({ ...problem, code: "not_member", retry: false });
    else this.sender.failed({ type: "error", error: "", code: "too_fast", retry: true, retry_after_ms: 50 });
  }

  cut() {
    if (!this.isConnected) return;
    this.isConnected = false;
    // What is under way to the server may still arrive there; its answers do not.
    if (this.clock.now % 2 === 0) while (this.toServer.length > 0) this.serve("ack");
    this.toServer = [];
    this.toClient = [];
    this.sender.lost();
  }

  connect() {
    if (this.isConnected) return;
    this.isConnected = true;
    this.sender.ready();
  }

  restart() {
    this.cut();
    this.sender.stop();
    this.sender = this.start();
    this.sender.restore([...this.disk.values()].sort((a, b) => Number(a.key.slice(1)) - Number(b.key.slice(1))));
  }

  settle() {
    for (let turn = 0; turn < 1_000; turn += 1) {
      this.connect();
      this.serve("ack");
      this.hear();
      this.clock.advance(100);
      for (const { key, error } of this.sender.items()) if (error?.code === "no_answer") this.sender.retry(key);
      if (this.sender.items().every((item) => item.state === "failed")) return;
    }
  }
}

describe("the sender", () => {
  it("stores each message once, in order, and loses none, whatever happens", () => {
    fc.assert(
      fc.property(fc.array(happening, { maxLength: 150 }), (happenings) => {
        const run = new Run();
        const isSomewhere = (_: string, n: number) => {
          const key = `k${n}`;
          const has = (all: readonly { key: string }[]) => all.some((one) => one.key === key);
          return run.dropped.has(key) || has(run.sender.items()) || run.stored.some((send) => send.client_msg_id === key);
        };
        for (const { what, a } of happenings) {
          run.do(what, a);
          expect(run.texts.every(isSomewhere)).toBe(true);
        }
        run.settle();
        const good = run.texts.filter((text) => text.startsWith("text"));
        expect([...run.stored.map((send) => send.content)].sort()).toEqual([...good].sort());
        for (const chat of [0, 1]) {
          const said = run.stored.filter((send) => send.chat_id === chat && !run.unanswered.has(send.client_msg_id)).map((send) => Number(send.content.slice(5)));
          expect(said).toEqual([...said].sort((a, b) => a - b));
        }
        const left = run.sender.items();
        expect(left.every((item) => item.state === "failed" && item.text.startsWith("bad"))).toBe(true);
        expect([...run.disk.keys()].sort()).toEqual(left.map((item) => item.key).sort());
      }),
      { numRuns: 3_000 },
    );
  });

  it("refuses at once what the server would not even answer", () => {
    const state = (text: string) => {
      const { state, error } = written({ key: "k", chatId: 1, text, replyTo: null, createdAt: 0 });
      return `${state} ${error?.code ?? ""}`;
    };
    expect(state("x".repeat(16_384))).toBe("queued ");
    expect(state("я".repeat(8_193))).toBe("failed message_too_long");
    expect(state("\u0001".repeat(16_000))).toBe("failed message_too_long");
    expect(state("")).toBe("failed message_empty");
    expect(state("a\0b")).toBe("failed message_invalid");
  });

  it("lets one message that is never answered hold up neither its chat nor the others, and no answer come too late", () => {
    const clock = new Clock();
    const sent: string[] = [];
    let drops = 0;
    const sender = createSender({ now: () => clock.now, after: clock.after } as Environment, {
      ...NOBODY,
      send: (frame) => {
        if (frame.type !== "send") return;
        sent.push(frame.client_msg_id);
        const ack = () => sender.acked({ type: "ack", chat_id: 1, client_msg_id: frame.client_msg_id, seq: 1, dup: false });
        if (frame.client_msg_id !== "bad") clock.after(10, ack);
      },
      changed: () => {},
      keep: () => {},
      forget: () => {},
      doubtful: () => {},
      overdue: () => {
        drops += 1;
        sender.lost();
        clock.after(500, sender.ready);
      },
    });
    const add = (key: string) => sender.add(written({ key, chatId: 1, text: key, replyTo: null, createdAt: 0 }));
    sender.ready();
    add("bad");
    add("good");
    for (let second = 0; second < 90; second += 1) clock.advance(1_000);
    expect(sender.items()).toMatchObject([{ key: "bad", state: "failed", error: { code: "no_answer" } }]);
    expect(sent).toEqual(["bad", "bad", "bad", "good"]);
    expect(drops).toBe(2);
    add("later");
    clock.advance(100);
    expect(sender.items().map(({ key }) => key)).toEqual(["bad"]);
    // It had been stored after all.
    sender.seen("bad");
    expect(sender.items()).toEqual([]);
  });

  it("takes requests without an answer for that too, once they have been so for a while", () => {
    const clock = new Clock();
    const sender = createSender({ now: () => clock.now, after: clock.after } as Environment, {
      ...NOBODY,
      send: (frame) => {
        const key = frame.type === "send" ? frame.client_msg_id : "";
        const error = { type: "error", code: "no_answer", error: "", retry: true, retry_after_ms: 2_000, client_msg_id: key } as const;
        clock.after(10, () => sender.failed(error));
      },
      changed: () => {}, keep: () => {}, forget: () => {}, doubtful: () => {}, overdue: () => {},
    });
    sender.ready();
    sender.add(written({ key: "bad", chatId: 1, text: "x", replyTo: null, createdAt: 0 }));
    clock.advance(25_000);
    expect(sender.items()[0]?.state).not.toBe("failed");
    clock.advance(10_000);
    expect(sender.items()[0]).toMatchObject({ state: "failed", error: { code: "no_answer" } });
  });

  it.each([-86_400_000, 86_400_000])("waits no longer for what comes too fast when the clock is set by %i ms", (jump) => {
    const run = new Run();
    run.connect();
    run.do("write", 1);
    run.do("busy", 1);
    run.do("hear", 1);
    run.clock.set(jump);
    run.clock.advance(1_000);
    expect(run.sender.items()[0]?.state).toBe("sending");
  });

  it("sends, shows and keeps nothing that is half an emoji", () => {
    expect(written({ key: "k", chatId: 1, text: "cut \ud83d", replyTo: null, createdAt: 0 }).text).toBe("cut \ufffd");
    expect(written({ key: "k", chatId: 1, text: "\ude00 whole 😀", replyTo: null, createdAt: 0 }).text).toBe("\ufffd whole 😀");
  });

  it("gives a connection up that does not answer", () => {
    const run = new Run();
    run.connect();
    run.do("write", 1);
    expect(run.sender.items()[0]?.state).toBe("sending");
    run.clock.advance(30_000);
    expect(run.sender.items()[0]?.state).toBe("queued");
  });

  it("begins a private chat with what is said first in it, asks again, and says it once", async () => {
    const clock = new Clock();
    const [sent, kept, begun] = [[] as string[], new Map<string, number>(), [] as number[]];
    const answers: Result<ChatBody>[] = [
      { ok: false, code: "no_answer", error: "" },
      { ok: true, value: { id: 17, type: "private", name: "", seq: 2, n: 0 } },
      { ok: false, code: "user_not_found", error: "gone" },
    ];
    const asked: number[] = [];
    const sender = createSender({ now: () => clock.now, after: clock.after } as Environment, {
      begin: async (userId) => {
        asked.push(userId);
        return answers.shift() as Result<ChatBody>;
      },
      begun: ({ id }) => begun.push(id),
      send: (frame) => frame.type === "send" && sent.push(`${frame.chat_id} ${frame.client_msg_id} ${frame.content}`),
      upload: async () => ({ ok: true, value: undefined }), forgetFiles: () => {},
      changed: () => {}, keep: (item) => kept.set(item.key, item.chatId), forget: () => {}, doubtful: () => {}, overdue: () => {},
    });
    const say = (key: string, chatId: number) => sender.add(written({ key, chatId, text: `text ${key}`, replyTo: null, createdAt: 0 }));
    const settle = async () => {
      for (let turn = 0; turn < 5; turn += 1) await Promise.resolve();
    };
    say("a", -5);
    say("b", -5);
    expect(asked).toEqual([]);
    sender.ready();
    await settle();
    expect([asked, sent]).toEqual([[5], []]);
    clock.advance(10_000);
    await settle();
    expect([asked, begun, [...kept]]).toEqual([[5, 5], [17], [["a", 17], ["b", 17]]]);
    expect(sent).toEqual(["17 a text a"]);
    sender.seen("a");
    expect(sent).toEqual(["17 a text a", "17 b text b"]);
    say("c", -6);
    await settle();
    expect(sender.items().find(({ key }) => key === "c")).toMatchObject({ state: "failed", error: { code: "user_not_found" } });
  });
});

describe("a message with files", () => {
  const FILES = [{ key: "f", name: "a.png", type: "image/png", size: 5, uploadId: null, isWhole: false }];

  function world(answers: Result<void>[]) {
    const [clock, frames, forgotten] = [new Clock(), [] as string[], [] as string[]];
    let uploads = 0;
    const kept = new Map<string, Item>();
    const sender: Sender = createSender({ now: () => clock.now, after: clock.after } as Environment, {
      ...NOBODY,
      send: (frame) => frame.type === "send" && frames.push(`${frame.client_msg_id} ${frame.uploads?.join() ?? "-"}`),
      changed: () => {}, keep: (item) => kept.set(item.key, item), forget: (key) => kept.delete(key), doubtful: () => {}, overdue: () => {},
      async upload({ key }) {
        uploads += 1;
        const answer = answers.shift() ?? { ok: true, value: undefined };
        if (answer.ok) sender.uploadKnown(key, "f", { uploadId: `u${uploads}`, isWhole: true });
        return answer;
      },
      forgetFiles: (files, areStored) => forgotten.push(...files.map(({ key }) => `${key} ${areStored}`)),
    });
    sender.ready();
    return { clock, sender, frames, forgotten, kept, uploads: () => uploads };
  }
  const add = (sender: Sender, key: string, files: Item["files"] = []) => sender.add(written({ key, chatId: 7, text: files.length ? "" : key, replyTo: null, createdAt: 0, files }));
  const settle = () => new Promise((resolve) => setTimeout(resolve));

  it("waits for them, and what was written after it waits for it", async () => {
    const { clock, sender, frames, forgotten, kept } = world([{ ok: false, code: "no_answer", error: "" }]);
    add(sender, "a", FILES);
    add(sender, "b");
    await settle();
    expect([frames, sender.items().map(({ state }) => state)]).toEqual([[], ["queued", "queued"]]);
    clock.advance(10_000);
    await settle();
    expect(frames).toEqual(["a u2"]);
    expect(kept.get("a")?.files[0]).toMatchObject({ uploadId: "u2", isWhole: true });
    sender.seen("a");
    expect([frames, forgotten]).toEqual([["a u2", "b -"], ["f true"]]);
  });

  it("sends them again where the server does not have them any more, and not for ever", async () => {
    const { clock, sender, frames, uploads } = world([]);
    add(sender, "a", FILES);
    for (let count = 0; count < 5; count += 1) {
      await settle();
      sender.failed({ type: "error", code: "upload_not_found", error: "gone", retry: false, client_msg_id: "a" });
      clock.advance(100);
    }
    await settle();
    expect([frames, uploads()]).toEqual([["a u1", "a u2", "a u3"], 3]);
    expect(sender.items()[0]).toMatchObject({ state: "failed", error: { code: "upload_not_found" } });
  });

  it("can be dropped while they are on their way, and is refused where they are", async () => {
    const { sender, frames, forgotten } = world([{ ok: false, code: "file_too_large", error: "too large" }]);
    add(sender, "a", FILES);
    await settle();
    expect(sender.items()[0]).toMatchObject({ state: "failed", error: { code: "file_too_large" } });
    sender.discard("a");
    add(sender, "b", FILES);
    sender.discard("b");
    await settle();
    expect([frames, forgotten, sender.items()]).toEqual([[], ["f false", "f false"], []]);
  });

  it("may have no text, and not more files than a message can have", () => {
    const of = (count: number) => written({ key: "k", chatId: 7, text: "", replyTo: null, createdAt: 0, files: Array.from({ length: count }, () => FILES[0] as Item["files"][number]) }).error?.code;
    expect([of(0), of(1), of(10), of(11)]).toEqual(["message_empty", undefined, undefined, "too_many_attachments"]);
  });
});
