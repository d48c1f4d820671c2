/** What one user had open, and was about to say, is not for the next one in the same tab. */
import { effect, untracked } from "@preact/signals";
import { me } from "../state/client";
import { showList } from "../state/route";
import { intents, overlay, panelOpen, toast } from "../state/ui";
import { closePopover } from "./popover";

export function keepUsersApart(): void {
  let last: number | null = null;
  effect(() => {
    const id = me()?.id ?? null;
    if (last !== null && id !== last) untracked(clear);
    if (last !== null && id !== null && id !== last) showList();
    // Who comes back finds the chat where they were; another one does not.
    last = id ?? last;
  });
}

function clear(): void {
  closePopover(false);
  overlay.value = null;
  panelOpen.value = false;
  toast.value = null;
  intents.value = new Map();
}
