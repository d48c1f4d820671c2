import type { Chat } from "@vestnik/client";
import { client, me, speakerOf, titleOf } from "../state/client";
import { showChat } from "../state/route";
import { ChatAvatar } from "../text/Avatar";
import { plainText } from "../text/plain-text";
import { Icon } from "../shell/Icon";
import { t } from "../words";
import { shortTime } from "../words/dates";
import { saidAt } from "./order";

export function ChatRow({ chat, current, tabbable }: { chat: Chat; current: boolean; tabbable: boolean }) {
  const isOnline = chat.peer !== null && client().chat(chat.id).online.value?.has(chat.peer.id) === true;
  const at = saidAt(chat);
  return (
    <div
      id={`chat-${chat.id}`}
      class={`chat-row${current ? " is-current" : ""}${chat.muted ? " is-muted" : ""}${chat.unread > 0 ? " is-unread" : ""}`}
      role="option"
      aria-selected={current}
      tabIndex={tabbable ? 0 : -1}
      onClick={() => showChat(chat.id)}
    >
      <ChatAvatar chat={chat} online={isOnline} />
      <span class="chat-title" dir="auto">
        <span class="chat-title-text">{titleOf(chat)}</span>
        {chat.muted && <Icon name="mute" />}
        <Aloud text={[isOnline ? t("list.online") : "", chat.muted ? t("list.muted") : ""]} />
      </span>
      <span class="chat-time">{at === null ? "" : shortTime(at)}</span>
      <Preview chat={chat} current={current} />
      <span class="chat-pills">
        {chat.mentions > 0 && <span class="pill pill-mention" aria-hidden="true">@</span>}
        {chat.unread > 0 && <span class="pill" aria-hidden="true">{chat.unread > 999 ? "999+" : chat.unread}</span>}
        <Aloud text={[chat.mentions > 0 ? t("list.mentioned") : "", chat.unread > 0 ? t("list.unread", { n: chat.unread }) : ""]} />
      </span>
    </div>
  );
}

/** What signs and colours say, in words. */
function Aloud({ text }: { text: string[] }) {
  const words = text.filter((one) => one !== "").join(", ");
  return words === "" ? null : <span class="off-screen">, {words}</span>;
}

function Preview({ chat, current }: { chat: Chat; current: boolean }) {
  const typing = client().chat(chat.id).typing.value;
  if (typing.length > 0) return <span class="chat-preview is-typing">{t("chat.typingHere")}</span>;
  if (chat.draft !== "" && !current) {
    return (
      <span class="chat-preview" dir="auto">
        <span class="draft">{t("list.draft")}</span> {chat.draft}
      </span>
    );
  }
  const { last } = chat;
  if (last === null) return <span class="chat-preview">{t("list.nothing")}</span>;
  const who = author(chat);
  return (
    <span class="chat-preview" dir="auto">
      {who !== "" && <span class="chat-author">{who} </span>}
      {last.deleted ? t("list.deleted") : plainText(last.text)}
    </span>
  );
}

/** Who said the last thing; not said where it can only be the other one. */
function author(chat: Chat): string {
  if (chat.last === null) return "";
  if (chat.last.userId === me()?.id) return t("list.you");
  if (chat.type === "private") return "";
  const name = speakerOf(chat.id, chat.last);
  // The given name is enough, if it is nobody else's; the row is narrow.
  return `${name.includes(" @") ? name : (name.split(" ", 1)[0] ?? "")}:`;
}
