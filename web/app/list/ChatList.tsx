import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { hearKeys, onKeys } from "../keys/pressed-key";
import { client } from "../state/client";
import { route, showChat } from "../state/route";
import { isHovering } from "../shell/popover";
import { t } from "../words";
import { ChatRow } from "./ChatRow";
import { arranged } from "./order";

/** All chats. One of them takes the Tab; the arrows go from one to the next. */
export function ChatList() {
  const frozen = useSignal<readonly number[] | null>(null);
  const focused = useSignal<number | null>(null);
  const chats = arranged(client().chats.value, frozen.value);
  const current = route.value.chat;
  const ids = chats.map((chat) => chat.id);
  const tabbable = [focused.value, current].find((id) => id !== null && ids.includes(id)) ?? ids[0];
  const onKeyDown = onKeys((event) => {
    const at = ids.indexOf(tabbable ?? -1);
    const places: Record<string, number> = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: ids.length - 1 };
    const place = places[event.key];
    if (place !== undefined && !event.altKey) {
      event.preventDefault();
      focus(ids[Math.min(Math.max(place, 0), ids.length - 1)]);
    } else if ((event.key === "Enter" || event.key === " ") && tabbable !== undefined) {
      event.preventDefault();
      showChat(tabbable);
    }
  });
  // Who types is not about to click, wherever the pointer was left.
  useEffect(() => hearKeys(() => (frozen.value = null)), [frozen]);
  const focus = (id: number | undefined) => {
    if (id === undefined) return;
    focused.value = id;
    document.getElementById(`chat-${id}`)?.focus();
  };
  return (
    <div
      class="chat-list"
      role="listbox"
      aria-label={t("list.chats")}
      // Nothing moves away from under a pointer that is about to click; a finger does not hover.
      onPointerMove={(event: PointerEvent) => {
        if (isHovering(event)) frozen.value ??= ids;
      }}
      onPointerLeave={() => (frozen.value = null)}
      onKeyDown={onKeyDown}
      onFocusOut={(event: FocusEvent) => {
        const list = event.currentTarget as HTMLElement;
        if (!list.contains(event.relatedTarget as Node | null)) focused.value = null;
      }}
    >
      {chats.map((chat) => (
        <ChatRow key={chat.id} chat={chat} current={chat.id === current} tabbable={chat.id === tabbable} />
      ))}
    </div>
  );
}
