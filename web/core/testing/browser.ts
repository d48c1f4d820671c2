/** A browser for tests: one cookie jar, one disk, locks and channels, and any number of tabs. */
import type { Channel, Disk, Environment, Locks, Shelf, Socket, SocketHears } from "../environment.ts";
import { SHELVES } from "../environment.ts";

type Shelves = Record<Shelf, Map<string, unknown>>;

export interface World {
  now(): number;
  random(): number;
  after(milliseconds: number, run: () => void): () => void;
  request: Environment["request"];
  connect(hear: SocketHears): Socket;
  stream: Environment["stream"];
}

export interface Browser {
  shelves: Shelves;
  /** A new tab; closing it ends its locks and its connections, without a word. */
  tab(world: World): Tab;
}

export interface Tab {
  environment: Environment;
  wake(): void;
  look(isLookedAt: boolean): void;
  /** As if the process had died. */
  kill(): void;
}

const copy = <T>(value: T): T => structuredClone(value);

export function createBrowser(options: { locks?: boolean } = {}): Browser {
  const shelves = Object.fromEntries(SHELVES.map((shelf) => [shelf, new Map()])) as unknown as Shelves;
  const channels = new Set<{ name: string; hear: (message: unknown) => void }>();
  const held = new Map<string, Promise<void>>();
  let keys = 0;

  const disk: Disk = {
    all: async (shelf) => copy([...shelves[shelf]]),
    put: async (shelf, name, value) => void shelves[shelf].set(name, copy(value)),
    remove: async (shelf, name) => void shelves[shelf].delete(name),
    clear: async (shelf) => shelves[shelf].clear(),
    change: async (shelf, decide) => {
      const { put, remove } = decide(copy([...shelves[shelf]]));
      for (const [name, value] of put) shelves[shelf].set(name, copy(value));
      for (const name of remove) shelves[shelf].delete(name);
    },
  };

  function tab(world: World): Tab {
    let isAlive = true;
    let isLookedAt = true;
    let die = () => {};
    const death = new Promise<void>((resolve) => (die = resolve));
    const wakes = new Set<() => void>();
    const looks = new Set<() => void>();
    const ends = new Set<() => void>();
    const alive = (run: () => void) => () => {
      if (isAlive) run();
    };

    const locks: Locks = {
      hold(name, signal, hold) {
        const before = held.get(name) ?? Promise.resolve();
        const mine = before.then(async () => {
          if (signal.aborted || !isAlive) return;
          await Promise.race([hold(), death]);
        });
        held.set(name, mine);
      },
    };

    function openChannel(name: string, hear: (message: unknown) => void): Channel {
      const own = { name, hear };
      channels.add(own);
      ends.add(() => channels.delete(own));
      return {
        post(message) {
          const text = copy(message);
          for (const other of [...channels]) {
            if (other === own || other.name !== name) continue;
            queueMicrotask(() => {
              if (channels.has(other)) other.hear(copy(text));
            });
          }
        },
        close: () => void channels.delete(own),
      };
    }

    const environment: Environment = {
      now: world.now,
      random: world.random,
      newKey: () => `k-${(keys += 1)}-${Math.trunc(world.now())}`,
      after: (milliseconds, run) => world.after(milliseconds, alive(run)),
      request: (...question) => world.request(...question),
      connect(hear) {
        const socket = world.connect({
          opened: alive(hear.opened),
          text: (text) => isAlive && hear.text(text),
          closed: (code) => isAlive && hear.closed(code),
        });
        ends.add(() => socket.close());
        return socket;
      },
      stream(path, hear) {
        const stream = world.stream(path, {
          opened: alive(hear.opened),
          event: (name, data) => isAlive && hear.event(name, data),
          alive: alive(hear.alive),
          closed: (status) => isAlive && hear.closed(status),
        });
        ends.add(() => stream.close());
        return stream;
      },
      openDisk: async () => disk,
      locks: options.locks === false ? null : locks,
      openChannel,
      onWake(run) {
        wakes.add(run);
        return () => wakes.delete(run);
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
        die();
      },
    };
  }
  return { shelves, tab };
}

/** Waits until something is so; an effect of signals or a timer will make it so. */
export async function until(what: string, isSo: () => boolean, within = 10_000): Promise<void> {
  const end = Date.now() + within;
  while (!isSo()) {
    if (Date.now() > end) throw new Error(`it never came: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}
