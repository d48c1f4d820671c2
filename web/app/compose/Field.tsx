import { fieldOf, type ChatView } from "@vestnik/client";
import { useEffect, useLayoutEffect } from "preact/hooks";
import type { Scroller } from "../chat/scroller";
import { isPressed, onKeys } from "../keys/pressed-key";
import { sendKey } from "../state/settings";
import { t } from "../words";
import type { Completing } from "./completion-state";
import { field, fit } from "./textarea";
import { abbreviated, editLast, isFree, send } from "./composer-actions";

/** Where one writes. */
export function Field({ view, scroller, completing }: { view: ChatView; scroller: Scroller; completing: Completing }) {
  const writing = view.writing.value;
  const text = fieldOf(writing);
  const editing = writing.edit?.message ?? null;
  useEffect(() => view.resumeWriting(), [view]);
  useLayoutEffect(() => {
    const end = text.length;
    requestAnimationFrame(() => field()?.setSelectionRange(end, end));
  }, [editing?.id]);
  useLayoutEffect(() => {
    const element = field();
    if (element !== null) fit(element);
  }, [text]);

  const onInput = (event: Event) => {
    const element = event.currentTarget as HTMLTextAreaElement;
    view.write(element.value);
    if (editing === null && element.value !== "") view.isTyping();
    if (!abbreviated(event, element)) completing.look(element);
  };
  const isByEnter = sendKey.value === "enter";
  const isOpen = completing.offered.value.length > 0;
  return (
    <textarea
      id="composer"
      rows={1}
      dir="auto"
      value={text}
      placeholder={t("compose.placeholder")}
      aria-label={t("compose.label", { title: view.chat.value?.title ?? "" })}
      title={t(isByEnter ? "compose.hintEnter" : "compose.hintCtrl")}
      aria-autocomplete="list"
      aria-controls={isOpen ? "completion" : undefined}
      aria-activedescendant={isOpen ? `choice-${completing.chosen.value}` : undefined}
      enterkeyhint={isByEnter ? "send" : "enter"}
      onInput={onInput}
      onKeyDown={onKeys((event) => {
        if (pressed(event, view, scroller, completing)) event.preventDefault();
      })}
      onClick={(event) => completing.look(event.currentTarget)}
      onBlur={completing.close}
    />
  );
}

/** Did the key mean something else than a letter? */
function pressed(event: KeyboardEvent, view: ChatView, scroller: Scroller, completing: Completing): boolean {
  if (completing.key(event)) return true;
  if (isPressed(event, sendKey.value === "enter" ? "sendByEnter" : "sendByCtrl")) {
    send(view, scroller);
    return true;
  }
  if (isPressed(event, "editLast") && isFree(view)) return editLast(view);
  const { edit, reply } = view.writing.peek();
  if (!isPressed(event, "cancel") || (edit === null && reply === null)) return false;
  view.cancelWriting();
  return true;
}
