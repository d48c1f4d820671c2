/** Writes to the disk what is worth keeping, a while after it has changed. */
import { effect, untracked } from "@preact/signals-core";
import type { Core } from "./core.ts";
import { BLANK, kept as keptDraft } from "./rules/draft.ts";
import { kept, type Kept } from "./rules/kept-chats.ts";
import type { Log } from "./rules/log.ts";

const AFTER = 700;

export interface Persistence {
  /** Something may have changed. */
  touch(): void;
  /** Writes at once what has changed. */
  flush(): void;
  stop(): void;
}

export function createPersistence({ environment, state, cache }: Pick<Core, "environment" | "state" | "cache">): Persistence {
  let cancel: (() => void) | null = null;
  const saved = new Map<number, { log: Log; at: number | undefined }>();
  let chats: unknown = state.listing.peek();
  let drafts = state.drafts.peek();
  let me: unknown = null;
  for (const [id, log] of state.logs()) saved.set(id, { log: log.peek(), at: state.shownAt.get(id) });

  function flush() {
    cancel?.();
    cancel = null;
    untracked(save);
  }

  function save() {
    const epoch = state.epoch.value;
    const session = state.session.value;
    if (session.state !== "signed-in") return;
    if (me !== session.me) cache.saveMe((me = session.me) as typeof session.me);
    for (const id of new Set([...drafts.keys(), ...state.drafts.value.keys()])) {
      const draft = state.drafts.value.get(id) ?? BLANK;
      if (draft !== (drafts.get(id) ?? BLANK)) cache.saveDraft(id, keptDraft(draft));
    }
    drafts = state.drafts.value;
    if (epoch === null) return;
    if (chats !== state.listing.value) cache.saveChats(epoch, [...state.listing.value.values()]);
    chats = state.listing.value;
    saveTimelines(epoch);
  }

  function saveTimelines(epoch: string) {
    const put: Kept[] = [];
    const gone: number[] = [];
    for (const [id, { value: log }] of state.logs()) {
      const [before, at] = [saved.get(id), state.shownAt.get(id)];
      if (before?.log === log && before.at === at) continue;
      saved.set(id, { log, at });
      const chat = state.listing.value.get(id);
      if (!chat) gone.push(id);
      const one = chat ? kept(id, epoch, log, at ?? chat.activeAt) : null;
      if (one) put.push(one);
    }
    if (put.length + gone.length > 0) void cache.saveTimelines(epoch, put, gone);
  }

  const touch = () => void (cancel ??= environment.after(AFTER, flush));
  const stop = effect(() => {
    void state.session.value;
    void state.listing.value;
    void state.drafts.value;
    touch();
  });

  return {
    touch,
    flush,
    stop() {
      flush();
      stop();
    },
  };
}
