import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Change, MessageBody } from "../protocol.ts";
import { History, type Seen } from "../testing/history.ts";
import * as log from "./log.ts";
import { EMPTY, type Log } from "./log.ts";

/** What happens, drawn by chance. `a` and `b` choose the message, the user and so on. */
type Happening = { what: (typeof KINDS)[number]; a: number; b: number };
const KINDS = [
  "post", "post", "post", "edit", "edit", "edit", "remove", "react", "react", "pin", "join",
  "hear", "hear", "hear", "hear", "hear", "hear", "hear",
  "cut", "open", "open", "step", "step", "begin", "reset", "look",
  "older", "older", "newer", "around", "newest", "answer", "answer", "answer", "answer", "shorten",
] as const;
const happening = fc.record({
  what: fc.constantFrom(...KINDS),
  a: fc.nat(1_000),
  b: fc.nat(1_000),
});

/** A client and its server: what the server sends waits until it is heard, or is lost in a cut. */
class Run {
  server = new History();
  log: Log = EMPTY;
  /** The next live change that the connection would bring; null while there is none. */
  private next: number | null = null;
  private replay: { at: number; upto: number; reset: number } | null = null;
  private looked: { id: number; body: MessageBody | null } | null = null;
  private asked: { kind: "older" | "newer" | "around" | "newest"; page: ReturnType<History["page"]> | null; n: number } | null = null;

  do({ what, a, b }: Happening) {
    const id = (1 + (a % Math.max(1, this.server.n))) * 10;
    const user = 1 + (b % 3);
    const emoji = ["👍", "🎉"][b % 2] ?? "";
    switch (what) {
      case "post":
        return void this.server.post(user, `${a}`);
      case "edit":
        return this.server.edit(id, `${b}`);
      case "remove":
        return this.server.remove(id);
      case "react":
        return this.server.mark(id, user, emoji, b % 5 < 3);
      case "pin":
        return this.server.mark(id, user, null, b % 2 === 0);
      case "join":
        return this.server.join(user);
      case "hear":
        return this.hear();
      case "cut":
        this.next = this.replay = null;
        return;
      case "open":
        return this.open();
      case "step":
        return this.step(1 + (a % 4));
      case "begin":
        this.next = null;
        this.replay = { at: 0, upto: this.server.seq, reset: 1 + (a % 6) };
        return;
      case "reset":
        return this.reset(1 + (a % 6));
      case "look":
        return this.look();
      case "older":
      case "newer":
      case "around":
      case "newest":
        return this.ask(what, 1 + (a % Math.max(1, this.server.n)));
      case "answer":
        return this.answer(1 + (a % 4));
      case "shorten":
        this.log = log.shortened(this.log, 1 + (a % 5));
        // What is not shown is not heard either.
        this.next = this.replay = null;
        this.log = log.asked(this.log);
        this.asked = this.looked = null;
    }
  }

  hear() {
    if (this.next === null || this.next > this.server.seq) return;
    const [next, verdict] = log.live(this.log, this.server.live(this.next));
    expect(verdict).not.toBe("gap");
    this.next += 1;
    this.log = next;
  }

  open() {
    if (this.next !== null || this.replay) return;
    if (this.log.seq === null) return this.reset(5);
    this.replay = { at: this.log.seq, upto: this.server.seq, reset: 0 };
  }

  step(size: number) {
    if (!this.replay) return;
    const { at, upto, reset } = this.replay;
    const step = reset > 0 ? this.server.reset(reset, upto) : this.server.step(at, upto, size);
    this.log = log.replayed(this.log, step, this.replay.at)[0];
    expect(this.log.seq).toBe(step.seq);
    this.replay.at = step.seq;
    if (step.more) return;
    this.next = step.seq + 1;
    this.replay = null;
  }

  reset(size: number) {
    const step = this.server.reset(size);
    this.log = log.replayed(this.log, step, 0)[0];
    this.next = step.seq + 1;
    this.replay = null;
  }

  ask(kind: "older" | "newer" | "around" | "newest", n: number) {
    if (this.asked || this.looked || this.log.seq === null) return;
    this.log = log.asking(this.log);
    const where = kind === "older" ? log.firstN(this.log) : kind === "newer" ? log.lastN(this.log) : n;
    this.asked = { kind, page: null, n: where };
  }

  /** First the server reads the page, then the client gets it. */
  answer(size: number) {
    if (!this.asked) return;
    const { kind, n, page } = this.asked;
    if (!page) {
      const of = { older: "before", newer: "after", around: "around", newest: "newest" } as const;
      this.asked.page = this.server.page(of[kind], n, size + 1);
      return;
    }
    this.asked = null;
    const { messages, more } = page;
    if (kind === "older") this.log = log.withOlder(this.log, messages);
    else if (kind === "newer") this.log = log.withNewer(this.log, messages, more);
    else this.log = log.elsewhere(this.log, messages, kind === "around" && more);
    this.log = log.asked(this.log);
  }

  /** Asks for what hangs on a message; then the server reads it, then the client gets it. */
  look() {
    if (this.asked || this.log.seq === null) return;
    const bare = this.log.rows.find((row) => row.isBare);
    if (!this.looked) {
      if (!bare) return;
      this.log = log.asking(this.log);
      this.looked = { id: bare.id, body: null };
    } else if (!this.looked.body) {
      this.looked.body = this.server.lookUp(this.looked.id);
    } else {
      this.log = log.asked(log.completed(this.log, this.looked.body));
      this.looked = null;
    }
  }

  /** Everything that can be heard has been. */
  settle() {
    while (this.asked) this.answer(3);
    while (this.looked) this.look();
    for (let turn = 0; turn < 3; turn += 1) {
      if (this.next === null) this.open();
      while (this.replay) this.step(2);
      while (this.next !== null && this.next <= this.server.seq) this.hear();
      while (this.log.rows.some((row) => row.isBare)) this.look();
    }
  }
}

function shown(of: Log): Seen[] {
  return of.rows.map((row) => ({
    n: row.n,
    text: row.text,
    deleted: row.deleted,
    edited: row.editedAt !== null,
    pinned: row.pinned,
    reactions: row.reactions.flatMap((one) => one.userIds.map((id) => `${one.emoji}${id}`)).sort(),
  }));
}

const hasNoHoles = (of: Log) => of.rows.every((row, place) => row.n === log.firstN(of) + place);

describe("a log", () => {
  it("shows what the server has, whatever way it came", () => {
    fc.assert(
      fc.property(fc.nat(25), fc.array(happening, { maxLength: 150 }), (before, happenings) => {
        const run = new Run();
        for (let n = 0; n < before; n += 1) run.do({ what: "post", a: n, b: n });
        run.reset(3);
        for (const one of happenings) {
          const seqs = new Map(run.log.rows.map((row) => [row.id, row.seq]));
          const { seq } = run.log;
          run.do(one);
          expect(hasNoHoles(run.log)).toBe(true);
          // What was later shown is not taken back, unless all is forgotten.
          if (one.what === "reset" || one.what === "open" || one.what === "step" || run.log.seq === null) continue;
          expect(run.log.seq).toBeGreaterThanOrEqual(seq ?? 0);
          for (const row of run.log.rows) expect(row.seq).toBeGreaterThanOrEqual(seqs.get(row.id) ?? 0);
        }
        run.settle();
        expect(run.log.seq).toBe(run.server.seq);
        const [first, last] = [log.firstN(run.log), log.lastN(run.log)];
        expect(shown(run.log)).toEqual(run.server.seen(first, last));
        expect(log.hasNewer(run.log)).toBe(last < run.server.n);
        expect(run.log.rows.length === 0).toBe(run.server.n === 0);
      }),
      { numRuns: 5_000 },
    );
  });

  it("is the same however a stream is split into live and replayed", () => {
    const changes = fc.array(happening, { minLength: 1, maxLength: 60 });
    fc.assert(
      fc.property(changes, fc.array(fc.nat(60)), (happenings, cuts) => {
        const run = new Run();
        for (const one of happenings) if (KINDS.indexOf(one.what) < KINDS.indexOf("hear")) run.do(one);
        const { server } = run;
        let live: Log = { ...EMPTY, seq: 0 };
        for (let seq = 1; seq <= server.seq; seq += 1) live = log.live(live, server.live(seq))[0];
        let split: Log = { ...EMPTY, seq: 0 };
        for (const at of [...cuts, server.seq].sort((a, b) => a - b)) {
          const upto = Math.min(at, server.seq);
          // A cut in the middle: some live, the rest replayed.
          while ((split.seq ?? 0) < upto) split = log.live(split, server.live((split.seq ?? 0) + 1))[0];
          // Another tab may have asked for more of it.
          const from = Math.max(0, (split.seq ?? 0) - (at % 3));
          split = log.replayed(split, server.step(from, server.seq, 1_000), from)[0];
        }
        expect(shown(split)).toEqual(shown(live));
        expect(shown(live)).toEqual(server.seen(1, server.n));
      }),
    );
  });

  it("applies the next change, drops what it knows and reports a gap", () => {
    const server = new History();
    for (let n = 0; n < 5; n += 1) server.post(1, `${n}`);
    const at2 = log.replayed(EMPTY, server.step(0, 2, 9), 0)[0];
    expect(at2).toBe(EMPTY);
    const from0 = log.replayed({ ...EMPTY, seq: 0 }, server.step(0, 2, 9), 0)[0];
    const verdict = (seq: number) => log.live(from0, server.live(seq))[1];
    expect([1, 2, 3, 4].map(verdict)).toEqual(["known", "known", "applied", "gap"]);
    expect(log.live(EMPTY, server.live(1))[1]).toBe("gap");
    expect(log.replayed(from0, server.step(3, 5, 9), 3)[1]).toBe("gap");
    expect(log.replayed(from0, server.step(1, 5, 9), 1)[1]).toBe("applied");
    expect(log.replayed(from0, server.step(0, 1, 9), 0)[1]).toBe("known");
  });

  it("ignores marks of messages that are not here, and takes its seq", () => {
    const server = new History();
    for (let n = 1; n <= 9; n += 1) server.post(1, `${n}`);
    let now = log.replayed(EMPTY, server.reset(2), 0)[0];
    server.mark(10, 2, "👍", true);
    now = log.live(now, server.live(10))[0];
    expect(now.rows.map((row) => row.n)).toEqual([8, 9]);
    expect(now.seq).toBe(10);
  });

  it("knows that there is more when too much came behind a hole", () => {
    const server = new History();
    for (let n = 1; n <= 100; n += 1) server.post(1, `${n}`);
    let now = log.replayed(EMPTY, server.reset(2), 0)[0];
    now = log.elsewhere(log.asking(now), server.page("before", 50, 10).messages, true);
    now = log.asking(log.asked(now));
    const page = server.page("after", 49, 60);
    for (let n = 101; n <= 1_500; n += 1) {
      server.post(1, `${n}`);
      now = log.live(now, server.live(n))[0];
    }
    now = log.withNewer(now, page.messages, page.more);
    expect([log.lastN(now), log.hasNewer(now)]).toEqual([100, true]);
  });

  it("lets go of the far end of a long stretch", () => {
    const server = new History();
    for (let n = 1; n <= log.MAX_ROWS + 120; n += 1) server.post(1, `${n}`);
    let now = log.replayed(EMPTY, server.reset(log.MAX_ROWS), 0)[0];
    now = log.withOlder(log.asking(now), server.page("before", log.firstN(now), 100).messages);
    expect([now.rows.length, log.firstN(now), log.hasNewer(now)]).toEqual([log.MAX_ROWS, 21, true]);
    server.post(1, "new");
    now = log.live(now, server.live(server.seq) as Change)[0];
    expect(hasNoHoles(now)).toBe(true);
    const page = server.page("after", log.lastN(now), 200);
    now = log.withNewer(log.asking(now), page.messages, page.more);
    expect([now.rows.length, log.lastN(now), log.hasNewer(now)]).toEqual([log.MAX_ROWS, server.n, false]);
    expect(shown(now)).toEqual(server.seen(log.firstN(now), server.n));
  });
});
