/** A tab asks for the list itself, where no leader has told of it. */
import * as bodies from "./bodies.ts";
import type { Ear } from "./ear.ts";
import { synced } from "./listing.ts";
import type { Rest } from "./rest.ts";
import { positionsOf } from "./state.ts";

export async function sync(ear: Ear, rest: Rest): Promise<void> {
  const { state } = ear;
  const { epoch, chats: asked } = positionsOf(state);
  const me = state.me()?.id;
  const before = state.belonging.now();
  const answer = await rest("POST", "/api/sync", bodies.synced, { epoch, chats: asked });
  const since = state.belonging.since(before);
  if (answer.ok && state.me()?.id === me) synced(ear, answer.value, { asked, isCounted: false, since });
}
