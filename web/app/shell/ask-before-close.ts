/** Asks before the page is closed with something in it that is nowhere else. */
import { effect } from "@preact/signals";
import { client } from "../state/client";

export function askBeforeLosing(): void {
  const ask = (event: BeforeUnloadEvent) => event.preventDefault();
  effect(() => {
    // A page that listens for it is not kept for the way back by some browsers.
    if (client().waiting.value > 0 && !client().isKept.value) addEventListener("beforeunload", ask);
    else removeEventListener("beforeunload", ask);
  });
}
