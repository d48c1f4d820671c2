import { useComputed, useSignal } from "@preact/signals";
import { useEffect, useLayoutEffect } from "preact/hooks";
import { fieldOf, type ChatView } from "@vestnik/client";
import { reportFailure } from "../chat/actions";
import type { Scroller } from "../chat/scroller";
import { isPressed, onKeys } from "../keys/stroke";
import { me } from "../state/client";
import { mayEdit } from "../state/rights";
import { sendKey } from "../state/settings";
import { focusComposer } from "../state/ui";
import { openPopover } from "../shell/popover";
import { Icon } from "../shell/Icon";
import { IconButton } from "../shell/IconButton";
import { t } from "../words";
import { choices, completed, isComplete, queryAt, type Choice, type Query } from "./complete";
import { Completion } from "./Completion";
import { bytesOf, field, fit, MOST_BYTES, NEARLY, typeIn } from "./field";
import { IntentBar } from "./IntentBar";
import { shorthandAt } from "./shorthand";

export function Composer({ view, scroller }: { view: ChatView; scroller: Scroller }) {
  const writing = view.writing.value;
  const text = fieldOf(writing);
  const about = writing.edit?.message ?? writing.reply;
  const editing = writing.edit?.message ?? null;
  const query = useSignal<Query | null>(null);
  const chosen = useSignal(0);
  const offered = useComputed<Choice[]>(() => {
    const everybody = view.chat.value?.type === "private" ? null : t("compose.everybody");
    return query.value === null ? [] : choices(query.value, view.members.value, me()?.id ?? 0, everybody);
  });

  useEffect(() => view.resumeWriting(), [view]);
  useLayoutEffect(() => {
    const end = text.length;
    requestAnimationFrame(() => field()?.setSelectionRange(end, end));
  }, [editing?.id]);
  useLayoutEffect(() => {
    const element = field();
    if (element !== null) fit(element);
  }, [text]);

  const bytes = text.length * 3 < NEARLY ? 0 : bytesOf(text);
  const isSendable = text.trim() !== "" && bytes <= MOST_BYTES;

  const onInput = (event: Event) => {
    const element = event.currentTarget as HTMLTextAreaElement;
    view.write(element.value);
    if (editing === null && element.value !== "") view.isTyping();
    if (!abbreviated(event, element)) look(element);
  };
  const look = (element: HTMLTextAreaElement) => {
    query.value = element.selectionStart === element.selectionEnd ? queryAt(element.value, element.selectionEnd) : null;
    chosen.value = 0;
  };
  const choose = (choice: Choice) => {
    const element = field();
    if (element === null || query.value === null) return;
    const { from, to, insert } = completed(element.value, element.selectionEnd, query.value, choice);
    typeIn(insert, from, to);
    query.value = null;
  };
  /** A key may come before what was typed is drawn. */
  const inField = () => fieldOf(view.writing.peek());
  const isFree = () => inField() === "" && view.writing.peek().edit === null && view.writing.peek().reply === null;
  const send = () => {
    if (bytesOf(inField()) > MOST_BYTES) return;
    const isSaid = view.writing.peek().edit === null && inField().trim() !== "";
    void reportFailure(view.submit());
    if (isSaid) void scroller.toLatest();
  };
  const editLast = () => {
    const chat = view.chat.peek();
    const self = me()?.id ?? 0;
    const last = view.timeline.peek().messages.findLast((one) => chat !== null && mayEdit(chat, one, self));
    if (last !== undefined) view.change(last);
    return last !== undefined;
  };
  const onKeyDown = onKeys((event) => {
    if (completionKey(event)) return event.preventDefault();
    if (isPressed(event, sendKey.value === "enter" ? "sendByEnter" : "sendByCtrl")) {
      event.preventDefault();
      send();
    } else if (isPressed(event, "editLast") && isFree()) {
      if (editLast()) event.preventDefault();
    } else if (isPressed(event, "cancel") && about !== null) {
      event.preventDefault();
      view.cancelWriting();
    }
  });
  const completionKey = (event: KeyboardEvent): boolean => {
    const { length } = offered.value;
    if (length === 0 || event.altKey || event.ctrlKey || event.metaKey) return false;
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    const choice = offered.value[chosen.value];
    if (step !== undefined) chosen.value = (chosen.value + step + length) % length;
    else if (event.key === "Escape") query.value = null;
    else if (takes(event, query.value, choice)) choose(choice);
    else return false;
    return true;
  };
  const isOpen = offered.value.length > 0;
  const title = view.chat.value?.title ?? "";
  return (
    <form
      class="composer"
      onSubmit={(event) => {
        event.preventDefault();
        send();
        focusComposer();
      }}
    >
      {isOpen && <Completion offered={offered.value} chosen={chosen.value} choose={choose} />}
      {about !== null && <IntentBar view={view} message={about} isReply={editing === null} />}
      <div class="composer-line">
        <IconButton
          icon="emoji"
          label={t("compose.emoji")}
          onClick={(event) => openPopover({ kind: "emoji", at: (event.currentTarget as HTMLElement).getBoundingClientRect(), pick: (emoji) => typeIn(emoji) })}
        />
        <textarea
          id="composer"
          rows={1}
          dir="auto"
          value={text}
          placeholder={t("compose.placeholder")}
          aria-label={t("compose.label", { title })}
          title={sendKey.value === "enter" ? t("compose.hintEnter") : t("compose.hintCtrl")}
          aria-autocomplete="list"
          aria-controls={isOpen ? "completion" : undefined}
          aria-activedescendant={isOpen ? `choice-${chosen.value}` : undefined}
          enterkeyhint={sendKey.value === "enter" ? "send" : "enter"}
          onInput={onInput}
          onKeyDown={onKeyDown}
          onClick={(event) => look(event.currentTarget)}
          onBlur={() => (query.value = null)}
        />
        {bytes > NEARLY && (
          <span class={bytes > MOST_BYTES ? "composer-bytes is-over" : "composer-bytes"} role="status">
            {bytes > MOST_BYTES ? t("compose.tooLong", { n: bytes - MOST_BYTES }) : t("compose.left", { n: MOST_BYTES - bytes })}
          </span>
        )}
        <button type="submit" class="icon-button send" disabled={!isSendable} aria-label={t(editing === null ? "compose.send" : "compose.save")}>
          <Icon name={editing === null ? "send" : "check"} />
        </button>
      </div>
    </form>
  );
}

/** Puts in the emoji that the sign just typed has completed; one undoes it to have the signs. */
function abbreviated(event: Event, element: HTMLTextAreaElement): boolean {
  if (!(event instanceof InputEvent) || event.inputType !== "insertText" || event.data?.length !== 1) return false;
  const found = element.selectionStart === element.selectionEnd ? shorthandAt(element.value, element.selectionEnd) : null;
  if (found !== null) typeIn(found.insert, found.from, found.to);
  return found !== null;
}

/** Does this key take the choice? A name that is there in full needs none: Enter means to send. */
function takes(event: KeyboardEvent, query: Query | null, choice: Choice | undefined): choice is Choice {
  if (query === null || choice === undefined || event.shiftKey) return false;
  return event.key === "Tab" || (event.key === "Enter" && !isComplete(query, choice));
}
