import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import type { ChatView, Message } from "@vestnik/client";
import { authorOf } from "../state/client";
import { showToast } from "../state/overlays";
import { saidIn } from "../text/said";
import { t } from "../words";
import type { Scroller } from "./scroller";

/** The message that is answered, and the way to it. */
export function ReplyQuote({ view, id, scroller }: { view: ChatView; id: number; scroller?: Scroller }) {
  const fetched = useSignal<Message | null | undefined>(undefined);
  const here = view.timeline.value.messages.find((message) => message.id === id);
  useEffect(() => {
    if (here !== undefined) return undefined;
    let isWanted = true;
    void view.message(id).then((message) => {
      if (isWanted) fetched.value = message;
    });
    return () => {
      isWanted = false;
    };
  }, [id, here === undefined]);
  const message = here ?? fetched.value;
  if (message === undefined) return <span class="reply-quote"><span class="reply-text">…</span></span>;
  if (message === null) return <span class="reply-quote"><span class="reply-text">{t("message.replyGone")}</span></span>;
  const author = authorOf(message, view.members.value);
  const go = async () => {
    if (scroller !== undefined && !(await scroller.goTo(message.n))) showToast(t("chat.gonePlace"));
  };
  return (
    <button type="button" class={`reply-quote hue-${(message.userId ?? 0) % 8}`} tabIndex={-1} title={t("message.goToReply", { name: author })} onClick={() => void go()}>
      <span class="reply-author" dir="auto">{author}</span>
      <span class="reply-text" dir="auto">{message.deleted ? t("message.deleted") : saidIn(message)}</span>
    </button>
  );
}
