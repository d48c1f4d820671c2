import type { ChatView, Message } from "@vestnik/client";
import { me, nameOf } from "../state/client";
import { mayWrite } from "../state/rights";
import { t } from "../words";
import { toggleReaction } from "./actions";

/** A chip for each emoji; one's own are filled. */
export function Reactions({ view, message, active }: { view: ChatView; message: Message; active: boolean }) {
  const chat = view.chat.value;
  const self = me()?.id ?? 0;
  const members = view.members.value;
  const names = (ids: number[]) =>
    ids
      .slice(0, 20)
      .flatMap((id) => {
        if (id === self) return t("app.you");
        const member = members.find((one) => one.id === id);
        return member === undefined ? [] : nameOf(member);
      })
      .join(", ");
  return (
    <span class="reactions">
      {message.reactions.map(({ emoji, userIds }) => {
        const label = t("message.reaction", { emoji, n: userIds.length, names: names(userIds) });
        return (
          <button
            key={emoji}
            type="button"
            class="reaction"
            aria-pressed={userIds.includes(self)}
            aria-label={label}
            title={label}
            tabIndex={active ? 0 : -1}
            disabled={chat === null || !mayWrite(chat)}
            onClick={() => toggleReaction(view, message, emoji)}
          >
            <span class="reaction-emoji">{emoji}</span> {userIds.length}
          </button>
        );
      })}
    </span>
  );
}
