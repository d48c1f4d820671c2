/** A browser for tests: one cookie jar, one disk, locks and channels, and any number of tabs. */
import type { Channel, Disk, Environment, Locks, Shelf, Socket, SocketCallbacks } from "../environment.ts";
import { SHELVES } from "../environment.ts";

type Shelves = Record<Shelf, Map<string, unknown>>;

export interface World {
  now(): number;
  random(): number;
  after(milliseconds: number, run: () => void): () => void;
  request: Environment["request"];
  connect(callbacks: SocketCallbacks): Socket;
  stream: Environment["stream"];
}

/**
 * How the disk is: as it should be; absent; one that never opens, or opens and never answers; full, or full of what can be
 * dropped; taken away while it is open.
 */
export type DiskMode = "fine" | "none" | "shut" | "deaf" | "full" | "crowded" | "evicted";

export interface Browser {
  shelves: Shelves;
  disk: DiskMode;
  /** A new tab; closing it ends its locks and its connections, without a word. */
  tab(world: World): Tab;
}

export interface Tab {
  environment: Environment;
  wake(): void;
  look(isLookedAt: boolean): void;
  /** As if the process had died. */
  kill(): void;
  /** Kept whole, as for the way back: its locks and connections are gone, and nothing runs. */
  putAway(): void;
  bringBack(): void;
  /** Nothing runs, though it keeps its locks. */
  freeze(): void;
  thaw(): void;
}

interface Holder {
  isHolding: boolean;
  hold: () => Promise<void>;
  /** Somebody else has taken it. */
  taken: () => void;
}

const copy = <T>(value: T): T => structuredClone(value);

export interface BrowserOptions {
  locks?: boolean;
  /** Are locks refused when they are asked for? */
  refusesLocks?: boolean;
  /** Are they never given? */
  withholdsLocks?: boolean;
  /** Are there channels; and does anything come through them? */
  channels?: boolean;
  losesMessages?: boolean;
}

export function createBrowser(options: BrowserOptions = {}): Browser {
  const shelves = Object.fromEntries(SHELVES.map((shelf) => [shelf, new Map()])) as unknown as Shelves;
  const channels = new Set<{ name: string; receive: (message: unknown) => void }>();
  const held = new Map<string, Holder[]>();
  let keys = 0;
  let mode: DiskMode = "fine";
  /** What waits for an answer of the disk. */
  const deaf: (() => void)[] = [];

  /** What the disk does, if it does it. */
  async function onDisk<T>(isWriting: boolean, work: () => T): Promise<T> {
    if (mode === "deaf") await new Promise<void>((resolve) => deaf.push(resolve));
    if (mode === "evicted") throw new DOMException("closed", "InvalidStateError");
    const isFull = mode === "full" || (mode === "crowded" && shelves.timelines.size > 0);
    if (isWriting && isFull) throw new DOMException("full", "QuotaExceededError");
    return work();
  }

  const disk: Disk = {
    all: (shelf) => onDisk(false, () => copy([...shelves[shelf]])),
    put: (shelf, name, value) => onDisk(true, () => void shelves[shelf].set(name, copy(value))),
    remove: (shelf, name) => onDisk(false, () => void shelves[shelf].delete(name)),
    clear: (shelf) => onDisk(false, () => shelves[shelf].clear()),
    change: (shelf, decide) =>
      onDisk(true, () => {
        const { put, remove } = decide(copy([...shelves[shelf]]));
        for (const [name, value] of put) shelves[shelf].set(name, copy(value));
        for (const name of remove) shelves[shelf].delete(name);
      }),
  };

  /** Gives a lock to the first who waits for it. */
  function grant(name: string) {
    const [first] = held.get(name) ?? [];
    if (!first || first.isHolding) return;
    first.isHolding = true;
    void first.hold().finally(() => drop(name, first));
  }

  function drop(name: string, holder: Holder) {
    const queue = held.get(name) ?? [];
    if (!queue.includes(holder)) return;
    held.set(name, queue.filter((one) => one !== holder));
    grant(name);
  }

  function tab(world: World): Tab {
    let isAlive = true;
    let isFrozen = false;
    /** What happens while nothing runs, and happens then. */
    const later: (() => void)[] = [];
    let isLookedAt = true;
    const own = new Set<[string, Holder]>();
    const wakes = new Set<() => void>();
    const looks = new Set<() => void>();
    const pages = new Set<{ away: () => void; back: () => void }>();
    const ends = new Set<() => void>();
    const alive = (run: () => void) => () => {
      if (!isAlive) return;
      if (isFrozen) later.push(run);
      else run();
    };

    function hold(name: string, signal: AbortSignal, run: () => Promise<void>, lost: () => void, isFirst: boolean) {
      if (options.refusesLocks) return void world.after(0, alive(lost));
      if (options.withholdsLocks) return;
      const holder: Holder = {
        isHolding: false,
        hold: async () => {
          if (isFrozen) await new Promise<void>((resolve) => later.push(resolve));
          if (!signal.aborted && isAlive) await run();
        },
        taken: alive(() => signal.aborted || lost()),
      };
      own.add([name, holder]);
      signal.addEventListener("abort", () => holder.isHolding || drop(name, holder));
      const queue = held.get(name) ?? [];
      if (isFirst) queue.splice(0, 1)[0]?.taken();
      held.set(name, isFirst ? [holder, ...queue] : [...queue, holder]);
      void Promise.resolve().then(() => grant(name));
    }

    const locks: Locks = {
      hold: (name, signal, run, lost) => hold(name, signal, run, lost, false),
      steal: (name, signal, run, lost) => hold(name, signal, run, lost, true),
    };

    function openChannel(name: string, receive: (message: unknown) => void): Channel {
      const endpoint = { name, receive: (message: unknown) => alive(() => receive(message))() };
      channels.add(endpoint);
      ends.add(() => channels.delete(endpoint));
      return {
        post(message) {
          const text = copy(message);
          if (options.losesMessages) return;
          for (const other of [...channels]) {
            if (other === endpoint || other.name !== name) continue;
            queueMicrotask(() => {
              if (channels.has(other)) other.receive(copy(text));
            });
          }
        },
        close: () => void channels.delete(endpoint),
      };
    }

    const environment: Environment = {
      now: world.now,
      random: world.random,
      newKey: () => `k-${(keys += 1)}-${Math.trunc(world.now())}`,
      after: (milliseconds, run) => world.after(milliseconds, alive(run)),
      request: (...question) => world.request(...question),
      connect(callbacks) {
        const socket = world.connect({
          opened: alive(callbacks.opened),
          text: (text) => alive(() => callbacks.text(text))(),
          closed: (code) => alive(() => callbacks.closed(code))(),
        });
        ends.add(() => socket.close());
        return socket;
      },
      stream(path, callbacks) {
        const stream = world.stream(path, {
          opened: alive(callbacks.opened),
          event: (name, data) => alive(() => callbacks.event(name, data))(),
          alive: alive(callbacks.alive),
          closed: (status) => alive(() => callbacks.closed(status))(),
        });
        ends.add(() => stream.close());
        return stream;
      },
      openDisk: () => (mode === "shut" ? new Promise(() => {}) : Promise.resolve(mode === "none" ? null : disk)),
      locks: options.locks === false ? null : locks,
      openChannel: (name, receive) => (options.channels === false ? null : openChannel(name, receive)),
      onWake(run) {
        wakes.add(run);
        return () => wakes.delete(run);
      },
      onPutAway(away, back) {
        const page = { away, back };
        pages.add(page);
        return () => pages.delete(page);
      },
      isLookedAt: () => isLookedAt,
      onLook(run) {
        looks.add(run);
        return () => looks.delete(run);
      },
      place: "http://vestnik.example/",
    };
    return {
      environment,
      wake: () => wakes.forEach((run) => run()),
      look(at) {
        isLookedAt = at;
        looks.forEach((run) => run());
      },
      kill() {
        isAlive = false;
        for (const end of ends) end();
        for (const [name, holder] of own) drop(name, holder);
      },
      putAway() {
        pages.forEach(({ away }) => away());
        isFrozen = true;
        for (const [name, holder] of own) drop(name, holder);
        own.clear();
      },
      bringBack() {
        isFrozen = false;
        // What was said meanwhile is not told again.
        later.length = 0;
        pages.forEach(({ back }) => back());
      },
      freeze: () => void (isFrozen = true),
      thaw() {
        isFrozen = false;
        later.splice(0).forEach((run) => run());
      },
    };
  }
  const browser: Browser = {
    shelves,
    tab,
    get disk() {
      return mode;
    },
    set disk(next) {
      mode = next;
      if (next !== "deaf") deaf.splice(0).forEach((answer) => answer());
    },
  };
  return browser;
}

/** Waits until something is so; an effect of signals or a timer will make it so. */
export async function until(what: string, isSo: () => boolean, within = 10_000): Promise<void> {
  const end = Date.now() + within;
  while (!isSo()) {
    if (Date.now() > end) throw new Error(`it never came: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}
