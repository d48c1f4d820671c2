import fc from "fast-check";
import { beforeEach, describe, expect, it } from "vitest";
import type { ConnectionState } from "./api.ts";
import type { Environment, SocketCallbacks, StreamCallbacks } from "./environment.ts";
import { createConnection, type Connection } from "./connection.ts";
import { backoff, ending } from "./rules/reconnect-delay.ts";
import { Clock } from "./testing/clock.ts";

const READY = `{"type":"ready","user_id":1,"epoch":"e","now":"2026-11-22T09:06:58Z","chats":[]}`;

let clock: Clock;
let connection: Connection;
let sockets: { callbacks: SocketCallbacks; sent: string[]; isClosed: boolean }[];
let streams: { path: string; callbacks: StreamCallbacks; isClosed: boolean }[];
let states: ConnectionState["state"][];
let heard: string[];
let state: ConnectionState;
/** Does the server answer questions, as it does as long as it can be reached? */
let isAnswering: boolean;
let canConnect: boolean;
const QUESTION = `{"type":"ping"}`;

const socket = () => {
  const last = sockets.at(-1);
  if (!last) throw new Error("there is no socket");
  return last;
};
const stream = () => {
  const last = streams.at(-1);
  if (!last) throw new Error("there is no stream");
  return last;
};
/** Neither way gets through. */
const fail = () => {
  socket().callbacks.closed(1006);
  if (state.state === "connecting") stream().callbacks.closed(null);
};
const connect = () => {
  socket().callbacks.opened();
  socket().callbacks.text(READY);
};

beforeEach(() => {
  clock = new Clock();
  [sockets, streams, states, heard] = [[], [], [], []];
  [isAnswering, canConnect] = [true, true];
  const environment = {
    now: () => clock.now,
    random: () => 0.5,
    after: clock.after,
    connect(callbacks: SocketCallbacks) {
      if (!canConnect) throw new DOMException("insecure", "SecurityError");
      const one = { callbacks, sent: [] as string[], isClosed: false };
      sockets.push(one);
      const answer = () => isAnswering && !one.isClosed && callbacks.text(`{"type":"unread","chat_id":1,"seq":2,"n":1,"read_n":1,"unread":0}`);
      const send = (text: string) => {
        one.sent.push(text);
        if (text === QUESTION) clock.after(10, answer);
      };
      return { send, close: () => (one.isClosed = true) };
    },
    stream(path: string, callbacks: StreamCallbacks) {
      const one = { path, callbacks, isClosed: false };
      streams.push(one);
      return { close: () => (one.isClosed = true) };
    },
    request: () => new Promise(() => {}),
  } as unknown as Environment;
  connection = createConnection(environment, {
    frame: (frame) => heard.push(frame.type),
    changed: (next) => states.push((state = next).state),
    lost: () => heard.push("lost"),
    turnedAway: () => heard.push("turned away"),
    signedOut: () => heard.push("signed out"),
  });
  connection.start();
});

describe("the connection", () => {
  it("is online when it is ready, and comes back when it ends", () => {
    connect();
    expect(states).toEqual(["connecting", "online"]);
    socket().callbacks.closed(1006);
    expect(state).toEqual({ state: "offline", retryAt: clock.now + 250 });
    clock.advance(250);
    connect();
    expect(states).toEqual(["connecting", "online", "offline", "connecting", "online"]);
    expect(heard).toEqual(["ready", "lost", "ready"]);
  });

  it("waits longer each time, and short again after a good connection", () => {
    const waits = Array.from({ length: 9 }, () => {
      fail();
      const wait = "retryAt" in state ? state.retryAt - clock.now : 0;
      clock.advance(wait);
      return wait;
    });
    expect(waits).toEqual([250, 500, 1_000, 2_000, 4_000, 8_000, 15_000, 15_000, 15_000]);
    connect();
    clock.advance(60_000);
    socket().callbacks.closed(1006);
    expect("retryAt" in state && state.retryAt - clock.now).toBe(250);
  });

  it("comes back when a restarting server said so", () => {
    connect();
    socket().callbacks.text(`{"type":"goaway","reason":"restart","after_ms":4200}`);
    clock.advance(900);
    socket().callbacks.closed(1012);
    expect(state).toEqual({ state: "restarting", retryAt: clock.now + 4_450 });
    clock.advance(4_450);
    expect(sockets).toHaveLength(2);
  });

  it("waits short after a restart that it was told of, however much had failed before", () => {
    for (let times = 0; times < 9; times += 1) {
      fail();
      clock.advance("retryAt" in state ? state.retryAt - clock.now : 0);
    }
    connect();
    socket().callbacks.text(`{"type":"goaway","reason":"restart","after_ms":500}`);
    socket().callbacks.closed(1012);
    clock.advance(750);
    fail();
    expect("retryAt" in state && state.retryAt - clock.now).toBe(500);
  });

  it("takes a server that is late for a restarting one, but not for ever", () => {
    connect();
    const start = clock.now;
    socket().callbacks.text(`{"type":"goaway","reason":"restart","after_ms":500}`);
    const told: string[] = [];
    while (clock.now - start < 120_000) {
      fail();
      told.push(`${state.state} ${clock.now - start <= 60_750}`);
      clock.advance("retryAt" in state ? state.retryAt - clock.now : 0);
    }
    expect(new Set(told)).toEqual(new Set(["restarting true", "offline false"]));
    connect();
    socket().callbacks.closed(1006);
    expect(state.state).toBe("offline");
  });

  it.each([4501, 4505])("does not come back when it is signed out (%i)", (code) => {
    connect();
    socket().callbacks.closed(code);
    clock.advance(3_600_000);
    expect(sockets).toHaveLength(1);
    expect(heard).toEqual(["ready", "lost", "signed out"]);
  });

  it("says that it was turned away if it never got in", () => {
    fail();
    expect(heard).toEqual(["turned away"]);
  });

  it("gives up what is not ready in time", () => {
    socket().callbacks.opened();
    clock.advance(15_000);
    expect(sockets[0]?.isClosed).toBe(true);
    expect(state.state).toBe("offline");
    // What the dead one still says is not heard.
    sockets[0]?.callbacks.text(READY);
    sockets[0]?.callbacks.closed(1006);
    expect(heard).toEqual([]);
  });

  it("tries at once when somebody is back", () => {
    fail();
    connection.reconnect();
    expect(sockets).toHaveLength(2);
    clock.advance(300);
    expect(sockets).toHaveLength(2);
  });

  it("asks a silent connection whether it lives, and gives up a dead one", () => {
    connect();
    connection.reconnect();
    expect(socket().sent).toEqual([]);
    clock.advance(10_000);
    connection.reconnect();
    expect(socket().sent).toEqual([QUESTION]);
    clock.advance(10_000);
    expect(state.state).toBe("online");
    isAnswering = false;
    connection.reconnect();
    clock.advance(5_000);
    expect(heard.at(-1)).toBe("lost");
  });

  it("notices by itself, within a minute, that nobody is there any more, and asks no more than it must", () => {
    connect();
    clock.advance(3_600_000);
    expect(state.state).toBe("online");
    expect(socket().sent.length).toBeLessThanOrEqual(3_600 / 25);
    const { sent } = socket();
    const before = sent.length;
    // Where somebody speaks nobody is asked.
    for (let second = 0; second < 300; second += 1) {
      clock.advance(1_000);
      socket().callbacks.text(`{"type":"typing","chat_id":1,"user_id":2,"username":"b"}`);
    }
    expect(sent.length - before).toBeLessThanOrEqual(1);
    isAnswering = false;
    const start = clock.now;
    while (state.state === "online" && clock.now - start < 120_000) clock.advance(1_000);
    expect(state.state).toBe("offline");
    expect(clock.now - start).toBeLessThanOrEqual(60_000);
    expect(heard.at(-1)).toBe("lost");
  });

  it.each([-86_400_000, -3_600_000, -1_000, 3_600_000, 86_400_000])("goes on when the clock is set by %i ms", (jump) => {
    connect();
    clock.advance(20_000);
    clock.set(jump);
    connection.reconnect();
    clock.advance(100);
    expect(socket().sent.at(-1)).toBe(QUESTION);
    socket().callbacks.text(`{"type":"goaway","reason":"restart","after_ms":500}`);
    clock.set(jump);
    socket().callbacks.closed(1012);
    clock.advance(100_000);
    expect(sockets.length).toBeGreaterThan(1);
    isAnswering = false;
    connect();
    clock.set(-jump);
    clock.advance(60_000);
    expect(heard.at(-1)).toBe("lost");
  });

  it("goes on where a socket cannot even be made", () => {
    connect();
    canConnect = false;
    socket().callbacks.closed(1006);
    clock.advance(120_000);
    expect(state.state).not.toBe("online");
    canConnect = true;
    clock.advance(120_000);
    expect(sockets.length).toBeGreaterThan(1);
  });

  it("is silent once it is stopped", () => {
    connect();
    connection.stop();
    socket().callbacks.closed(1006);
    clock.advance(600_000);
    expect([sockets.length, heard]).toEqual([1, ["ready", "lost"]]);
  });
});

describe("where no socket gets through", () => {
  const byEvents = () => {
    stream().callbacks.opened();
    stream().callbacks.event("ready", READY);
  };
  /** A socket that is refused, and events that are not. */
  const fallBack = () => {
    socket().callbacks.closed(1006);
    byEvents();
  };

  it("goes by events at once, if sockets are refused", () => {
    fallBack();
    expect(state).toEqual({ state: "online", by: "events" });
    expect([states, heard, stream().path]).toEqual([["connecting", "online"], ["ready"], "/api/events"]);
  });

  it("goes by events after a while, if sockets are swallowed, and takes a late one", () => {
    clock.advance(2_900);
    expect(streams).toEqual([]);
    clock.advance(100);
    byEvents();
    expect(state).toEqual({ state: "online", by: "events" });
    connect();
    expect(state).toEqual({ state: "online", by: "socket" });
    expect([sockets.length, stream().isClosed, heard]).toEqual([1, true, ["ready", "lost", "ready"]]);
  });

  it("uses a slow socket, and drops the events that were tried beside it", () => {
    clock.advance(3_000);
    connect();
    expect([state.state, stream().isClosed]).toEqual(["online", true]);
    clock.advance(600_000);
    expect([sockets.length, streams.length]).toEqual([1, 1]);
  });

  it("tries a socket again, seldom and seldomer", () => {
    fallBack();
    const at = clock.now;
    const tries: number[] = [];
    for (let trial = 0; trial < 8; trial += 1) {
      const { length } = sockets;
      while (sockets.length === length) {
        clock.advance(1_000);
        stream().callbacks.alive();
      }
      tries.push((clock.now - at) / 1_000);
      socket().callbacks.closed(1006);
    }
    expect(tries).toEqual([20, 60, 140, 300, 620, 1_220, 1_820, 2_420]);
    expect(heard).toEqual(["ready"]);
  });

  it("returns to a socket that gets through", () => {
    fallBack();
    clock.advance(20_000);
    connect();
    expect(state).toEqual({ state: "online", by: "socket" });
    expect([stream().isClosed, heard]).toEqual([true, ["ready", "lost", "ready"]]);
    socket().callbacks.closed(1006);
    clock.advance(500);
    // It is the first to be tried again.
    expect([sockets.length, streams.length]).toEqual([3, 1]);
  });

  it("gives up a socket that hangs beside the events", () => {
    fallBack();
    clock.advance(35_000);
    expect([sockets.length, socket().isClosed, state.state]).toEqual([2, true, "online"]);
  });

  it("tries a socket when somebody is back, perhaps in another network", () => {
    fallBack();
    clock.advance(5_000);
    connection.reconnect();
    expect(sockets).toHaveLength(2);
    connection.reconnect();
    expect(sockets).toHaveLength(2);
  });

  it("begins with events when those end, and turns to a socket if they fail", () => {
    fallBack();
    stream().callbacks.closed(null);
    clock.advance("retryAt" in state ? state.retryAt - clock.now : 0);
    expect([sockets.length, streams.length]).toEqual([1, 2]);
    stream().callbacks.closed(502);
    expect(sockets).toHaveLength(2);
    connect();
    expect(state).toEqual({ state: "online", by: "socket" });
  });

  it("goes by events where sockets begin and are cut at once", () => {
    for (let cut = 0; cut < 3; cut += 1) {
      connect();
      socket().callbacks.closed(1006);
      clock.advance("retryAt" in state ? state.retryAt - clock.now : 0);
    }
    byEvents();
    expect([state, sockets.length]).toEqual([{ state: "online", by: "events" }, 3]);
  });

  it("is signed out by either", () => {
    socket().callbacks.closed(1006);
    stream().callbacks.closed(401);
    expect(heard).toEqual(["signed out"]);
  });

  it("does not wait for a swallowed socket to find out that it is signed out", () => {
    clock.advance(3_000);
    stream().callbacks.closed(401);
    expect(heard).toEqual(["turned away"]);
  });

  it("gives up silent events", () => {
    fallBack();
    clock.advance(59_000);
    stream().callbacks.alive();
    clock.advance(59_000);
    expect(state.state).toBe("online");
    clock.advance(1_000);
    expect([stream().isClosed, heard.at(-1)]).toEqual([true, "lost"]);
  });

  it("leaves nothing behind when it is stopped", () => {
    clock.advance(3_000);
    connection.stop();
    expect([socket().isClosed, stream().isClosed, clock.next()]).toEqual([true, true, null]);
  });
});

describe("coming back", () => {
  it("is by chance, within a bound that grows to half a minute", () => {
    fc.assert(
      fc.property(fc.nat(100), fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }), (attempt, random) => {
        const wait = backoff(attempt, random);
        expect(wait).toBeGreaterThanOrEqual(0);
        expect(wait).toBeLessThanOrEqual(Math.min(30_000, 500 * 2 ** attempt));
      }),
    );
  });

  it("is what the range of a code says", () => {
    const codes = [1000, 1001, 1006, 1012, 4000, 4001, 4003, 4029, 4499, 4500, 4501, 4503, 4504, 4505, 4513, 4999];
    expect(codes.map(ending)).toEqual([
      ...Array<string>(9).fill("come-back"),
      "stay-away", "signed-out", "stay-away", "stay-away", "signed-out", "stay-away", "stay-away",
    ]);
  });
});
