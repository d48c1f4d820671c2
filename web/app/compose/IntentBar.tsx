import type { ChatView } from "../../core/api";
import { authorOf } from "../state/client";
import { focusComposer, setIntent, type Intent } from "../state/ui";
import { plainText } from "../text/plain";
import { Icon } from "../shell/Icon";
import { IconButton } from "../shell/IconButton";
import { t } from "../words";

/** What the next send is: an answer to this, or another wording of it. */
export function IntentBar({ view, intent }: { view: ChatView; intent: Intent }) {
  const isReply = intent.kind === "reply";
  const author = authorOf(intent.message, view.members.value);
  const cancel = () => {
    setIntent(view.id, null);
    focusComposer();
  };
  return (
    <div class="intent">
      <Icon name={isReply ? "reply" : "edit"} />
      <span class="intent-text">
        <strong>{isReply ? t("compose.replying", { name: author }) : t("compose.editing")}</strong>
        <span dir="auto">{plainText(intent.message.text)}</span>
      </span>
      <IconButton icon="close" label={t(isReply ? "compose.cancelReply" : "compose.cancelEdit")} onClick={cancel} />
    </div>
  );
}
