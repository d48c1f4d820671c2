import { useRef } from "preact/hooks";
import { fieldOf, type ChatView } from "@vestnik/client";
import type { Scroller } from "../chat/scroller";
import { Icon } from "../shell/Icon";
import { IconButton } from "../shell/IconButton";
import { openPopover } from "../shell/popover";
import { Tray } from "../shell/file-parts";
import { focusComposer } from "../state/overlays";
import { addToTray, trayOf } from "../state/tray";
import { t } from "../words";
import { useCompleting } from "./completion-state";
import { Completion } from "./Completion";
import { Field } from "./Field";
import { bytesOf, MOST_BYTES, NEARLY, typeIn } from "./textarea";
import { ReplyOrEditBar } from "./ReplyOrEditBar";
import { send } from "./composer-actions";

export function Composer({ view, scroller }: { view: ChatView; scroller: Scroller }) {
  const writing = view.writing.value;
  const text = fieldOf(writing);
  const about = writing.edit?.message ?? writing.reply;
  const isEdit = writing.edit !== null;
  const completing = useCompleting(view);
  const bytes = text.length * 3 < NEARLY ? 0 : bytesOf(text);
  const files = trayOf(view.id);
  const isSendable = (text.trim() !== "" || (files.length > 0 && !isEdit)) && bytes <= MOST_BYTES;
  const { offered, chosen, choose } = completing;
  return (
    <form
      class="composer"
      onSubmit={(event) => {
        event.preventDefault();
        send(view, scroller);
        focusComposer();
      }}
    >
      {offered.value.length > 0 && <Completion offered={offered.value} chosen={chosen.value} choose={choose} />}
      {about !== null && <ReplyOrEditBar view={view} message={about} isReply={!isEdit} />}
      {files.length > 0 && <Tray chat={view.id} />}
      <div class="composer-line">
        <IconButton
          icon="emoji"
          label={t("compose.emoji")}
          onClick={(event) => openPopover({ kind: "emoji", at: (event.currentTarget as HTMLElement).getBoundingClientRect(), pick: (emoji) => typeIn(emoji) })}
        />
        <Clip chat={view.id} />
        <Field view={view} scroller={scroller} completing={completing} />
        {bytes > NEARLY && <BytesLeft bytes={bytes} />}
        <button type="submit" class="icon-button send" disabled={!isSendable} aria-label={t(isEdit ? "compose.save" : "compose.send")}>
          <Icon name={isEdit ? "check" : "send"} />
        </button>
      </div>
    </form>
  );
}

/** The way to the files of this device. */
function Clip({ chat }: { chat: number }) {
  const input = useRef<HTMLInputElement>(null);
  return (
    <>
      <IconButton icon="clip" label={t("files.attach")} onClick={() => input.current?.click()} />
      <input
        ref={input}
        type="file"
        multiple
        hidden
        aria-hidden="true"
        tabIndex={-1}
        onChange={({ currentTarget }) => {
          const files = [...(currentTarget.files ?? [])];
          currentTarget.value = "";
          if (files.length > 0) void addToTray(chat, files);
        }}
      />
    </>
  );
}

/** How much more fits in, or how much too much it is. */
function BytesLeft({ bytes }: { bytes: number }) {
  const isOver = bytes > MOST_BYTES;
  return (
    <span class={isOver ? "composer-bytes is-over" : "composer-bytes"} role="status">
      {isOver ? t("compose.tooLong", { n: bytes - MOST_BYTES }) : t("compose.left", { n: MOST_BYTES - bytes })}
    </span>
  );
}
