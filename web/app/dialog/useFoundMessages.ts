/** Some messages that a text finds, for the switcher. */
import { useSignal, useSignalEffect, type ReadonlySignal } from "@preact/signals";
import type { FoundMessage } from "@vestnik/client";
import { client } from "../state/client";

const PAUSE = 250;
const SHORTEST = 2;
const MOST = 5;

/** Those of what was asked for last; none until they are there. */
export function useFoundMessages(text: ReadonlySignal<string>): ReadonlySignal<readonly FoundMessage[]> {
  const found = useSignal<readonly FoundMessage[]>([]);
  useSignalEffect(() => {
    const wanted = text.value.trim();
    let isCurrent = true;
    found.value = [];
    const look = async () => {
      const answer = await client().search({ text: wanted, limit: MOST });
      if (isCurrent && answer.ok) found.value = answer.value.results;
    };
    const timer = wanted.length < SHORTEST ? undefined : setTimeout(() => void look(), PAUSE);
    return () => {
      isCurrent = false;
      clearTimeout(timer);
    };
  });
  return found;
}
