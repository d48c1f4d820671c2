/** A chat as a server has it, as naively as can be: what any client must come to show. */
import type { Change, MessageBody, OpenedFrame } from "../protocol.ts";

const CHAT = 7;
const AT = "2026-01-02T03:04:05.000006Z";

interface Stored {
  id: number;
  n: number;
  seq: number;
  user: number;
  content: string;
  edited: boolean;
  deleted: boolean;
  key: string | null;
}
interface Mark {
  id: number;
  seq: number;
  emoji: string | null;
  user: number;
  on: boolean;
}

export interface Seen {
  n: number;
  text: string;
  deleted: boolean;
  edited: boolean;
  pinned: boolean;
  reactions: string[];
}

export class History {
  seq = 0;
  private rows: Stored[] = [];
  private marks: Mark[] = [];
  private others = new Map<number, number>();
  private frames: Change[] = [];

  get n() {
    return this.rows.length;
  }

  message(id: number) {
    return this.rows.find((row) => row.id === id && !row.deleted);
  }

  post(user: number, content: string, key: string | null = null): MessageBody {
    const n = this.rows.length + 1;
    // Ids are not numbers in the chat: other chats take some.
    const row = { id: n * 10, n, seq: ++this.seq, user, content, edited: false, deleted: false, key };
    this.rows.push(row);
    const body = this.body(row, false);
    this.frames.push({ type: "message", ...body });
    return body;
  }

  edit(id: number, content: string) {
    const row = this.message(id);
    if (!row) return;
    Object.assign(row, { seq: ++this.seq, content, edited: true });
    this.frames.push({ type: "edited", ...this.body(row, false) });
  }

  remove(id: number) {
    const row = this.message(id);
    if (!row) return;
    Object.assign(row, { seq: ++this.seq, content: "", deleted: true });
    this.marks = this.marks.filter((mark) => mark.id !== id);
    this.frames.push({ type: "deleted", ...this.body(row, false) });
  }

  mark(id: number, user: number, emoji: string | null, on: boolean) {
    const row = this.message(id);
    if (!row) return;
    const same = (mark: Mark) =>
      mark.id === id && mark.emoji === emoji && (emoji === null || mark.user === user);
    const known = this.marks.find(same);
    if ((known?.on ?? false) === on) return;
    this.marks = this.marks.filter((mark) => !same(mark));
    const mark = { id, seq: ++this.seq, emoji, user, on };
    this.marks.push(mark);
    this.frames.push(this.markFrame(mark));
  }

  /** Something that is about no message. */
  join(user: number) {
    this.others.set(user, ++this.seq);
    this.frames.push(this.joined(user, this.seq));
  }

  live(seq: number): Change {
    const frame = this.frames[seq - 1];
    if (!frame) throw new Error(`there is no change ${seq}`);
    return frame;
  }

  /** What has its last change behind `after`, a step of it. */
  step(after: number, upto: number, size: number): OpenedFrame {
    const within = ({ seq }: { seq: number }) => seq > after && seq <= upto;
    const changes: Change[] = [
      ...this.rows.filter(within).map((row) => ({ type: typeOf(row), ...this.body(row, true) })),
      ...this.marks.filter(within).map((mark) => this.markFrame(mark)),
      ...[...this.others].filter(([, seq]) => within({ seq })).map(([user, seq]) => this.joined(user, seq)),
    ].sort((a, b) => a.seq - b.seq);
    const some = changes.slice(0, size);
    const more = some.length < changes.length;
    const seq = more ? (some.at(-1)?.seq ?? after) : upto;
    return { type: "opened", chat_id: CHAT, seq, ...(more ? { more } : {}), changes: some };
  }

  /** The newest messages but for those that changed behind `upto`. */
  reset(size: number, upto = this.seq): OpenedFrame {
    const rows = this.rows.filter(({ seq }) => seq <= upto).slice(-size);
    const changes = rows.map((row): Change => ({ type: "message", ...this.body(row, true) }));
    return { type: "opened", chat_id: CHAT, seq: upto, reset: true, changes };
  }

  lookUp(id: number): MessageBody | null {
    const row = this.rows.find((one) => one.id === id);
    return row ? this.body(row, true) : null;
  }

  page(kind: "before" | "after" | "around" | "newest", n: number, size: number) {
    const all = this.rows.map((row) => this.body(row, true));
    const after = (from: number) => {
      const rows = all.filter((row) => row.n > from);
      return { messages: rows.slice(0, size), more: rows.length > size };
    };
    if (kind === "after") return after(n);
    if (kind === "around") return after(n - Math.ceil(size / 2) - 1);
    const rows = kind === "before" ? all.filter((row) => row.n < n) : all;
    return { messages: rows.slice(-size), more: rows.length > size };
  }

  /** What a client shows that has everything from one message to another. */
  seen(first: number, last: number): Seen[] {
    return this.rows.slice(first - 1, last).map((row) => ({
      n: row.n,
      text: row.content,
      deleted: row.deleted,
      edited: row.edited,
      pinned: this.marks.some((mark) => mark.id === row.id && mark.emoji === null && mark.on),
      reactions: this.reactionsOf(row.id),
    }));
  }

  private reactionsOf(id: number): string[] {
    const on = this.marks.filter((mark) => mark.id === id && mark.emoji !== null && mark.on);
    return on.map((mark) => `${mark.emoji}${mark.user}`).sort();
  }

  private body(row: Stored, isLookedUp: boolean): MessageBody {
    const emoji = [...new Set(this.marks.filter((one) => one.id === row.id && one.emoji && one.on).map((one) => one.emoji))];
    const reactions = emoji.map((one) => ({
      emoji: one ?? "",
      user_ids: this.marks.filter((mark) => mark.id === row.id && mark.emoji === one && mark.on).map((mark) => mark.user),
    }));
    const pinned = this.marks.some((mark) => mark.id === row.id && mark.emoji === null && mark.on);
    return {
      chat_id: CHAT,
      seq: row.seq,
      n: row.n,
      id: row.id,
      user_id: row.user,
      username: `user${row.user}`,
      content: row.content,
      created_at: AT,
      ...(row.key === null ? {} : { client_msg_id: row.key }),
      ...(row.edited ? { edited_at: AT } : {}),
      ...(row.deleted ? { deleted_at: AT } : {}),
      ...(isLookedUp ? { reactions, pinned } : {}),
    };
  }

  private markFrame(mark: Mark): Change {
    const n = this.rows.find((row) => row.id === mark.id)?.n ?? 0;
    const common = { chat_id: CHAT, seq: mark.seq, id: mark.id, n, username: "x", on: mark.on, created_at: AT };
    if (mark.emoji === null) return { type: "pin", user_id: mark.user, ...common };
    return { type: "reaction", user_id: mark.user, emoji: mark.emoji, ...common };
  }

  private joined(user: number, seq: number): Change {
    return {
      type: "member",
      chat_id: CHAT,
      seq,
      change: "joined",
      user_id: user,
      username: `user${user}`,
      role: "member",
      created_at: AT,
    };
  }
}

function typeOf(row: Stored): "message" | "edited" | "deleted" {
  if (row.deleted) return "deleted";
  return row.edited ? "edited" : "message";
}
