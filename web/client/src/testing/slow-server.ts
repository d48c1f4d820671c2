/** A server with a few chats, as naively as can be, whose frames and answers take their time: what a client must come to show. */
import type { SocketCallbacks } from "../environment.ts";
import type { Change } from "../protocol.ts";
import type { World } from "./browser.ts";
import type { Clock } from "./clock.ts";

const AT = "2026-01-02T03:04:05.000006Z";
export const ME = 1;
/** Who is there is told a while after somebody has come or gone. */
const PRESENCE = 1_000;

interface Place {
  id: number;
  name: string;
  log: Change[];
  n: number;
  /** Who is in it, and up to where they have read. */
  members: Map<number, number>;
  isDeleted: boolean;
}

interface OpenSocket {
  hear: SocketCallbacks;
  open: Set<number>;
  isClosed: boolean;
  /** Frames arrive in order, each some time after it was sent. */
  arrivesAt: number;
  heardAt: number;
}

/** `delay` says how long the next frame or answer is on its way. */
export class SlowServer {
  readonly chats = new Map<number, Place>();
  readonly online = new Set([ME, 2, 3]);
  private sockets = new Set<OpenSocket>();
  private ids = 0;

  constructor(private clock: Clock, private delay: () => number) {}

  found(id: number, members: number[]) {
    this.chats.set(id, { id, name: `chat ${id}`, log: [], n: 0, members: new Map(members.map((user) => [user, 0])), isDeleted: false });
  }

  join(id: number, user: number) {
    const chat = this.chats.get(id);
    if (!chat || chat.isDeleted || chat.members.has(user)) return;
    chat.members.set(user, chat.n);
    this.happen(chat, { type: "member", chat_id: id, seq: chat.log.length + 1, change: "joined", user_id: user, username: `user${user}`, role: "member", created_at: AT });
    if (user === ME) this.count(chat);
  }

  leave(id: number, user: number) {
    const chat = this.chats.get(id);
    if (!chat || chat.isDeleted || !chat.members.has(user)) return;
    this.happen(chat, { type: "member", chat_id: id, seq: chat.log.length + 1, change: "left", user_id: user, username: `user${user}`, created_at: AT });
    chat.members.delete(user);
    if (user === ME) this.drop(id, "left");
  }

  post(id: number, user: number, mentions: number[] = []) {
    const chat = this.chats.get(id);
    if (!chat || chat.isDeleted || !chat.members.has(user)) return;
    const n = (chat.n += 1);
    chat.members.set(user, n);
    const message = { chat_id: id, seq: chat.log.length + 1, n, id: (this.ids += 1), user_id: user, username: `user${user}`, content: `${id}/${n}`, mentions, created_at: AT };
    this.happen(chat, { type: "message", ...message });
    this.count(chat);
  }

  /** On another device. */
  read(id: number, n: number) {
    this.chats.get(id)?.members.set(ME, n);
  }

  isReady = () => this.sockets.size > 0;

  end(id: number) {
    const chat = this.chats.get(id);
    if (!chat || chat.isDeleted) return;
    this.happen(chat, { type: "chat", chat_id: id, seq: chat.log.length + 1, change: "deleted", created_at: AT });
    if (chat.members.has(ME)) this.drop(id, "deleted");
    [chat.isDeleted, chat.members] = [true, new Map()];
  }

  cut() {
    for (const socket of [...this.sockets]) this.close(socket);
  }

  mine = () => [...this.chats.values()].filter(({ members }) => members.has(ME));

  private happen(chat: Place, change: Change) {
    chat.log.push(change);
    if (!chat.members.has(ME)) return;
    for (const socket of this.sockets) if (socket.open.has(chat.id)) this.tell(socket, change);
    if (change.type === "member") this.clock.after(PRESENCE, () => this.present(chat));
  }

  private present(chat: Place) {
    const frame = { type: "presence", chat_id: chat.id, online: this.there(chat) };
    for (const socket of this.sockets) if (socket.open.has(chat.id)) this.tell(socket, frame);
  }

  private there = (chat: Place) => [...chat.members.keys()].filter((user) => this.online.has(user));

  private drop(id: number, change: string) {
    for (const socket of this.sockets) if (!socket.open.delete(id)) this.tell(socket, { type: "gone", chat_id: id, change });
  }

  private standing(chat: Place) {
    const readN = chat.members.get(ME) ?? 0;
    return { chat_id: chat.id, seq: chat.log.length, n: chat.n, read_n: readN, unread: chat.n - readN, mentions: 0 };
  }

  private count(chat: Place) {
    if (!chat.members.has(ME)) return;
    for (const socket of this.sockets) if (!socket.open.has(chat.id)) this.tell(socket, { type: "unread", ...this.standing(chat) });
  }

  private tell(socket: OpenSocket, frame: object) {
    socket.arrivesAt = Math.max(socket.arrivesAt, this.clock.now + this.delay());
    this.clock.after(socket.arrivesAt - this.clock.now, () => socket.isClosed || socket.hear.text(JSON.stringify(frame)));
  }

  private close(socket: OpenSocket) {
    if (socket.isClosed) return;
    socket.isClosed = true;
    this.sockets.delete(socket);
    socket.hear.closed(1006);
  }

  private receive(socket: OpenSocket, frame: { type: string; chat_id: number; after?: number; n?: number }) {
    const chat = this.chats.get(frame.chat_id);
    if (frame.type === "ping") this.tell(socket, { type: "pong" });
    if (frame.type === "close") socket.open.delete(frame.chat_id);
    if (frame.type === "read" && chat?.members.has(ME)) {
      chat.members.set(ME, Math.min(chat.n, Math.max(frame.n ?? 0, chat.members.get(ME) ?? 0)));
      this.tell(socket, { type: "unread", ...this.standing(chat) });
    }
    if (frame.type !== "open") return;
    if (!chat?.members.has(ME)) return this.tell(socket, { type: "error", code: "not_member", error: "", retry: false, chat_id: frame.chat_id });
    socket.open.add(chat.id);
    const changes = frame.after === undefined ? chat.log.filter(({ type }) => type === "message") : chat.log.slice(frame.after);
    const online = this.there(chat);
    this.tell(socket, { type: "opened", chat_id: chat.id, seq: chat.log.length, changes, online, ...(frame.after === undefined ? { reset: true } : {}) });
  }

  private answer(method: string, path: string, body: unknown): { status: number; body: unknown } {
    const ok = (body: unknown) => ({ status: 200, body });
    if (path === "/api/me") return ok({ id: ME, username: "user1", email: "", is_admin: false, created_at: AT });
    const listed = (chat: Place) => ({ ...this.standing(chat), type: "group", name: chat.name, role: "member", created_at: AT });
    if (path === "/api/sync") {
      const { chats: asked } = body as { chats: Record<string, number> };
      const recent = this.mine().flatMap((chat) => {
        const after = asked[String(chat.id)];
        return after === undefined ? [] : [{ chat_id: chat.id, seq: chat.log.length, state: "changed", changes: chat.log.slice(after) }];
      });
      return ok({ user_id: ME, epoch: "e", now: AT, chats: this.mine().map(listed), recent });
    }
    if (path === "/api/chats" && method === "POST") {
      const id = Math.max(...this.chats.keys()) + 1;
      this.found(id, [ME]);
      return { status: 201, body: { id, type: "group", name: `chat ${id}`, created_at: AT } };
    }
    const [, id, what] = /^\/api\/chats\/(\d+)(?:\/(\w+))?/.exec(path) ?? [];
    const chat = this.chats.get(Number(id));
    if (method !== "GET" || !chat?.members.has(ME)) return { status: 404, body: { code: "chat_not_found", error: "" } };
    if (what === "members") return ok({ members: [...chat.members.keys()].map((user) => ({ user_id: user, username: `user${user}`, role: "member" })) });
    if (what === "messages") return ok({ messages: chat.log.filter(({ type }) => type === "message").slice(-Number(/limit=(\d+)/.exec(path)?.[1])) });
    return what === "pins" ? ok({ messages: [] }) : ok({ ...listed(chat), id: chat.id });
  }

  world(): World {
    return {
      now: () => this.clock.now,
      random: () => 0.1,
      after: this.clock.after,
      request: (method, path, body) =>
        new Promise((resolve) => {
          // It is asked for now and answered later, as things were in between.
          const there = this.delay();
          this.clock.after(there, () => {
            const answer = structuredClone(this.answer(method, path, body));
            this.clock.after(this.delay(), () => resolve(answer));
          });
        }),
      connect: (callbacks) => {
        const socket: OpenSocket = { hear: callbacks, open: new Set(), isClosed: false, arrivesAt: 0, heardAt: 0 };
        this.clock.after(this.delay(), () => {
          this.sockets.add(socket);
          callbacks.opened();
          this.tell(socket, { type: "ready", user_id: ME, epoch: "e", now: AT, chats: this.mine().map((chat) => this.standing(chat)) });
        });
        return {
          send: (text) => {
            socket.heardAt = Math.max(socket.heardAt, this.clock.now + this.delay() / 8);
            this.clock.after(socket.heardAt - this.clock.now, () => socket.isClosed || this.receive(socket, JSON.parse(text)));
          },
          close: () => this.close(socket),
        };
      },
      stream: () => ({ close: () => {} }),
    };
  }
}
