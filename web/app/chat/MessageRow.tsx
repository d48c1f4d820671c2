import { useComputed } from "@preact/signals";
import type { ChatView, Message } from "@vestnik/client";
import { authorOf, me } from "../state/client";
import { mayWrite } from "../state/rights";
import { Avatar } from "../text/Avatar";
import { Attachments } from "../files/Attachments";
import { saidIn } from "../text/said";
import { Markdown } from "../text/Markdown";
import { callsOf } from "../text/mentions";
import { isHovering, pointOf } from "../shell/popover";
import { Icon } from "../shell/Icon";
import { IconButton } from "../shell/IconButton";
import { t } from "../words";
import { clock, fullTime } from "../words/dates";
import { openMenu, openPerson, openReactions, replyTo } from "./actions";
import { Reactions } from "./Reactions";
import { ReplyQuote } from "./ReplyQuote";
import type { Scroller } from "./scroller";

interface Props {
  view: ChatView;
  scroller: Scroller;
  /** The message under the pointer or with the focus. */
  active: { value: number | null };
  message: Message;
  first: boolean;
  last: boolean;
}

export function MessageRow({ view, scroller, active, message, first, last }: Props) {
  const self = me();
  const isOwn = self !== null && message.userId === self.id;
  // Between two it is plain who speaks.
  const isPrivate = useComputed(() => view.chat.value?.type === "private").value;
  const isActive = useComputed(() => active.value === message.id).value;
  const isMarked = useComputed(() => scroller.marked.value === message.id).value;
  const author = authorOf(message, view.members.value);
  const mentionsMe = !isOwn && (message.mentionsAll || message.mentions.includes(self?.id ?? 0));
  const classes = ["message", isOwn && "is-own", first && "is-first", last && "is-last", isMarked && "is-marked", mentionsMe && "is-for-me"];
  const said = message.deleted ? t("message.deleted") : saidIn(message);
  return (
    <div
      class={classes.filter(Boolean).join(" ")}
      data-key={`m${message.id}`}
      data-n={message.n}
      role="article"
      tabIndex={-1}
      aria-label={`${author}: ${said}`}
      onPointerEnter={(event) => {
        if (isHovering(event)) active.value = message.id;
      }}
      // A finger touches; where it goes after that says nothing.
      onPointerUp={() => (active.value = message.id)}
      onFocusCapture={() => (active.value = message.id)}
      onContextMenu={(event) => {
        // A link or a selection has a menu of its own.
        if ((event.target as HTMLElement).closest("a") || !getSelection()?.isCollapsed) return;
        event.preventDefault();
        openMenu(view, message, pointOf(event), scroller);
      }}
    >
      {!isOwn && !isPrivate && <span class="message-side">{last && <Avatar id={message.userId ?? 0} name={author} small />}</span>}
      <div class="bubble">
        {first && !isOwn && !isPrivate && <span class={`author hue-${(message.userId ?? 0) % 8}`} dir="auto">{author}</span>}
        {message.replyTo !== null && !message.deleted && <ReplyQuote view={view} id={message.replyTo} scroller={scroller} />}
        {message.attachments.length > 0 && <Attachments view={view} files={message.attachments} />}
        {(message.text !== "" || message.attachments.length === 0) && (
          <div class="text" style={{ "--meta": metaRoom(message, isOwn) }}>
            {message.deleted ? (
              <p class="tombstone">{t("message.deleted")}</p>
            ) : (
              <Markdown text={message.text} calls={callsOf(message, view.members.value)} me={self?.username ?? ""} onMention={(name, from) => openPerson(view, name, from)} />
            )}
          </div>
        )}
        <div class={message.reactions.length > 0 ? "foot has-reactions" : "foot"}>
          {message.reactions.length > 0 && <Reactions view={view} message={message} active={isActive} />}
          <Meta message={message} isOwn={isOwn} />
        </div>
        {isActive && <Bar view={view} message={message} scroller={scroller} />}
      </div>
    </div>
  );
}

/** A check says that the server has it; who has read it is not told. */
function Meta({ message, isOwn }: { message: Message; isOwn: boolean }) {
  const isEdited = message.editedAt !== null && !message.deleted;
  return (
    <span class="meta">
      {message.pinned && <Icon name="pin" />}
      {isEdited && <span title={fullTime(message.editedAt ?? 0)}>{t("message.edited")}</span>}
      <time dateTime={new Date(message.createdAt).toISOString()} title={fullTime(message.createdAt)}>{clock(message.createdAt)}</time>
      {isOwn && !message.deleted && <Icon name="check" label={t("message.sent")} />}
    </span>
  );
}

/** The room that the last line of a text leaves for what stands behind it, in its letters. */
function metaRoom(message: Message, isOwn: boolean): string {
  // Behind reactions it has a line of its own.
  if (message.reactions.length > 0) return "0px";
  const edited = message.editedAt === null || message.deleted ? 0 : t("message.edited").length + 1;
  return roomFor(clock(message.createdAt).length + edited, Number(message.pinned) + Number(isOwn && !message.deleted));
}

/** So many small letters and signs, in letters of the text. */
export function roomFor(letters: number, signs: number): string {
  return `${((letters + signs * 2.4) * 0.72 + 1.2).toFixed(2)}ch`;
}

/** The actions at hand. By keyboard the message's menu has them all. */
function Bar({ view, message, scroller }: { view: ChatView; message: Message; scroller: Scroller }) {
  const chat = view.chat.value;
  if (chat === null) return null;
  const at = (event: MouseEvent) => (event.currentTarget as HTMLElement).getBoundingClientRect();
  const mayAnswer = !message.deleted && mayWrite(chat);
  return (
    <div class="bar">
      {mayAnswer && <IconButton icon="emoji" label={t("message.react")} onClick={(event) => openReactions(view, message, at(event))} skipTab />}
      {mayAnswer && <IconButton icon="reply" label={t("message.reply")} onClick={() => replyTo(view, message)} skipTab />}
      <IconButton icon="more" label={t("message.more")} onClick={(event) => openMenu(view, message, at(event), scroller)} skipTab />
    </div>
  );
}
