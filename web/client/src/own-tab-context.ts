/** What news is applied to in this tab: its state and the chats that it shows. */
import type { Core } from "./core.ts";
import { sync } from "./syncing.ts";
import type { TabContext } from "./tab-context.ts";
import type { Views } from "./views.ts";

export function createTabContext(core: Core, { shownChat, allShownChats, look }: Views, sessionChanged: () => unknown): TabContext {
  const { own, environment, state, cache, rest, tabs, outbox, notices, tell } = core;
  const tab: TabContext = {
    id: own,
    environment,
    state,
    shownChat,
    allShownChats,
    tell,
    leading() {
      state.isLeading.value = tabs.isLeading();
      outbox.leading();
      for (const [chatId, n] of state.reading) tell({ do: "read", chatId, n });
      look();
    },
    welcomed: () => void sync(tab, rest),
    outbox: outbox.heard,
    ended: notices.ended,
    historyChanged: () => void cache.dropHistory(),
    sessionChanged: () => void sessionChanged(),
  };
  return tab;
}
