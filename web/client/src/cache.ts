/** What survives the page. Where there is no disk, nothing does, and all else works the same. */
import type { Draft, Me } from "./api.ts";
import { SHELVES, type Disk } from "./environment.ts";
import type { Listed } from "./rules/chats.ts";
import { later, surplus, type Kept } from "./rules/keep.ts";
import type { Item } from "./rules/outbox.ts";

export interface Remembered {
  me: Me | null;
  epoch: string | null;
  chats: Listed[];
  timelines: Kept[];
  drafts: [number, unknown][];
}

const NOTHING: Remembered = { me: null, epoch: null, chats: [], timelines: [], drafts: [] };

export interface Cache {
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
  /** Another history: positions and numbers mean nothing any more. */
  dropHistory(): Promise<void>;
  /** Somebody else's: nothing may stay. */
  dropAll(): Promise<void>;
}

/** `kept` is told whether what waits to be sent would survive the page. */
export async function openCache(open: () => Promise<Disk | null>, kept: (is: boolean) => void = () => {}): Promise<Cache> {
  const disk = await open().catch(() => null);
  if (!disk) kept(false);
  /** A full or broken disk must not disturb anybody. */
  const quietly = async (work: (disk: Disk) => Promise<unknown>) => {
    if (disk) await work(disk).catch(() => undefined);
  };
  const all = async <T>(shelf: Parameters<Disk["all"]>[0]) =>
    ((await disk?.all(shelf).catch(() => [])) ?? []) as [string, T][];

  return {
    async load() {
      const state = new Map(await all<unknown>("state"));
      const chats = state.get("chats") as { epoch: string; chats: Listed[] } | undefined;
      const me = (state.get("me") as Me | undefined) ?? null;
      if (!me) return NOTHING;
      const timelines = (await all<Kept>("timelines")).map(([, kept]) => kept);
      const drafts = await all<unknown>("drafts");
      const epoch = chats?.epoch ?? null;
      return {
        me,
        epoch,
        chats: chats?.chats ?? [],
        timelines: timelines.filter((kept) => kept.epoch === epoch),
        drafts: drafts.map(([chatId, draft]) => [Number(chatId), draft]),
      };
    },
    async outbox() {
      const items = (await all<Item>("outbox")).map(([, item]) => item);
      return items.sort((a, b) => a.createdAt - b.createdAt || (a.key < b.key ? -1 : 1));
    },
    async owner() {
      const state = await disk?.all("state").catch(() => undefined);
      return state && ((new Map(state).get("me") as Me | undefined) ?? null);
    },
    saveMe: (me) => void quietly((disk) => disk.put("state", "me", me)),
    saveChats: (epoch, chats) =>
      void quietly((disk) => disk.put("state", "chats", { epoch, chats })),
    saveTimelines: (epoch, kept, gone) =>
      quietly((disk) =>
        disk.change("timelines", (all) => {
          const next = new Map(all.map(([name, value]) => [name, value as Kept]));
          const put = kept.map((one): [string, Kept] => {
            const name = String(one.chatId);
            return [name, later(one, next.get(name))];
          });
          for (const [name, one] of put) next.set(name, one);
          const remove = [...gone, ...surplus([...next.values()], epoch)].map(String);
          return { put: put.filter(([name]) => !remove.includes(name)), remove };
        }),
      ),
    saveDraft: (chatId, draft) =>
      void quietly((disk) =>
        draft === "" ? disk.remove("drafts", String(chatId)) : disk.put("drafts", String(chatId), draft),
      ),
    keep(item) {
      const put = async (disk: Disk) => disk.put("outbox", item.key, item);
      // On a full disk what can be had again makes room for what cannot.
      const makeRoom = async (disk: Disk, failure: unknown) => {
        if (!isFull(failure)) throw failure;
        await disk.clear("timelines");
        await put(disk);
      };
      if (disk) void put(disk).catch((failure: unknown) => makeRoom(disk, failure)).then(() => kept(true), () => kept(false));
    },
    forget: (key) => void quietly((disk) => disk.remove("outbox", key)),
    async dropHistory() {
      await quietly((disk) => disk.clear("timelines"));
      await quietly((disk) => disk.remove("state", "chats"));
    },
    async dropAll() {
      await Promise.all(SHELVES.map((shelf) => quietly((disk) => disk.clear(shelf))));
    },
  };
}

/** Is it for want of room that something was not kept? */
function isFull(failure: unknown): boolean {
  return failure instanceof Error && failure.name === "QuotaExceededError";
}
