/** The chats that the app has asked for, and which of them are looked at. */
import type { ChatView } from "./api.ts";
import type { Core } from "./core.ts";
import { isToBe } from "./rules/chat-to-be.ts";
import type { ShownChat } from "./tab-context.ts";
import { createChatToBe } from "./view/chat-to-be.ts";
import { createChatView } from "./view/chat-view.ts";

export interface Views {
  chat(id: number): ChatView;
  shownChat(id: number): ShownChat | undefined;
  allShownChats(): ShownChat[];
  /** Tells the leader what is looked at. */
  look(): void;
}

export function createViews(core: Core): Views {
  const views = new Map<number, ChatView & { shownChat: ShownChat }>();

  function look() {
    const open = [...views.values()].filter(({ shownChat }) => shownChat.isOpen());
    const chats = core.environment.isLookedAt() ? open.map(({ id }) => id) : [];
    core.tell({ do: "look", chats });
  }

  core.lookedElsewhere.on(look);
  return {
    chat(id) {
      let view = views.get(id);
      if (!view) views.set(id, (view = isToBe(id) ? createChatToBe(core, id) : createChatView(core, id)));
      return view;
    },
    shownChat: (id) => views.get(id)?.shownChat,
    allShownChats: () => Array.from(views.values(), (view) => view.shownChat),
    look,
  };
}
