/** A private chat that begins with what is said first in it: one sees what one writes, and nothing of the server's. */
import type { ChatView } from "../api.ts";
import type { Core } from "../core.ts";
import type { ShownChat } from "../tab-context.ts";
import { createChatView } from "./chat-view.ts";

export function createChatToBe(core: Core, id: number): ChatView & { shownChat: ShownChat } {
  const none = () => Promise.resolve();
  return {
    ...createChatView(core, id),
    open: none,
    close: () => undefined,
    loadOlder: none,
    loadNewer: none,
    showAround: none,
    showLatest: none,
    message: () => Promise.resolve(null),
    loadMembers: none,
    loadPins: none,
    markRead: () => undefined,
    isTyping: () => undefined,
  };
}
