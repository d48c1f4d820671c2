/** Completing names while one writes: what is offered, and the keys that choose from it. */
import { useComputed, useSignal, type ReadonlySignal, type Signal } from "@preact/signals";
import type { ChatView } from "@vestnik/client";
import { me } from "../state/client";
import { t } from "../words";
import { choices, completed, isComplete, queryAt, type Choice, type Query } from "./completion-matches";
import { field, typeIn } from "./textarea";

export interface Completing {
  offered: ReadonlySignal<Choice[]>;
  /** The place of the one that a key would choose. */
  chosen: Signal<number>;
  /** The caret is elsewhere, or the text is another one. */
  look(element: HTMLTextAreaElement): void;
  choose(choice: Choice): void;
  /** Was the key for the offered ones? */
  key(event: KeyboardEvent): boolean;
  close(): void;
}

export function useCompleting(view: ChatView): Completing {
  const query = useSignal<Query | null>(null);
  const chosen = useSignal(0);
  const offered = useComputed<Choice[]>(() => {
    const everybody = view.chat.value?.type === "private" ? null : t("compose.everybody");
    return query.value === null ? [] : choices(query.value, view.members.value, me()?.id ?? 0, everybody);
  });

  function choose(choice: Choice) {
    const element = field();
    if (element === null || query.value === null) return;
    const { from, to, insert } = completed(element.value, element.selectionEnd, query.value, choice);
    typeIn(insert, from, to);
    query.value = null;
  }

  return {
    offered,
    chosen,
    look(element) {
      query.value = element.selectionStart === element.selectionEnd ? queryAt(element.value, element.selectionEnd) : null;
      chosen.value = 0;
    },
    choose,
    key(event) {
      const { length } = offered.value;
      if (length === 0 || event.altKey || event.ctrlKey || event.metaKey) return false;
      const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
      const choice = offered.value[chosen.value];
      if (step !== undefined) chosen.value = (chosen.value + step + length) % length;
      else if (event.key === "Escape") query.value = null;
      else if (takes(event, query.value, choice)) choose(choice);
      else return false;
      return true;
    },
    close: () => void (query.value = null),
  };
}

/** Does this key take the choice? A name that is there in full needs none: Enter means to send. */
function takes(event: KeyboardEvent, query: Query | null, choice: Choice | undefined): choice is Choice {
  if (query === null || choice === undefined || event.shiftKey) return false;
  return event.key === "Tab" || (event.key === "Enter" && !isComplete(query, choice));
}
