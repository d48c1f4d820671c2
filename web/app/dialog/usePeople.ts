import { useSignal, useSignalEffect, type ReadonlySignal } from "@preact/signals";
import type { Person } from "../../core/api";
import { client, me } from "../state/client";
import { errorText } from "../words";

const PAUSE = 150;

export interface Found {
  people: readonly Person[];
  /** Why there was no answer; those found before stay. */
  failure: string;
}

/** The people whom a text finds, without oneself; null until the first answer. */
export function usePeople(text: ReadonlySignal<string>): ReadonlySignal<Found | null> {
  const found = useSignal<Found | null>(null);
  useSignalEffect(() => {
    const wanted = text.value.trim();
    let isCurrent = true;
    const look = async () => {
      const answer = await client().findPeople(wanted);
      if (!isCurrent) return;
      found.value = answer.ok
        ? { people: answer.value.filter((person) => person.id !== me()?.id), failure: "" }
        : { people: found.peek()?.people ?? [], failure: errorText(answer) };
    };
    const timer = setTimeout(() => void look(), wanted === "" ? 0 : PAUSE);
    return () => {
      isCurrent = false;
      clearTimeout(timer);
    };
  });
  return found;
}
