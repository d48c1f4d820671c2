import { useComputed, useSignal, useSignalEffect, type ReadonlySignal } from "@preact/signals";
import { onOtherKeyboard, ranker, type Client, type Person } from "@vestnik/client";
import { client, me } from "../state/client";
import { errorText } from "../words";

const PAUSE = 150;

export interface Found {
  people: readonly Person[];
  /** Why there was no answer; those found before stay. */
  failure: string;
  /** What was searched for. */
  text: string;
}

/** Those whom the text finds, or what its keys are on the other keyboard. */
async function find(text: string): ReturnType<Client["findPeople"]> {
  const answer = await client().findPeople(text);
  const other = onOtherKeyboard(text);
  return answer.ok && answer.value.length === 0 && other !== null ? client().findPeople(other) : answer;
}

/** The people whom a text finds, without oneself; null until the first answer. */
export function usePeople(text: ReadonlySignal<string>): ReadonlySignal<Found | null> {
  const found = useSignal<Found | null>(null);
  useSignalEffect(() => {
    const wanted = text.value.trim();
    let isCurrent = true;
    const look = async () => {
      const answer = await find(wanted);
      if (!isCurrent) return;
      found.value = answer.ok
        ? { people: answer.value.filter((person) => person.id !== me()?.id), failure: "", text: wanted }
        : { people: found.peek()?.people ?? [], failure: errorText(answer), text: found.peek()?.text ?? "" };
    };
    const timer = setTimeout(() => void look(), wanted === "" ? 0 : PAUSE);
    return () => {
      isCurrent = false;
      clearTimeout(timer);
    };
  });
  // Until the answer comes, of those found before only whom this finds too: Enter must not lead to somebody else.
  return useComputed(() => {
    const [now, wanted] = [found.value, text.value.trim()];
    if (now === null || now.text === wanted) return now;
    const rankOf = ranker(wanted);
    return { ...now, people: now.people.filter((person) => rankOf(person.displayName ?? "", person.username) > 0) };
  });
}
