import type { ChatView, Quoted } from "@vestnik/client";
import { authorOf } from "../state/client";
import { focusComposer } from "../state/overlays";
import { plainText } from "../text/plain-text";
import { Icon } from "../shell/Icon";
import { IconButton } from "../shell/IconButton";
import { t } from "../words";

/** What the next send is: an answer to this, or another wording of it. */
export function ReplyOrEditBar({ view, message, isReply }: { view: ChatView; message: Quoted; isReply: boolean }) {
  const author = authorOf(message, view.members.value);
  const cancel = () => {
    view.cancelWriting();
    focusComposer();
  };
  return (
    <div class="intent">
      <Icon name={isReply ? "reply" : "edit"} />
      <span class="intent-text">
        <strong>{isReply ? t("compose.replying", { name: author }) : t("compose.editing")}</strong>
        <span dir="auto">{plainText(message.text)}</span>
      </span>
      <IconButton icon="close" label={t(isReply ? "compose.cancelReply" : "compose.cancelEdit")} onClick={cancel} />
    </div>
  );
}
