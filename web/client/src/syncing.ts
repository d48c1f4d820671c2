/** A tab asks for the list itself, where no leader has told of it. */
import * as bodies from "./bodies.ts";
import type { TabContext } from "./tab-context.ts";
import { synced } from "./listing.ts";
import type { Rest } from "./rest.ts";
import { positionsOf } from "./state.ts";

export async function sync(tab: TabContext, rest: Rest): Promise<void> {
  const { state } = tab;
  const { epoch, chats: asked } = positionsOf(state);
  const me = state.me()?.id;
  const before = state.belonging.now();
  const answer = await rest("POST", "/api/sync", bodies.synced, { epoch, chats: asked });
  const since = state.belonging.since(before);
  if (answer.ok && state.me()?.id === me) synced(tab, answer.value, { asked, isCounted: false, since });
}
