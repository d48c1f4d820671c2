import { fieldOf, type ChatView } from "@vestnik/client";
import type { Scroller } from "../chat/scroller";
import { Icon } from "../shell/Icon";
import { IconButton } from "../shell/IconButton";
import { openPopover } from "../shell/popover";
import { focusComposer } from "../state/overlays";
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
  const isSendable = text.trim() !== "" && bytes <= MOST_BYTES;
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
      <div class="composer-line">
        <IconButton
          icon="emoji"
          label={t("compose.emoji")}
          onClick={(event) => openPopover({ kind: "emoji", at: (event.currentTarget as HTMLElement).getBoundingClientRect(), pick: (emoji) => typeIn(emoji) })}
        />
        <Field view={view} scroller={scroller} completing={completing} />
        {bytes > NEARLY && <BytesLeft bytes={bytes} />}
        <button type="submit" class="icon-button send" disabled={!isSendable} aria-label={t(isEdit ? "compose.save" : "compose.send")}>
          <Icon name={isEdit ? "check" : "send"} />
        </button>
      </div>
    </form>
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
