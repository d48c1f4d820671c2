import type { Chat, ChatView } from "@vestnik/client";
import { nameOf, titleOf } from "../state/client";
import { showList } from "../state/route";
import { closePanel, openPanel, openSearch, panelOpen, panelTab } from "../state/overlays";
import { hasBegun } from "../state/rights";
import { ChatAvatar } from "../text/Avatar";
import { IconButton } from "../shell/IconButton";
import { Icon } from "../shell/Icon";
import { t } from "../words";

export function Header({ view, chat }: { view: ChatView; chat: Chat }) {
  const isOnline = chat.peer !== null && view.online.value?.has(chat.peer.id) === true;
  const isDetailed = panelOpen.value && panelTab.value !== "search";
  const isSearched = panelOpen.value && panelTab.value === "search";
  const toggle = () => (isDetailed ? closePanel() : openPanel());
  return (
    <header class="chat-head">
      <IconButton icon="back" label={t("app.back")} onClick={showList} kind="only-phone" />
      <button type="button" class="chat-head-title" aria-expanded={isDetailed} title={t("chat.details")} onClick={toggle}>
        <ChatAvatar chat={chat} online={isOnline} />
        <span class="chat-head-names">
          <h1 dir="auto">
            <span>{titleOf(chat)}</span>
            {chat.muted && <Icon name="mute" />}
          </h1>
          <Presence view={view} chat={chat} isOnline={isOnline} />
        </span>
      </button>
      {hasBegun(chat) && <IconButton icon="search" label={t("search.here")} pressed={isSearched} onClick={() => (isSearched ? closePanel() : openSearch(chat.id))} />}
      <IconButton icon="panel" label={t("chat.details")} pressed={isDetailed} onClick={toggle} />
    </header>
  );
}

function Presence({ view, chat, isOnline }: { view: ChatView; chat: Chat; isOnline: boolean }) {
  const typing = typingText(view.typing.value.map(nameOf), chat.type === "private");
  if (typing !== "") return <span class="chat-head-sub is-typing">{typing}</span>;
  const online = view.online.value;
  const members = view.members.value;
  // Of those who are in it: who has just left may be told of as being there.
  const there = online === null || members.length === 0 ? (online?.size ?? 0) : members.filter(({ id }) => online.has(id)).length;
  if (chat.type === "private") {
    return <span class={isOnline ? "chat-head-sub is-online" : "chat-head-sub"}>{online === null ? "" : t(isOnline ? "chat.isOnline" : "chat.isOffline")}</span>;
  }
  const parts = [];
  if (members.length > 0) parts.push(t("chat.members", { n: members.length }));
  if (there > 0) parts.push(t("chat.online", { n: there }));
  return <span class="chat-head-sub">{parts.join(" · ")}</span>;
}

export function typingText(names: readonly string[], isPrivate: boolean): string {
  const [name, other] = names;
  if (name === undefined) return "";
  if (isPrivate) return t("chat.typingHere");
  if (names.length > 2) return t("chat.typingMany", { n: names.length });
  return other === undefined ? t("chat.typingOne", { name }) : t("chat.typingTwo", { name, other });
}
