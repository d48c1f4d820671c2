/** What survives the page. Where there is no disk, nothing does, and all else works the same. */
import type { Draft, Me } from "./api.ts";
import { SHELVES, type Disk, type Shelf, type ShelfChange } from "./environment.ts";
import type { Listed } from "./rules/chats.ts";
import { later, surplus, type Kept } from "./rules/kept-chats.ts";
import type { FileBytes } from "./message-api.ts";
import { restored, type Item } from "./rules/outbox.ts";

export interface Remembered {
  me: Me | null;
  epoch: string | null;
  chats: Listed[];
  timelines: Kept[];
  drafts: [number, unknown][];
}

const NOTHING: Remembered = { me: null, epoch: null, chats: [], timelines: [], drafts: [] };

export interface Cache {
  /** Before it is open, and where there is no disk, nothing is kept. */
  open(disk: () => Promise<Disk | null>): Promise<void>;
  load(): Promise<Remembered>;
  outbox(): Promise<Item[]>;
  /** Whose all this is; undefined where that cannot be known. */
  owner(): Promise<Me | null | undefined>;
  saveMe(me: Me): void;
  saveChats(epoch: string, chats: Listed[]): void;
  /** Takes these in, of those that are there already; the others of the last ten stay. */
  saveTimelines(epoch: string, kept: Kept[], gone: number[]): Promise<void>;
  /** An empty one is none. */
  saveDraft(chatId: number, draft: Draft | string): void;
  keep(item: Item): void;
  forget(key: string): void;
  /** The bytes of a file that waits to be sent. */
  keepFile(fileKey: string, bytes: FileBytes): Promise<void>;
  /** Null if they are not there. */
  file(fileKey: string): Promise<FileBytes | null>;
  forgetFile(fileKey: string): void;
  /** Another history: positions and numbers mean nothing any more. */
  dropHistory(): Promise<void>;
  /** Somebody else's: nothing may stay. */
  dropAll(): Promise<void>;
}

/** Of what a disk says to each question when there is none, or when it is full or broken, nobody is disturbed. */
class Quiet {
  disk: Disk | null = null;

  async do(work: (disk: Disk) => Promise<unknown>): Promise<void> {
    if (this.disk) await work(this.disk).catch(() => undefined);
  }

  async all<T>(shelf: Shelf): Promise<[string, T][]> {
    return ((await this.disk?.all(shelf).catch(() => [])) ?? []) as [string, T][];
  }
}

/** `tellKept` is told whether what waits to be sent would survive the page. */
export function createCache(tellKept: (isKept: boolean) => void = () => {}): Cache {
  const quiet = new Quiet();
  return {
    async open(openDisk) {
      quiet.disk = await openDisk().catch(() => null);
      if (!quiet.disk) tellKept(false);
    },
    load: () => load(quiet),
    async outbox() {
      const items = (await quiet.all<Item>("outbox")).map(([, item]) => restored(item));
      return items.sort((a, b) => a.createdAt - b.createdAt || (a.key < b.key ? -1 : 1));
    },
    async owner() {
      const state = await quiet.disk?.all("state").catch(() => undefined);
      return state && ((new Map(state).get("me") as Me | undefined) ?? null);
    },
    saveMe: (me) => void quiet.do((disk) => disk.put("state", "me", me)),
    saveChats: (epoch, chats) => void quiet.do((disk) => disk.put("state", "chats", { epoch, chats })),
    saveTimelines: (epoch, kept, gone) =>
      quiet.do((disk) => disk.change("timelines", (there) => withTimelines(there as [string, Kept][], { epoch, kept, gone }))),
    saveDraft: (chatId, draft) =>
      void quiet.do((disk) =>
        draft === "" ? disk.remove("drafts", String(chatId)) : disk.put("drafts", String(chatId), draft),
      ),
    keep(item) {
      const { disk } = quiet;
      if (disk) void withRoom(disk, async () => disk.put("outbox", item.key, item)).then(() => tellKept(true), () => tellKept(false));
    },
    forget: (key) => void quiet.do((disk) => disk.remove("outbox", key)),
    async keepFile(fileKey, bytes) {
      const { disk } = quiet;
      if (disk) await keepFile(disk, fileKey, bytes).catch(() => tellKept(false));
    },
    file: async (fileKey) => new Map(await quiet.all<FileBytes>("files")).get(fileKey) ?? null,
    forgetFile: (fileKey) => void quiet.do((disk) => disk.remove("files", fileKey)),
    async dropHistory() {
      await quiet.do((disk) => disk.clear("timelines"));
      await quiet.do((disk) => disk.remove("state", "chats"));
    },
    async dropAll() {
      await Promise.all(SHELVES.map((shelf) => quiet.do((disk) => disk.clear(shelf))));
    },
  };
}

async function load(quiet: Quiet): Promise<Remembered> {
  const state = new Map(await quiet.all<unknown>("state"));
  const chats = state.get("chats") as { epoch: string; chats: Listed[] } | undefined;
  const me = (state.get("me") as Me | undefined) ?? null;
  if (!me) return NOTHING;
  const timelines = (await quiet.all<Kept>("timelines")).map(([, kept]) => kept);
  const drafts = await quiet.all<unknown>("drafts");
  const epoch = chats?.epoch ?? null;
  return {
    me,
    epoch,
    chats: chats?.chats ?? [],
    timelines: timelines.filter((kept) => kept.epoch === epoch),
    drafts: drafts.map(([chatId, draft]) => [Number(chatId), draft]),
  };
}

/** What becomes of the timelines that are there. */
function withTimelines(there: [string, Kept][], { epoch, kept, gone }: { epoch: string; kept: Kept[]; gone: number[] }): ShelfChange {
  const next = new Map(there);
  const put = kept.map((one): [string, Kept] => {
    const name = String(one.chatId);
    return [name, later(one, next.get(name))];
  });
  for (const [name, one] of put) next.set(name, one);
  const remove = [...gone, ...surplus([...next.values()], epoch)].map(String);
  return { put: put.filter(([name]) => !remove.includes(name)), remove };
}

/** So many bytes of files wait on the disk at most. */
const MOST_BYTES = 500 * 1024 * 1024;

async function keepFile(disk: Disk, fileKey: string, bytes: FileBytes): Promise<void> {
  const kept = (await disk.all("files")) as [string, FileBytes][];
  if (kept.reduce((sum, [, one]) => sum + one.size, bytes.size) > MOST_BYTES) throw new Error("there are too many files");
  await withRoom(disk, () => disk.put("files", fileKey, bytes));
}

/** On a full disk what can be had again makes room for what cannot. */
async function withRoom(disk: Disk, put: () => Promise<void>): Promise<void> {
  await put().catch(async (failure: unknown) => {
    if (!isFull(failure)) throw failure;
    await disk.clear("timelines");
    await put();
  });
}

/** Is it for want of room that something was not kept? */
function isFull(failure: unknown): boolean {
  return failure instanceof Error && failure.name === "QuotaExceededError";
}
