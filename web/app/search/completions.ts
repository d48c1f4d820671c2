/** What the field of the search offers while one types a filter. */
import { useComputed, useSignal, useSignalEffect } from "@preact/signals";
import type { Person } from "@vestnik/client";
import { client, nameOf, titleOf } from "../state/client";
import { searchText } from "../state/search";
import { t } from "../words";
import { daysAgo } from "../words/dates";
import { choicesFor, isWhole, type SearchChoice } from "./choices";
import { filterAt, quoted, type Token } from "./query";

const PAUSE = 150;

export type Completions = ReturnType<typeof useCompletions>;

/** What is offered behind the filter in which the caret is, and the keys that choose from it. */
export function useCompletions(input: { current: HTMLInputElement | null }) {
  const token = useSignal<Token | null>(null);
  const chosen = useSignal(0);
  const people = usePeopleFor(token);
  const offered = useComputed<SearchChoice[]>(() => {
    if (token.value === null) return [];
    return choicesFor(token.value, {
      people: people.value, chats: client().chats.value, titleOf, nameOf, now: Date.now(), daysAgo,
      meaning: (value) => ({ link: t("search.link"), file: t("search.file"), pinned: t("search.pinned"), me: t("search.mentionsMe") })[value] ?? value,
    });
  });
  const close = () => (token.value = null);
  function look() {
    const element = input.current;
    const isPoint = element !== null && element.selectionStart === element.selectionEnd;
    token.value = isPoint ? filterAt(element.value, element.selectionEnd ?? 0) : null;
    chosen.value = 0;
  }
  function choose({ value }: SearchChoice) {
    const at = token.value;
    if (at === null || at.filter === null) return;
    const text = searchText.peek();
    const sign = text[at.from] === "-" ? 1 : 0;
    const head = `${text.slice(0, at.from + sign + at.filter.length + 1)}${quoted(value)} `;
    searchText.value = head + text.slice(at.to).trimStart();
    close();
    requestAnimationFrame(() => input.current?.setSelectionRange(head.length, head.length));
  }
  function key(event: KeyboardEvent): boolean {
    const { length } = offered.value;
    const choice = offered.value[chosen.value];
    if (length === 0 || event.altKey || event.ctrlKey || event.metaKey) return false;
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    const isTaken = event.key === "Tab" ? !event.shiftKey : event.key === "Enter" && token.value !== null && choice !== undefined && !isWhole(token.value, choice);
    if (step !== undefined) chosen.value = (chosen.value + step + length) % length;
    else if (event.key === "Escape") close();
    else if (isTaken && choice !== undefined) choose(choice);
    else return false;
    return true;
  }
  return { offered, chosen, look, choose, key, close };
}

/** The people whom what stands behind `from:` finds. */
function usePeopleFor(token: { readonly value: Token | null }) {
  const people = useSignal<readonly Person[]>([]);
  const wanted = useComputed(() => (token.value?.filter === "from" ? token.value.value.replace(/^@/, "") : null));
  useSignalEffect(() => {
    const text = wanted.value;
    if (text === null) return undefined;
    let isCurrent = true;
    const timer = setTimeout(async () => {
      const answer = await client().findPeople(text);
      if (isCurrent && answer.ok) people.value = answer.value;
    }, PAUSE);
    return () => {
      isCurrent = false;
      clearTimeout(timer);
    };
  });
  return people;
}
