import { useSignal, useSignalEffect, type ReadonlySignal } from "@preact/signals";
import type { Person } from "../../core/api";
import { client, me } from "../state/client";

const PAUSE = 150;

/** The people whom a text finds, without oneself; null until the first answer. */
export function usePeople(text: ReadonlySignal<string>): ReadonlySignal<readonly Person[] | null> {
  const people = useSignal<readonly Person[] | null>(null);
  useSignalEffect(() => {
    const wanted = text.value.trim();
    let isCurrent = true;
    const look = async () => {
      const found = await client().findPeople(wanted);
      if (isCurrent && found.ok) people.value = found.value.filter((person) => person.id !== me()?.id);
    };
    const timer = setTimeout(() => void look(), wanted === "" ? 0 : PAUSE);
    return () => {
      isCurrent = false;
      clearTimeout(timer);
    };
  });
  return people;
}
